import type { KeyRef, PeerView } from "../../peer/api.ts";
import { EnvpactError } from "../../protocol/errors.ts";
import { attachPeer } from "../../runtime/peers.ts";
import { keysOf } from "../arguments.ts";
import { exitCodes } from "../exit.ts";
import type { CommandHost } from "../host.ts";
import { keysMeant, keysText, keyText, refOf, withPeer } from "../peers.ts";

/** `envpact discard [KEY…]`: puts the committed values back into the files. */
export function declareDiscard(host: CommandHost): void {
  host
    .declare<{ env?: string }>(
      host.root,
      "discard [keys...]",
      "put the committed values back",
      (session, operands, options) => {
        const keys = keysOf(operands);
        return withPeer(session, attachPeer, async (peer) => {
          const meant = keysMeant(peer.view, keys, options.env);
          requireShared(peer.view, meant ?? []);
          const restored = await peer.discard(meant);
          session.output.result(
            { restored: [...new Set(restored.map(({ key }) => key))], items: restored.map(refOf) },
            restored.length === 0 ? "Nothing differs from the space." : `Restored ${keysText(restored)}.`,
          );
          return exitCodes.done;
        });
      },
    )
    .option("--env <name>", "only this environment");
}

/** Throws NOT_SHARED for a key that the space has no value of, such as a mistyped one. */
function requireShared({ shared, drift }: PeerView, keys: readonly KeyRef[]): void {
  const isIn = (items: readonly KeyRef[], { env, key }: KeyRef) =>
    items.some((item) => item.env === env && item.key === key);
  const unknown = keys.find((ref) => !isIn(shared, ref) && !isIn(drift, ref));
  if (unknown === undefined) return;
  throw new EnvpactError(
    "NOT_SHARED",
    `${keyText(unknown)} is not shared, so the space has no value of it to put back.`,
    "Check the name; `envpact status` lists the shared keys.",
  );
}
