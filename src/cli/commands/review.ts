import { attachPeer } from "../../runtime/peers.ts";
import { usageError } from "../arguments.ts";
import { exitCodes } from "../exit.ts";
import type { CommandHost } from "../host.ts";
import { connectTimeoutMs, readyOrNote, withPeer } from "../peers.ts";
import { reviewData, reviewText } from "../visibility.ts";

interface Options {
  readonly accept?: boolean;
  readonly decline?: boolean;
  readonly reason?: string;
}

/** `envpact review [TX --accept|--decline]`: what waits for this peer's person, and their answer. */
export function declareReview(host: CommandHost): void {
  host
    .declare<Options>(
      host.root,
      "review [tx]",
      "list the changes that wait for your review, or answer one",
      (session, [tx], options) =>
        withPeer(session, attachPeer, async (peer) => {
          const { output } = session;
          if (tx === undefined) {
            await readyOrNote(session, peer);
            await peer.refresh();
            const now = Date.now();
            for (const review of peer.view.reviews)
              output.result(reviewData(review), reviewText(review, now));
            if (peer.view.reviews.length === 0) output.note("Nothing waits for your review.");
            return exitCodes.done;
          }
          const accept = acceptOf(options);
          await peer.ready(connectTimeoutMs);
          await peer.review(tx, accept, options.reason);
          output.result({ tx, accepted: accept }, accept ? `Accepted ${tx}.` : `Declined ${tx}.`);
          return exitCodes.done;
        }),
    )
    .option("--accept", "let this peer vote for it")
    .option("--decline", "refuse it")
    .option("--reason <text>", "says why, to its author");
}

function acceptOf({ accept, decline }: Options): boolean {
  if (accept !== decline) return accept === true;
  throw usageError("Say what you decided: --accept or --decline.", "Write one of them.");
}
