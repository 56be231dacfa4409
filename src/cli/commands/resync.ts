import { EnvpactError } from "../../protocol/errors.ts";
import { attachPeer } from "../../runtime/peers.ts";
import { exitCodes } from "../exit.ts";
import type { CommandHost } from "../host.ts";
import { keysText, readyOrNote, refOf, withPeer } from "../peers.ts";

/** `envpact resync [TX]`: puts the log's values back after a forced outcome that turned out to be the other one. */
export function declareResync(host: CommandHost): void {
  host.declare(
    host.root,
    "resync [tx]",
    "put the space's values back after a forced outcome",
    (session, [tx]) =>
      withPeer(session, attachPeer, async (peer) => {
        await readyOrNote(session, peer);
        await peer.refresh();
        const { heuristics } = peer.view;
        const chosen = heuristics.filter((one) =>
          tx === undefined ? one.status !== "pending" : one.tx === tx,
        );
        if (chosen.length === 0 && tx !== undefined) {
          const text = `No outcome was forced for ${tx} here.`;
          throw new EnvpactError("NOT_IN_DOUBT", text, "See `envpact status` for what was forced.");
        }
        for (const { tx: forced, keys, status } of chosen) {
          await peer.resync(forced);
          session.output.result(
            { resynced: forced, status, keys: keys.map(({ key }) => key), items: keys.map(refOf) },
            status === "mixed"
              ? `${keysText(keys)} have the space's values again; what was there can be had back with envpact restore.`
              : `The note about ${forced} is gone.`,
          );
        }
        if (chosen.length === 0) session.output.note("Nothing is to be resynced.");
        return exitCodes.done;
      }),
  );
}
