import type { TraceMark, TransactionTrace } from "../../peer/trace.ts";
import { EnvpactError } from "../../protocol/errors.ts";
import { openCompanion } from "../../runtime/peers.ts";
import { exitCodes } from "../exit.ts";
import type { CommandHost } from "../host.ts";
import { keysText, readyOrNote, refOf, withPeer } from "../peers.ts";

/** `envpact trace [TX|REV]`: the timeline of a transaction, or the list of those that this machine saw. */
export function declareTrace(host: CommandHost): void {
  host.declare(
    host.root,
    "trace [transaction]",
    "the timeline of a transaction (TX or REV), or all that are known",
    (session, [which]) =>
      withPeer(session, openCompanion, async (peer) => {
        await readyOrNote(session, peer);
        const traces = await peer.traces();
        if (which === undefined) {
          for (const trace of traces) session.output.result(traceData(trace), titleOf(trace));
          if (traces.length === 0) session.output.note("No transaction was seen here yet.");
          return exitCodes.done;
        }
        const found = traces.find(({ tx, revision }) => tx === which || String(revision) === which);
        if (!found) {
          throw new EnvpactError(
            "REVISION_UNKNOWN",
            `No trace of ${which} is kept here.`,
            "Run `envpact trace` for the list, or `envpact log` for the history.",
          );
        }
        session.output.result(traceData(found), timelineOf(found));
        return exitCodes.done;
      }),
  );
}

function traceData({ tx, author, message, keys, revision, outcome, marks }: TransactionTrace): object {
  return {
    tx,
    author,
    message,
    keys: keys.map(({ key }) => key),
    items: keys.map(refOf),
    ...(revision === undefined ? {} : { revision }),
    outcome,
    marks: marks.map(({ kind, peer, atMs, text }) => ({
      kind,
      peer,
      at: new Date(atMs).toISOString(),
      ...(text === undefined ? {} : { text }),
    })),
  };
}

function titleOf({ tx, author, message, keys, revision, outcome, marks }: TransactionTrace): string {
  const at = marks[0] ? `${new Date(marks[0].atMs).toISOString()}  ` : "";
  const became = revision === undefined ? outcome : `${outcome} r${revision}`;
  const about = message === "" ? "" : `  ${message.split("\n")[0] ?? ""}`;
  return `${at}${became}  ${author}  ${keysText(keys)}${about}  (${tx})`;
}

/** A line a mark, each with the time since the first. */
function timelineOf(trace: TransactionTrace): string {
  const { marks } = trace;
  const start = marks[0]?.atMs ?? 0;
  const since = (mark: TraceMark) => `+${mark.atMs - start} ms`;
  const timeWidth = Math.max(0, ...marks.map((mark) => since(mark).length));
  const peerWidth = Math.max(0, ...marks.map(({ peer }) => peer.length));
  const lines = marks.map((mark) => {
    const text = mark.text === undefined ? "" : `: ${mark.text}`;
    return `  ${since(mark).padStart(timeWidth)}  ${mark.peer.padEnd(peerWidth)}  ${markText(mark)}${text}`;
  });
  return [titleOf(trace), ...lines].join("\n");
}

function markText({ kind }: TraceMark): string {
  if (kind === "inDoubt") return "in doubt";
  if (kind === "readonly") return "yes (not concerned)";
  return kind;
}
