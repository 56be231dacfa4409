import { describe, expect, it } from "vitest";
import {
  consentWords,
  doubtWords,
  heuristicNotice,
  reviewWords,
} from "../../src/extension/services/peerNoticeWords.ts";
import { SpreadPatience, spreadPatienceMs } from "../../src/extension/services/peerSpread.ts";
import { spaceCommandIds } from "../../src/extension/spaceIds.ts";
import { historyRows } from "../../src/extension/views/historyRows.ts";
import { contextOf, type SpaceRow } from "../../src/extension/views/spaceRow.ts";
import { spaceStatus } from "../../src/extension/views/spaceStatus.ts";
import type { HeuristicView, PeerView, TransactionView } from "../../src/peer/api.ts";
import { spreadOf } from "../../src/peer/view.ts";
import type { LogRecord } from "../../src/protocol/record.ts";
import { at1402, calm, find, flat, member, now, open, rowsOf } from "./space-views.ts";

const url = { env: "default", key: "API_URL" };
const token = { env: "default", key: "TOKEN" };
const lineOf = ({ label, description }: SpaceRow): string => `${label} | ${description}`;
const linesOf = (row: SpaceRow | undefined): readonly string[] => (row?.children ?? []).map(lineOf);
const statusOf = (parts: Partial<PeerView>) => spaceStatus([open(parts)], now);

describe("a transaction in doubt", () => {
  const inDoubt = [{ tx: "t7", sinceMs: at1402, keys: [url, token] }];
  const offline = { inDoubt, connection: "offline" as const, offlineSinceMs: at1402 };

  it("says since when, which keys, what it is, what it waits for and what can be done", () => {
    const [row] = find(rowsOf(open(offline)), "indoubt");
    expect(row && lineOf(row)).toBe("In doubt since 14:02 | API_URL, TOKEN");
    expect(linesOf(row)).toEqual([
      "A commit was prepared here | ",
      "Waits for the coordinator | decided or not, only it knows",
      "Coordinator offline since 14:02 | asked again by itself, at least every 5 s",
      "The file stays as it is | and this folder commits nothing else until then",
      "API_URL | default",
      "TOKEN | default",
      "Retry Now | ",
      "Show Timeline | ",
      "Force Outcome Locally… | for this folder alone, if you cannot wait",
      "What Is This? | ",
    ]);
    expect(row?.expanded).toBe(true);
    expect(row?.tooltip).toMatch(/no other commit can be made from or to this folder/);
  });

  it("has clicks that retry, show, force and explain just this transaction", () => {
    const [row] = find(rowsOf(open(offline)), "indoubt");
    const actions = (row?.children ?? []).filter(({ kind }) => kind === "action");
    expect(actions.map(({ command, tx }) => [command, tx])).toEqual([
      [spaceCommandIds.retryConnection, "t7"],
      [spaceCommandIds.showTimeline, "t7"],
      [spaceCommandIds.forceOutcome, "t7"],
      [spaceCommandIds.whatIsThis, "t7"],
    ]);
  });

  it("says whose it is when that is known, and lists it once", () => {
    const transactions: TransactionView[] = [
      {
        id: "t7",
        mine: false,
        author: "ana",
        message: "",
        keys: [url],
        phase: "preparing",
        waitingFor: [],
        votes: [],
        deadlineAtMs: undefined,
      },
    ];
    const rows = rowsOf(open({ ...offline, transactions }));
    expect(find(rows, "transaction")).toEqual([]);
    expect(linesOf(find(rows, "indoubt")[0])[0]).toMatch(/^A commit by ana was prepared here/);
  });

  it("says that the coordinator has been asked once it is back", () => {
    const [row] = find(rowsOf(open({ inDoubt })), "indoubt");
    expect(linesOf(row)[2]).toBe("Coordinator connected again | it has been asked for the outcome");
  });

  it("is explained by the status bar's tooltip and by the notice as well", () => {
    expect(statusOf(offline)?.tooltip).toMatch(
      /In doubt since 14:02.*A commit was prepared here\. Waits for/,
    );
    const [doubt] = inDoubt;
    expect(doubt && doubtWords({ ...calm, ...offline }, doubt, now)).toBe(
      "In doubt since 14:02: API_URL, TOKEN in team. Waits for the coordinator's answer: offline since 14:02, asked again by itself, at least every 5 s. The file stays as it is until then.",
    );
  });
});

