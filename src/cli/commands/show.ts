import type { RevealedChange, RevisionView } from "../../peer/api.ts";
import { openCompanion } from "../../runtime/peers.ts";
import { revisionNumber } from "../arguments.ts";
import { exitCodes } from "../exit.ts";
import type { CommandHost } from "../host.ts";
import type { Output } from "../output.ts";
import { keyText, readyOrNote, withPeer } from "../peers.ts";
import { changeText, revisionData, revisionOf, revisionText } from "../revisions.ts";

/** `envpact show REV`: one revision; its values only with `--reveal`. */
export function declareShow(host: CommandHost): void {
  host
    .declare<{ reveal?: boolean }>(
      host.root,
      "show <revision>",
      "one revision",
      (session, [text = ""], options) => {
        const revision = revisionNumber(text);
        return withPeer(session, openCompanion, async (peer) => {
          await readyOrNote(session, peer);
          const view = await revisionOf(peer, revision);
          if (options.reveal === true) tellValues(session.output, view, await peer.reveal(revision));
          else tellNames(session.output, view);
          return exitCodes.done;
        });
      },
    )
    .option("--reveal", "print the values");
}

function tellNames(output: Output, view: RevisionView): void {
  output.result(
    revisionData(view),
    [revisionText(view), view.message, ...view.changes.map((change) => `  ${changeText(change)}`)]
      .filter((line) => line !== "")
      .join("\n"),
  );
}

function tellValues(output: Output, view: RevisionView, changes: readonly RevealedChange[]): void {
  const shown = (value: string | undefined) => (value === undefined ? "(nothing)" : JSON.stringify(value));
  const lines = changes.map(
    (change) => `  ${keyText(change)}: ${shown(change.before)} -> ${shown(change.after)}`,
  );
  output.result(
    {
      ...revisionData(view),
      changes: changes.map(({ env, key, op, before, after }) => ({
        env,
        key,
        op,
        before: before ?? null,
        after: after ?? null,
      })),
    },
    [revisionText(view), ...lines].join("\n"),
  );
}
