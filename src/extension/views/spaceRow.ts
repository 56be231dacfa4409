/** Pure: a row of the "Space" view as data. Ids and texts are made of names and numbers, never of values. */
import type { KeyRef } from "../../peer/api.ts";

/** Ids of the theme's colours for what went well, what to look at, what failed and what is absent. */
export const passed = "testing.iconPassed";
export const warning = "problemsWarningIcon.foreground";
export const failure = "problemsErrorIcon.foreground";
export const quiet = "disabledForeground";

export type SpaceRowKind =
  | "folder"
  | "state"
  | "connection"
  | "problem"
  | "indoubt"
  | "heuristic"
  | "review"
  | "consent"
  | "spread"
  | "note"
  | "action"
  | "wait"
  | "conflict"
  | "changes"
  | "change"
  | "transactions"
  | "transaction"
  | "vote"
  | "last"
  | "peers"
  | "peer"
  | "sharedKeys"
  | "sharedKey"
  | "history"
  | "revision"
  | "revisionKey"
  | "rider"
  | "more";

/** A row. `children` undefined: none; the rows below `history` are read when it is opened. */
export interface SpaceRow {
  readonly id: string;
  readonly kind: SpaceRowKind;
  /** URI of the workspace folder that the row belongs to. */
  readonly folder: string;
  readonly label: string;
  /** Says in words what icon and colour say. */
  readonly description: string;
  readonly tooltip: string;
  readonly icon: string;
  /** Id of a theme colour. */
  readonly color: string | undefined;
  readonly children: readonly SpaceRow[] | undefined;
  readonly expanded: boolean;
  /** Words that the `when` clauses of the menus look for, besides the kind. */
  readonly words: readonly string[];
  readonly ref: KeyRef | undefined;
  readonly revision: number | undefined;
  /** The transaction that the row is about. */
  readonly tx: string | undefined;
  /** Id of the command that a click runs, with the row as its argument. */
  readonly command: string | undefined;
}

/** What a row says of itself; the rest has defaults. */
export type RowParts = Pick<SpaceRow, "id" | "kind" | "folder" | "label" | "icon"> & Partial<SpaceRow>;

/** A whole row from its parts. */
export function row(parts: RowParts): SpaceRow {
  const description = parts.description ?? "";
  return {
    tooltip: [parts.label, description].filter((text) => text !== "").join("\n"),
    color: undefined,
    children: undefined,
    expanded: false,
    words: [],
    ref: undefined,
    revision: undefined,
    tx: undefined,
    command: undefined,
    ...parts,
    description,
  };
}

/** What a screen reader says of a row. */
export function spokenText({ label, description }: SpaceRow): string {
  return description === "" ? label : `${label}, ${description.replaceAll(" · ", ", ")}`;
}

/** The context value of a row, for the `when` clauses of the menus. */
export function contextOf({ kind, words }: SpaceRow): string {
  return [kind, ...words].join(" ");
}

/** A row that explains something and does nothing. */
export function noteRow(
  parts: Pick<SpaceRow, "id" | "folder" | "label" | "icon"> & Partial<SpaceRow>,
): SpaceRow {
  return row({ kind: "note", ...parts });
}

/** A row that does something when it is clicked, for a transaction. */
export function actionRow(
  parent: Pick<SpaceRow, "id" | "folder" | "tx">,
  label: string,
  icon: string,
  command: string,
  more: Partial<SpaceRow> = {},
): SpaceRow {
  const { id, folder, tx } = parent;
  return row({ id: `${id}!${command}`, kind: "action", folder, label, icon, command, tx, ...more });
}