describe("a forced outcome", () => {
  const heuristic = (parts: Partial<HeuristicView>): HeuristicView => ({
    tx: "t7",
    forced: "abort",
    atMs: at1402,
    keys: [url],
    status: "pending",
    revision: undefined,
    ...parts,
  });

  it("waits to be compared, without an alarm", () => {
    const parts = { heuristics: [heuristic({})] };
    expect(find(rowsOf(open(parts)), "heuristic")[0]).toMatchObject({
      label: "Forced outcome",
      description: "API_URL · aborted here by force; the coordinator's word is awaited",
    });
    expect(statusOf(parts)?.alarm).toBe("none");
  });

  it("that differs from the space's is red everywhere, comes first, and is one click from mended", () => {
    const mixed = heuristic({ status: "mixed", revision: 43 });
    const parts = { heuristics: [heuristic({ tx: "t8" }), mixed] };
    const rows = rowsOf(open(parts));
    const [first] = find(rows, "heuristic");
    expect(first).toMatchObject({
      label: "Heuristic mixed",
      description: "API_URL · aborted here by force, but the space committed r43",
      color: "problemsErrorIcon.foreground",
      expanded: true,
    });
    const resync = first?.children?.find(({ command }) => command === spaceCommandIds.resyncSpace);
    expect(resync).toMatchObject({ label: "Resync To The Space", tx: "t7" });
    expect(statusOf(parts)).toMatchObject({
      text: "$(error) team r42 · heuristic mixed, resync",
      alarm: "error",
    });
    expect(heuristicNotice(mixed)).toMatch(
      /^Heuristic mixed: API_URL was aborted here by force, but the space/,
    );
  });

  it("that was the same is a note", () => {
    const same = heuristic({ forced: "commit", status: "same", revision: 43 });
    expect(heuristicNotice(same)).toBe("API_URL was committed here by force; the space committed r43 too.");
    const [row] = find(rowsOf(open({ heuristics: [same] })), "heuristic");
    expect(row?.children?.map(({ label }) => label)).not.toContain("Resync To The Space");
    expect(row?.children?.map(({ label }) => label)).toContain("Dismiss");
  });
});

describe("a commit that is not applied everywhere", () => {
  const spread = [{ revision: 42, applied: 2, of: 3, waitingFor: ["ana"] }];

  it("says by how many, and who applies on return", () => {
    const roster = [...calm.roster.slice(0, 2), member("ana", { connected: false, absentSinceMs: at1402 })];
    const [row] = find(rowsOf(open({ spread, roster })), "spread");
    expect(row && lineOf(row)).toBe("Committed r42, applied by 2 of 3 | ana applies on return");
    expect(statusOf({ spread, roster })?.tooltip).toContain("ana applies on return");
  });

  it("is not spoken of while everybody is there, unless it takes longer than a moment", () => {
    const patience = new SpreadPatience();
    const view = { ...calm, spread };
    expect(patience.shown(view, now).spread).toEqual([]);
    expect(patience.againAtMs).toBe(now + spreadPatienceMs);
    expect(patience.shown(view, now + spreadPatienceMs).spread).toEqual(spread);
    expect(patience.againAtMs).toBeUndefined();
    expect(patience.shown(calm, now + 3_000).spread).toEqual([]);
    const roster = [...calm.roster.slice(0, 2), member("ana", { connected: false })];
    expect(patience.shown({ ...view, roster }, now + 3_100).spread).toEqual(spread);
  });

  it("is one row for revisions in a row that the same peer lacks", () => {
    const more = [...spread, { revision: 43, applied: 2, of: 3, waitingFor: ["ana"] }];
    expect(find(rowsOf(open({ spread: more })), "spread").map(({ label }) => label)).toEqual([
      "Committed r42 to r43, applied by 2 of 3",
    ]);
  });

  it("claims nothing of a peer that the coordinator has not heard of since it started", () => {
    const roster = [
      ...calm.roster.slice(0, 2),
      member("ana", { connected: false, absentSinceMs: at1402, appliedRevision: 0 }),
    ];
    // As a peer makes it of that roster, after a commit in which all three voted.
    const entries = roster.map(({ peer, name, role, state, connected, appliedRevision, drift }) => {
      return { peer, name, role, state, connected, appliedRevision, drift };
    });
    const participants = entries.map(({ peer }) => peer);
    const record = () => ({ kind: "commit", participants }) as unknown as LogRecord;
    const told = spreadOf(entries, calm.head, record);
    const rows = rowsOf(open({ spread: told, roster }));
    expect(find(rows, "spread")).toEqual([]);
    expect(statusOf({ spread: told, roster })?.text).toBe("$(link) team r42 · 2/3 peers");
    const [ana] = find(rows, "peer").filter(({ label }) => label === "ana");
    expect(ana?.description).toBe("voter · absent since 14:02");
  });

  it("says who is at it, when that peer is there", () => {
    const [row] = find(rowsOf(open({ spread })), "spread");
    expect(row?.description).toBe("ana is applying it");
  });
});

