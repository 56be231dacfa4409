import type { RevisionView } from "../../peer/api.ts";
import { EnvpactError } from "../../protocol/errors.ts";
import { attachPeer } from "../../runtime/peers.ts";
import { keysOf, revisionNumber, timeoutOf } from "../arguments.ts";
import type { CommandHost } from "../host.ts";
import { concludeCommit, whileUndecided } from "../outcome.ts";
import { connectTimeoutMs, refOf, withPeer } from "../peers.ts";
import { revisionOf } from "../revisions.ts";

interface Options {
  readonly env?: string;
  readonly message?: string;
  readonly timeout?: string;
}

/** `envpact revert REV [KEY…]`: a new transaction that restores what REV replaced. */
export function declareRevert(host: CommandHost): void {
  host
    .declare<Options>(
      host.root,
      "revert <revision> [keys...]",
      "commit what a revision replaced",
      (session, [text = "", ...operands], options) => {
        const revision = revisionNumber(text);
        const keys = keysOf(operands);
        const timeout = options.timeout === undefined ? {} : { timeoutMs: timeoutOf(options.timeout) };
        return withPeer(session, attachPeer, async (peer) => {
          const { output, stop } = session;
          const { signal } = stop;
          await peer.ready(connectTimeoutMs);
          const meant = keysOfRevision(await revisionOf(peer, revision), keys, options.env);
          const message = options.message ?? `Revert revision ${revision}`;
          const outcome = await whileUndecided(session, (onProgress) =>
            peer.revert(revision, meant, { message, signal, onProgress, ...timeout }),
          );
          return concludeCommit(output, peer, outcome);
        });
      },
    )
    .option("--env <name>", "only keys of this environment")
    .option("-m, --message <text>", "says why, in the history")
    .option("--timeout <seconds>", "give up when it is not decided by then");
}

function keysOfRevision(view: RevisionView, keys: readonly string[], env: string | undefined) {
  if (view.changes.length === 0) {
    throw new EnvpactError(
      "NOTHING_TO_COMMIT",
      `Revision ${view.revision} changes no key, so there is nothing to revert.`,
      "Choose another revision: envpact log",
    );
  }
  if (keys.length === 0 && env === undefined) return undefined;
  const inEnvironment = view.changes.filter((change) => env === undefined || change.env === env);
  const chosen = keys.length === 0 ? inEnvironment : inEnvironment.filter(({ key }) => keys.includes(key));
  const absent = keys.find((key) => !chosen.some((change) => change.key === key));
  if (absent === undefined && chosen.length > 0) return chosen.map(refOf);
  throw new EnvpactError(
    "KEY_NOT_FOUND",
    `Revision ${view.revision} does not change ${absent ?? "anything there"}.`,
    `Run \`envpact show ${view.revision}\` to see what it changes.`,
  );
}
