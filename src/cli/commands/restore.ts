import { dirname, join } from "node:path";
import { setKey } from "../../dotenv/edit.ts";
import { EnvpactError } from "../../protocol/errors.ts";
import { dialectsNear } from "../../runtime/dialects.ts";
import { openCompanion } from "../../runtime/peers.ts";
import { keysOf } from "../arguments.ts";
import { editEnvironment } from "../environmentText.ts";
import { exitCodes } from "../exit.ts";
import type { CommandHost } from "../host.ts";
import { keyText, withPeer } from "../peers.ts";

/**
 * `envpact restore [KEY…]`: puts a local value that a commit replaced back into the file, as a change like any other.
 * Without keys it lists what can be restored, never a value.
 */
export function declareRestore(host: CommandHost): void {
  host
    .declare<{ env?: string }>(
      host.root,
      "restore [keys...]",
      "put your own value back that a commit replaced",
      (session, operands, options) => {
        const keys = keysOf(operands);
        return withPeer(session, openCompanion, async (peer) => {
          const kept = (await peer.superseded()).filter(
            ({ env }) => options.env === undefined || env === options.env,
          );
          if (keys.length === 0) {
            for (const { env, key, revision } of kept) {
              const text = `${keyText({ env, key })}, replaced by revision ${revision}`;
              session.output.result({ env, key, revision }, text);
            }
            if (kept.length === 0) session.output.note("No commit has replaced a value of yours.");
            return exitCodes.done;
          }
          for (const key of keys) {
            const newest = kept.findLast((one) => one.key === key);
            const file = newest && peer.view.environments[newest.env];
            if (!newest || file === undefined) {
              throw new EnvpactError(
                "KEY_NOT_FOUND",
                `No value of ${key} was replaced by a commit.`,
                "See `envpact restore`.",
              );
            }
            const dialects = await dialectsNear(dirname(join(session.folder, file)));
            await editEnvironment(session, file, [
              (document) => setKey(document, key, newest.value, { dialects }),
            ]);
            session.output.result(
              { env: newest.env, restored: [key] },
              `${file}: ${key} has your value again.`,
            );
          }
          return exitCodes.done;
        });
      },
    )
    .option("--env <name>", "only this environment");
}