describe("a commit that waits", () => {
  const absentSinceMs = now - 10_000;
  const roster = [...calm.roster.slice(0, 2), member("ana", { connected: false, absentSinceMs })];
  const waiting: TransactionView = {
    id: "t9",
    mine: true,
    author: "me",
    message: "New gateway",
    keys: [url],
    phase: "waiting",
    waitingFor: ["ana"],
    votes: [],
    deadlineAtMs: now + 50_000,
  };

  it("says for whom, since when, and that it goes on without an absent peer", () => {
    const rows = rowsOf(open({ roster, transactions: [waiting], policy: "detach" }));
    const [row] = find(rows, "transaction");
    expect(row?.description).toBe("mine · waiting for ana");
    expect(linesOf(row)).toEqual([
      "Waits for ana | absent since 14:59",
      "Until 15:00:20 | then it goes on without ana, who gets it on return",
      "Show Timeline | ",
      "Cancel | nothing is changed anywhere",
    ]);
    expect(row && contextOf(row)).toBe("transaction waiting mine detach");
    expect(statusOf({ roster, transactions: [waiting] })?.text).toBe("$(watch) team r42 · waiting for ana");
  });

  it("says that it is given up at its deadline where it does not go on without, and offers that it does", () => {
    const transaction = { ...waiting, deadlineAtMs: now + 3_600_000, policy: "wait" as const };
    const rows = rowsOf(open({ roster, transactions: [transaction], policy: "detach" }));
    expect(linesOf(find(rows, "transaction")[0])).toEqual([
      "Waits for ana | absent since 14:59",
      "Until 16:00 | then it is given up, and nothing is changed anywhere",
      "Go On Without ana | after 30 s of absence; applied there on return",
      "Cancel | nothing is changed anywhere",
      "Show Timeline | ",
    ]);
  });

  it("offers no cancelling of what others sent", () => {
    const rows = rowsOf(open({ roster, transactions: [{ ...waiting, mine: false, author: "zoe" }] }));
    const commands = flat(rows).map(({ command }) => command);
    expect(commands).not.toContain(spaceCommandIds.cancelCommit);
    expect(commands).toContain(spaceCommandIds.showTimeline);
  });

  it("names who reviews it, and what happens without an answer", () => {
    const transaction = { ...waiting, phase: "reviewing" as const };
    const rows = rowsOf(open({ transactions: [transaction] }));
    expect(linesOf(find(rows, "transaction")[0]).slice(0, 2)).toEqual([
      "Waits for ana | a person there looks at the change",
      "Until 15:00:50 | without an answer it is refused, and nothing is changed anywhere",
    ]);
  });
});

