import { describe, expect, it } from "vitest";
import { changedRows } from "../../src/extension/views/spaceChanges.ts";
import { type FolderModel, rootRows } from "../../src/extension/views/spaceModel.ts";
import { contextOf, quiet, spokenText } from "../../src/extension/views/spaceRow.ts";
import { spaceStatus } from "../../src/extension/views/spaceStatus.ts";
import type { PeerView } from "../../src/peer/api.ts";
import { at1402, calm, find, flat, member, now, open, rowsOf } from "./space-views.ts";

describe("the Space view", () => {
  it("shows the space with its revision and connection first", () => {
    expect(rowsOf(open())[0]).toMatchObject({ label: "team", description: "r42 · connected" });
  });

  it("says since when it is offline, and why, and what to do", () => {
    const problem = {
      code: "UNREACHABLE" as const,
      message: "Nothing answers.",
      next: "Start the coordinator.",
    };
    const [row] = rowsOf(open({ connection: "offline", offlineSinceMs: at1402, problem }));
    expect(row?.description).toBe("r42 · offline since 14:02");
    expect(row?.children?.[0]).toMatchObject({
      label: "Nothing answers.",
      description: "Start the coordinator.",
    });
  });

  it("opens what gets something below it: VS Code keeps a row closed that it has seen empty", () => {
    const problem = { code: "UNREACHABLE" as const, message: "Nothing answers.", next: "" };
    const empty = flat(rowsOf(open({ roster: [] }))).filter(({ children = [] }) => children.length === 0);
    const filled = rowsOf(
      open({ connection: "offline", problem, drift: [{ env: "default", key: "API_URL", kind: "changed" }] }),
    ).filter(({ expanded }) => expanded);
    expect(filled.map(({ kind }) => kind)).toEqual(["connection", "changes", "peers"]);
    const seen = new Set(empty.map(({ id }) => id));
    expect(filled.filter(({ id }) => seen.has(id))).toEqual([]);
  });

  it("does not say while it is offline who is connected", () => {
    const offline = open({ connection: "offline", offlineSinceMs: at1402 });
    expect(find(rowsOf(offline), "peers")[0]?.description).toBe("3 peers, as last heard");
    expect(find(rowsOf(offline), "peer").map(({ color }) => color)).toEqual(Array(3).fill(quiet));
    expect(spaceStatus([offline], now)?.tooltip).toContain("3 peers, as last heard");
    expect(spaceStatus([offline], now)?.tooltip).not.toContain("connected");
  });

  it("says that files are behind the space", () => {
    expect(rowsOf(open({ revision: 40 }))[0]?.description).toBe("r40 of r42 · connected");
  });

  it("lists this peer first and the others by name, with role, absence, revision and changes in words", () => {
    const roster = [
      ...calm.roster.slice(0, 2),
      member("ana", {
        connected: false,
        absentSinceMs: at1402,
        appliedRevision: 40,
        state: "syncing",
        drift: 2,
      }),
      member("gone", { state: "left" }),
    ];
    const peers = find(rowsOf(open({ roster })), "peer");
    expect(peers.map(({ label }) => label)).toEqual(["me", "ana", "zoe"]);
    expect(peers[0]?.description).toBe("you · voter");
    expect(peers[1]?.description).toBe("voter · syncing · absent since 14:02 · at r40 · 2 changes");
  });

  it("shows each vote of a transaction with its reason", () => {
    const transactions = [
      {
        id: "t1",
        mine: true,
        author: "me",
        message: "New gateway",
        keys: [{ env: "default", key: "API_URL" }],
        phase: "preparing" as const,
        waitingFor: ["zoe"],
        votes: [
          { peer: "me", vote: "yes" as const, code: undefined, reason: undefined },
          { peer: "ana", vote: "no" as const, code: "DRIFT", reason: ".env: API_URL was changed locally" },
        ],
        deadlineAtMs: undefined,
      },
    ];
    const rows = rowsOf(open({ transactions }));
    expect(find(rows, "transaction")[0]?.description).toBe("mine · 2 votes, asking zoe");
    expect(find(rows, "vote").map(({ label, description, icon }) => [label, description, icon])).toEqual([
      ["me", "yes", "check"],
      ["ana", "no · .env: API_URL was changed locally", "close"],
    ]);
  });

  it("keeps the votes of the last change that was sent, open when it was refused", () => {
    const votes = [
      { peer: "ana", vote: "no" as const, code: "DRIFT", reason: ".env: API_URL was changed locally" },
    ];
    const last = {
      message: "New gateway",
      keys: [],
      votes,
      ended: "refused" as const,
      outcome: "ana refused",
      conflicts: [{ env: "default", key: "API_URL", expected: 4, current: 5, author: "ana", at: at1402 }],
      tx: "t1",
    };
    const rows = rowsOf({ ...open(), last });
    expect(find(rows, "last")[0]).toMatchObject({
      label: "Refused",
      description: "New gateway",
      expanded: true,
    });
    expect(find(rows, "vote")[0]?.description).toBe("no · .env: API_URL was changed locally");
    expect(find(rows, "conflict")[0]).toMatchObject({
      label: "Conflict: API_URL",
      description: "changed by ana at 14:02 · version 5 there, you started from 4",
      ref: { env: "default", key: "API_URL" },
    });
  });

  it("shows changes that can be committed, and says when there is none", () => {
    expect(find(rowsOf(open()), "changes")[0]).toMatchObject({ description: "none, as in the space" });
    const rows = rowsOf(open({ drift: [{ env: "default", key: "API_URL", kind: "changed" }] }));
    const [change] = find(rows, "change");
    expect(change).toMatchObject({ label: "API_URL", description: "default · changed here" });
    expect(change && contextOf(change)).toBe("change changed");
  });

  it("shows what is in doubt with the time and the keys", () => {
    const rows = rowsOf(
      open({ inDoubt: [{ tx: "t", sinceMs: at1402, keys: [{ env: "default", key: "API_URL" }] }] }),
    );
    expect(find(rows, "indoubt")[0]).toMatchObject({ label: "In doubt since 14:02", description: "API_URL" });
  });

  it("has a row a folder when there are several, with ids of their own", () => {
    const rows = rootRows([open(), open({}, "file:///w/other")], now);
    expect(rows.map(({ kind }) => kind)).toEqual(["folder", "folder"]);
    const ids = flat(rows).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("leads to joining, trusting and retrying where the folder takes no part", () => {
    const folder = { id: "f", name: "shop", last: undefined };
    const word = (condition: FolderModel["condition"]) => rowsOf({ ...folder, condition })[0]?.words;
    expect(word({ kind: "stranger" })).toEqual(["join"]);
    expect(word({ kind: "untrusted" })).toEqual(["untrusted"]);
    expect(
      word({ kind: "failed", problem: { code: "BAD_CONFIG", message: "Broken.", next: "Mend it." } }),
    ).toEqual(["retry"]);
  });

  it("speaks label and description to screen readers", () => {
    const [row] = rowsOf(open());
    expect(row && spokenText(row)).toBe("team, r42, connected");
  });
});

describe("drawing rows anew", () => {
  const changedTo = (parts: Partial<PeerView>) => changedRows(rowsOf(open()), rowsOf(open(parts)));

  it("leaves everything alone while nothing changes", () => {
    expect(changedTo({})).toEqual([]);
  });

  it("draws only the peer that changed", () => {
    const roster = calm.roster.map((peer) => (peer.name === "ana" ? { ...peer, drift: 1 } : peer));
    expect(changedTo({ roster })).toEqual(["file:///w/shop#peer:ana"]);
  });

  it("draws the section that gained a row", () => {
    expect(changedTo({ roster: [...calm.roster, member("bob", { connected: false })] })).toEqual([
      "file:///w/shop#peers:filled",
    ]);
  });

  it("draws all when a section came", () => {
    expect(changedTo({ inDoubt: [{ tx: "t", sinceMs: at1402, keys: [] }] })).toBeUndefined();
  });
});

describe("the status bar", () => {
  it("is absent where no folder takes part", () => {
    expect(spaceStatus([], now)).toBeUndefined();
    expect(
      spaceStatus([{ id: "f", name: "shop", condition: { kind: "stranger" }, last: undefined }], now),
    ).toBeUndefined();
  });

  it("shows space, revision and connected peers", () => {
    const roster = [...calm.roster, member("bob", { connected: false })];
    const status = spaceStatus([open({ roster })], now);
    expect(status).toMatchObject({ text: "$(link) team r42 · 3/4 peers", alarm: "none" });
  });

  it("warns while offline and while in doubt, doubt first", () => {
    expect(spaceStatus([open({ connection: "offline" })], now)).toMatchObject({
      text: "$(debug-disconnect) team r42 · offline",
      alarm: "warning",
    });
    const inDoubt = [{ tx: "t", sinceMs: at1402, keys: [] }];
    const status = spaceStatus([open({ connection: "offline" }), open({ inDoubt }, "file:///w/b")], now);
    expect(status).toMatchObject({
      text: "$(question) team r42 · in doubt since 14:02 · +1 space",
      alarm: "warning",
    });
  });

  it("lets no name of another machine become markup", () => {
    const tooltip = spaceStatus([open({ space: "[x](command:y)" })], now)?.tooltip ?? "";
    expect(tooltip).not.toMatch(/(?<!\\)\[/);
    expect(tooltip).not.toMatch(/(?<!\\)\(/);
  });
});
