import { openCompanion } from "../../runtime/peers.ts";
import { countOf } from "../arguments.ts";
import { exitCodes } from "../exit.ts";
import type { CommandHost } from "../host.ts";
import { readyOrNote, withPeer } from "../peers.ts";
import { revisionData, revisionText } from "../revisions.ts";

/** Revisions that are printed unless `--limit` says otherwise. */
const logRevisionsDefault = 100;

/** `envpact log`: the history, newest first, without values. */
export function declareLog(host: CommandHost): void {
  host
    .declare<{ limit?: string; all?: boolean }>(
      host.root,
      "log",
      "the history, newest first",
      (session, _operands, options) => {
        const limit = options.limit === undefined ? logRevisionsDefault : countOf("--limit", options.limit);
        return withPeer(session, openCompanion, async (peer) => {
          await readyOrNote(session, peer);
          const history = await peer.history(Number.MAX_SAFE_INTEGER);
          const shown = history.filter(({ kind }) => options.all === true || kind === "commit");
          for (const view of shown.slice(0, limit))
            session.output.result(revisionData(view), revisionText(view));
          const oldest = history.at(-1)?.revision ?? 1;
          if (oldest > 1 && shown.length <= limit)
            session.output.note(
              `Revisions before ${oldest} are compacted: their keys and values are not kept.`,
            );
          else if (shown.length === 0) session.output.note("Nothing was committed yet.");
          return exitCodes.done;
        });
      },
    )
    .option("--limit <count>", `how many (default: ${logRevisionsDefault})`)
    .option("--all", "changes of the membership too");
}