describe("a change that waits for this person", () => {
  const review = {
    tx: "t5",
    author: "ana",
    message: "New gateway",
    keys: [url],
    deadlineAtMs: now + 600_000,
  };

  it("says who asks, for what and until when, and can be accepted and declined", () => {
    const [row] = find(rowsOf(open({ reviews: [review] })), "review");
    expect(row && lineOf(row)).toBe("ana asks for review | API_URL · answer until 15:10");
    expect(linesOf(row)).toEqual([
      "New gateway | ",
      "API_URL | default",
      "Waits for your answer until 15:10 | without one the change is refused, and nothing is changed anywhere",
      "Compare | ",
      "Accept | ",
      "Decline… | ",
      "What Is This? | ",
    ]);
    expect(statusOf({ reviews: [review] })).toMatchObject({
      text: "$(eye) team r42 · ana asks for review",
      alarm: "warning",
    });
    expect(reviewWords(calm, { kind: "review", ...review }, now)).toBe(
      "ana wants to change API_URL in team and asks you to look at it until 15:10.",
    );
  });
});

describe("a file that cannot be replaced", () => {
  it("shows as committed and locked, with what to do", () => {
    const fileProblems = [{ code: "FILE_LOCKED" as const, message: ".env is locked.", next: "Close it." }];
    const [row] = find(rowsOf(open({ fileProblems })), "problem");
    expect(row).toMatchObject({
      label: "Committed, file locked",
      description: ".env is locked.",
      icon: "lock",
    });
    expect(row?.tooltip).toContain("Close it.");
    expect(statusOf({ fileProblems })).toMatchObject({
      text: "$(lock) team r42 · file locked",
      alarm: "warning",
    });
  });
});

describe("a revision that several authors share", () => {
  it("names them all", () => {
    const revision = {
      revision: 5,
      kind: "commit" as const,
      tx: "t",
      author: "ana",
      atMs: at1402,
      message: "New gateway",
      reverts: undefined,
      riders: [{ author: "ben", message: "Longer timeout" }],
      changes: [{ ...url, op: "set" as const }],
      members: [],
    };
    const [row] = historyRows("f", [revision], true, now);
    expect(row?.description).toBe("ana · 14:02 · with ben");
    expect(row?.tooltip).toContain("with ben: Longer timeout");
    expect(row?.children?.map(lineOf)).toEqual(["with ben | Longer timeout", "API_URL | default · set"]);
  });
});

describe("a change that was refused for want of consent", () => {
  const consents = [
    { tx: "t9", author: "ana", atMs: at1402, keys: [{ env: "default", key: "NODE_OPTIONS" }] },
  ];

  it("stays in the view with its author, its keys, why, and the way to allow it", () => {
    const [row] = find(rowsOf(open({ consents })), "consent");
    expect(row && lineOf(row)).toBe("Consent needed | NODE_OPTIONS · by ana, refused here at 14:02");
    expect(row?.expanded).toBe(true);
    expect(linesOf(row)).toEqual([
      "NODE_OPTIONS | default",
      "Such keys can make programs run other code | so others may not change them here",
      "Allow Or Keep Refusing… | once allowed, ana can commit it again",
      "Show Timeline | ",
      "What Is This? | ",
    ]);
    const actions = (row?.children ?? []).filter(({ kind }) => kind === "action");
    expect(actions.map(({ command, tx }) => [command, tx])).toEqual([
      [spaceCommandIds.allowKeys, "t9"],
      [spaceCommandIds.showTimeline, "t9"],
      [spaceCommandIds.whatIsThis, "t9"],
    ]);
  });

  it("is told by the status bar and the notice as well", () => {
    expect(statusOf({ consents })).toMatchObject({
      text: "$(shield) team r42 · ana needs consent",
      alarm: "warning",
    });
    expect(statusOf({ consents })?.tooltip).toContain(
      "ana wants to change NODE\\_OPTIONS, which needs consent here",
    );
    expect(consents.map((consent) => consentWords(calm, consent))).toEqual([
      "ana wants to change NODE_OPTIONS in team. Such keys can make programs run other code, so this folder refused. Allow others to change them here?",
    ]);
  });
});
