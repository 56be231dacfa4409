import type { Peer, RevisionView } from "../peer/api.ts";
import { EnvpactError } from "../protocol/errors.ts";
import { counted } from "./output.ts";
import { keyText } from "./peers.ts";

/** Characters of a message in a line of the log. */
const titleCharsMax = 72;

/** One revision of the history. Throws REVISION_UNKNOWN, REVISION_COMPACTED. */
export async function revisionOf(peer: Peer, revision: number): Promise<RevisionView> {
  const history = await peer.history(Number.MAX_SAFE_INTEGER);
  const found = history.find((view) => view.revision === revision);
  if (found) return found;
  const oldest = history.at(-1)?.revision ?? 0;
  if (revision < oldest) {
    throw new EnvpactError(
      "REVISION_COMPACTED",
      `Revision ${revision} is compacted; the oldest one kept in full here is ${oldest}.`,
      "Its keys and values are no longer kept. Run `envpact log` to see the revisions that are.",
    );
  }
  throw new EnvpactError(
    "REVISION_UNKNOWN",
    `There is no revision ${revision}; the last one known is ${history[0]?.revision ?? 0}.`,
    "Run `envpact log` to see them.",
  );
}

/** A revision as `log` and `show` print it with `--json`. */
export function revisionData(view: RevisionView): object {
  const { revision, tx, author, atMs, message, changes, kind, members, reverts, riders } = view;
  return {
    revision,
    tx,
    author,
    at: new Date(atMs).toISOString(),
    message,
    changes: changes.map(({ env, key, op }) => ({ env, key, op })),
    ...(reverts === undefined ? {} : { reverts }),
    ...(riders.length === 0 ? {} : { riders }),
    ...(kind === "commit" ? {} : { kind, members }),
  };
}

/** A revision for people, in one line. */
export function revisionText(view: RevisionView): string {
  const { revision, atMs, message, changes, members, kind } = view;
  const author = [view.author, ...view.riders.map((rider) => rider.author)].join(", ");
  const at = new Date(atMs).toISOString().replace("T", " ").slice(0, 16);
  const start = `${revision}  ${at}  ${author}`;
  if (kind === "membership") {
    return `${start}  ${members.map(({ name, state, reason }) => `${name}: ${state} (${reason})`).join(", ")}`;
  }
  if (kind === "keyEpoch") return `${start}  new key`;
  const keys = changes.length > 5 ? counted(changes.length, "key") : changes.map(changeText).join(", ");
  return `${start}  ${keys}${message === "" ? "" : `  ${titleOf(message)}`}`;
}

/** The first line of a message, as far as a line of the log has room for it. */
function titleOf(message: string): string {
  const [line = ""] = message.split("\n");
  return line.length > titleCharsMax ? `${line.slice(0, titleCharsMax - 1)}…` : line;
}

/** What a revision does to one key, for people. */
export function changeText(change: RevisionView["changes"][number]): string {
  const key = keyText(change);
  if (change.op === "set") return key;
  return change.op === "delete" ? `-${key}` : `${key} (no longer shared)`;
}
