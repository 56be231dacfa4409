/** Pure: the rows of a space's history. Never a value. */
import type { RevisionView } from "../../peer/api.ts";
import type { ItemOp } from "../../protocol/record.ts";
import { row, type SpaceRow } from "./spaceRow.ts";
import { keyNames, timeWord } from "./spaceWords.ts";

/** Revisions that the history shows at first, and that "show more" adds. */
export const revisionsPageMax = 50;

const opWords: Readonly<Record<ItemOp, readonly [word: string, icon: string]>> = {
  set: ["set", "diff-modified"],
  delete: ["deleted", "diff-removed"],
  release: ["no longer shared", "diff-ignored"],
};

/** What a revision did to a key, in a word. */
export function opWord(op: ItemOp): string {
  return opWords[op][0];
}

/** What a revision is about, in one line: its message, or the keys or members it changed. */
export function revisionTitle(revision: RevisionView): string {
  if (revision.message !== "") return revision.message;
  if (revision.kind === "membership") {
    return revision.members.map((member) => `${member.name}: ${member.reason || member.state}`).join(", ");
  }
  return revision.kind === "keyEpoch" ? "New data key" : keyNames(revision.changes);
}

/** Rows for revisions, newest first, and one that asks for more when `complete` is false. */
export function historyRows(
  folder: string,
  revisions: readonly RevisionView[],
  complete: boolean,
  nowMs: number,
): readonly SpaceRow[] {
  const rows = revisions.map((revision) => revisionRow(folder, revision, nowMs));
  if (complete) return rows;
  return [
    ...rows,
    row({
      id: `${folder}#more`,
      kind: "more",
      folder,
      label: "Show More Revisions",
      description: `${revisions.length} shown`,
      icon: "ellipsis",
    }),
  ];
}

function revisionRow(folder: string, revision: RevisionView, nowMs: number): SpaceRow {
  const at = timeWord(revision.atMs, nowMs);
  const isCommit = revision.kind === "commit";
  const reverts = revision.reverts === undefined ? [] : [`reverts r${revision.reverts}`];
  const { riders } = revision;
  const others = riders.length === 0 ? [] : [`with ${riders.map(({ author }) => author).join(", ")}`];
  const words = [revision.author, at, ...others, ...reverts].filter((word) => word !== "");
  const keyRows = revision.changes.map((change) => changeRow(folder, revision.revision, change));
  return row({
    id: `${folder}#revision:${revision.revision}`,
    kind: "revision",
    folder,
    label: `r${revision.revision} ${revisionTitle(revision)}`,
    description: words.join(" · "),
    tooltip: [
      `r${revision.revision} ${revisionTitle(revision)}`,
      ...words,
      ...riders.map(riderWords),
      ...revision.changes.map((change) => `${change.key} (${change.env}): ${opWord(change.op)}`),
    ].join("\n"),
    icon: isCommit ? (revision.reverts === undefined ? "git-commit" : "discard") : "organization",
    words: [revision.kind],
    revision: revision.revision,
    tx: revision.tx,
    ...(isCommit ? { children: [...riderRows(folder, revision), ...keyRows] } : {}),
  });
}

/** Who else committed in a revision: `with Ben: Longer timeout`. */
export function riderWords({ author, message }: RevisionView["riders"][number]): string {
  return message === "" ? `with ${author}` : `with ${author}: ${message}`;
}

function riderRows(folder: string, { revision, riders }: RevisionView): readonly SpaceRow[] {
  return riders.map((rider, index) =>
    row({
      id: `${folder}#revision:${revision}!rider${index}`,
      kind: "rider",
      folder,
      label: `with ${rider.author}`,
      description: rider.message,
      tooltip: `${riderWords(rider)}\nBoth changes share r${revision}: they were waiting at the same time and concern other keys.`,
      icon: "person",
    }),
  );
}

function changeRow(folder: string, revision: number, change: RevisionView["changes"][number]): SpaceRow {
  const [word, icon] = opWords[change.op];
  return row({
    id: `${folder}#revision:${revision}:${change.env}/${change.key}`,
    kind: "revisionKey",
    folder,
    label: change.key,
    description: `${change.env} · ${word}`,
    icon,
    ref: { env: change.env, key: change.key },
    revision,
  });
}
