import type { KeyRef, Peer } from "../../peer/api.ts";
import { attachPeer } from "../../runtime/peers.ts";
import { keysOf } from "../arguments.ts";
import { exitCodes } from "../exit.ts";
import type { CommandHost } from "../host.ts";
import { environmentMeant, keysMeant, refOf, withPeer } from "../peers.ts";

/** `envpact share KEY…` and `envpact unshare KEY…`: marks for the next commit. */
export function declareShare(host: CommandHost): void {
  const declare = (
    verb: "share" | "unshare",
    description: string,
    mark: (peer: Peer, keys: readonly KeyRef[]) => Promise<void>,
    text: string,
  ): void => {
    host
      .declare<{ env?: string }>(
        host.root,
        `${verb} <keys...>`,
        description,
        (session, operands, options) => {
          const keys = keysOf(operands);
          return withPeer(session, attachPeer, async (peer) => {
            // A key to be shared is in the file only, so nothing but the environment's name can tell where.
            const env = verb === "share" ? (options.env ?? environmentMeant(peer.view)) : options.env;
            const meant = keysMeant(peer.view, keys, env) ?? [];
            await mark(peer, meant);
            const names = [...new Set(meant.map(({ key }) => key))];
            session.output.result(
              { [`${verb}d`]: names, items: meant.map(refOf) },
              `${names.join(", ")}: ${text}`,
            );
            return exitCodes.done;
          });
        },
      )
      .option("--env <name>", "environment (default: default)");
  };
  declare(
    "share",
    "put local keys into the next commit",
    (peer, keys) => peer.share(keys),
    "in the next commit. Run `envpact commit`.",
  );
  declare(
    "unshare",
    "keep keys local again; files stay",
    (peer, keys) => peer.unshare(keys),
    "local again. A key that the space holds leaves it with the next `envpact commit`.",
  );
}
