import { attachPeer } from "../../runtime/peers.ts";
import { keysOf, policyOf, reviewTimeOf, timeoutOf } from "../arguments.ts";
import type { CommandHost } from "../host.ts";
import { concludeCommit, whileUndecided } from "../outcome.ts";
import { connectTimeoutMs, keysMeant, withPeer } from "../peers.ts";

interface Options {
  readonly env?: string;
  readonly message?: string;
  readonly timeout?: string;
  readonly policy?: string;
  readonly review?: string;
}

/** `envpact commit [KEY…]`: two-phase commit of the drift, or of the part of it that is named. */
export function declareCommit(host: CommandHost): void {
  host
    .declare<Options>(
      host.root,
      "commit [keys...]",
      "change the shared keys in all peers or in none",
      (session, operands, options) => {
        const keys = keysOf(operands);
        const timeout = options.timeout === undefined ? {} : { timeoutMs: timeoutOf(options.timeout) };
        const policy = options.policy === undefined ? {} : { policy: policyOf(options.policy) };
        const review = options.review === undefined ? {} : { reviewMs: reviewTimeOf(options.review) };
        return withPeer(session, attachPeer, async (peer) => {
          const { output, stop } = session;
          const { signal } = stop;
          await peer.ready(Math.min(connectTimeoutMs, timeout.timeoutMs ?? connectTimeoutMs));
          const meant = keysMeant(peer.view, keys, options.env);
          const message = options.message ?? "";
          const outcome = await whileUndecided(session, (onProgress) =>
            peer.commit(meant, { message, signal, onProgress, ...timeout, ...policy, ...review }),
          );
          return concludeCommit(output, peer, outcome);
        });
      },
    )
    .option("--env <name>", "only this environment")
    .option("-m, --message <text>", "says why, in the history")
    .option("--timeout <seconds>", "give up when it is not decided by then")
    .option("--policy <policy>", "for an absent voter: detach, wait or strict (default: as the space says)")
    .option("--review <seconds>", "time for people, where a peer reviews changes (default: 600)");
}
