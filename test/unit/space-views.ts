// A peer's view in which all is well, and ways to look at the rows that are made of it.
import { type FolderModel, rootRows } from "../../src/extension/views/spaceModel.ts";
import type { SpaceRow } from "../../src/extension/views/spaceRow.ts";
import type { PeerRow, PeerView } from "../../src/peer/api.ts";

export const now = new Date(2026, 10, 22, 15, 0).getTime();
export const at1402 = new Date(2026, 10, 22, 14, 2).getTime();

export const member = (name: string, parts: Partial<PeerRow> = {}): PeerRow => ({
  peer: name,
  name,
  self: false,
  role: "voter",
  state: "voter",
  connected: true,
  absentSinceMs: undefined,
  appliedRevision: 42,
  drift: 0,
  ...parts,
});

export const calm: PeerView = {
  space: "team",
  folder: "/w/shop",
  name: "me",
  peer: "me",
  role: "voter",
  environments: { default: ".env" },
  connection: "connected",
  offlineSinceMs: undefined,
  problem: undefined,
  revision: 42,
  head: 42,
  roster: [member("zoe"), member("me", { self: true }), member("ana")],
  shared: [{ env: "default", key: "API_URL", revision: 41 }],
  drift: [],
  transactions: [],
  inDoubt: [],
  reviews: [],
  consents: [],
  heuristics: [],
  spread: [],
  fileProblems: [],
};

export const open = (parts: Partial<PeerView> = {}, id = "file:///w/shop"): FolderModel => ({
  id,
  name: "shop",
  condition: { kind: "open", companion: false, view: { ...calm, ...parts } },
  last: undefined,
});

export const rowsOf = (model: FolderModel): readonly SpaceRow[] => rootRows([model], now);
export const flat = (rows: readonly SpaceRow[]): readonly SpaceRow[] =>
  rows.flatMap((row) => [row, ...flat(row.children ?? [])]);
export const find = (rows: readonly SpaceRow[], kind: SpaceRow["kind"]): readonly SpaceRow[] =>
  flat(rows).filter((row) => row.kind === kind);
