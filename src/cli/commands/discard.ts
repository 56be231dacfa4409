import { attachPeer } from "../../runtime/peers.ts";
import { exitCodes } from "../exit.ts";
import type { CommandHost } from "../host.ts";
import { keysMeant, keysText, refOf, withPeer } from "../peers.ts";

/** `envpact discard [KEY…]`: puts the committed values back into the files. */
export function declareDiscard(host: CommandHost): void {
  host
    .declare<{ env?: string }>(
      host.root,
      "discard [keys...]",
      "put the committed values back",
      (session, keys, options) =>
        withPeer(session, attachPeer, async (peer) => {
          const restored = await peer.discard(keysMeant(peer.view, [...new Set(keys)], options.env));
          session.output.result(
            { restored: [...new Set(restored.map(({ key }) => key))], items: restored.map(refOf) },
            restored.length === 0 ? "Nothing differs from the space." : `Restored ${keysText(restored)}.`,
          );
          return exitCodes.done;
        }),
    )
    .option("--env <name>", "only this environment");
}
