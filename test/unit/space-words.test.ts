import { describe, expect, it } from "vitest";
import { environmentNameOf, mappingText, parseMapping } from "../../src/extension/commands/spaceMapping.ts";
import { outcomeWords, ProgressWords } from "../../src/extension/commands/spaceOutcome.ts";
import { type AppliedEvent, appliedWords } from "../../src/extension/services/peerNoticeWords.ts";
import { comparisonText } from "../../src/extension/views/historyComparison.ts";
import { historyRows } from "../../src/extension/views/historyRows.ts";
import { counted, keyNames, timeWord } from "../../src/extension/views/spaceWords.ts";

const url = { env: "default", key: "API_URL" };
const token = { env: "staging", key: "TOKEN" };

describe("words about keys", () => {
  it("names a few keys and counts the rest", () => {
    const keys = ["A", "B", "C", "D", "E", "F"].map((key) => ({ env: "default", key }));
    expect(keyNames(keys)).toBe("A, B, C, D and 2 more keys");
    expect(keyNames([url, token])).toBe("API_URL, TOKEN (staging)");
  });

  it("counts in singular and plural", () => {
    expect([counted(0, "key"), counted(1, "key"), counted(2, "key")]).toEqual(["0 keys", "1 key", "2 keys"]);
  });

  it("says the time alone for today and the date with it for another day", () => {
    const at = new Date(2026, 4, 3, 14, 2).getTime();
    expect(timeWord(at, new Date(2026, 4, 3, 23, 59).getTime())).toBe("14:02");
    expect(timeWord(at, new Date(2026, 4, 4, 0, 1).getTime())).toBe("2026-05-03 14:02");
  });
});

describe("the notice of what others changed", () => {
  const applied = (
    author: string,
    revision: number,
    keys: AppliedEvent["keys"],
    message = "",
  ): AppliedEvent => ({
    kind: "applied",
    revision,
    author,
    mine: false,
    message,
    keys,
  });

  it("says who changed which keys, in which revision and why", () => {
    expect(appliedWords([applied("ana", 42, [url], "New gateway")])).toBe(
      "ana changed API_URL (r42): New gateway",
    );
  });

  it("joins the revisions of one author and names a key once", () => {
    const text = appliedWords([
      applied("ana", 42, [url]),
      applied("ana", 44, [url, token]),
      applied("bob", 43, [token]),
    ]);
    expect(text).toBe(
      "ana changed API_URL, TOKEN (staging) (r42 to r44) · bob changed TOKEN (staging) (r43)",
    );
  });
});

describe("the words of a commit", () => {
  const roster = ["me", "ana", "bob", "server"].map((name) => ({
    peer: name,
    name,
    self: name === "me",
    role: name === "server" ? ("observer" as const) : ("voter" as const),
    state: name === "server" ? ("observer" as const) : ("voter" as const),
    connected: true,
    absentSinceMs: undefined,
    appliedRevision: 1,
    drift: 0,
  }));

  it("tells each vote as it comes, of how many voters", () => {
    const words = new ProgressWords({ roster, connection: "connected" });
    expect(words.first).toBe("sending…");
    expect(new ProgressWords({ roster, connection: "offline" }).first).toBe(
      "waiting for the coordinator, nothing is sent yet…",
    );
    const vote = (peer: string, answer: "yes" | "no", reason?: string) =>
      words.after({ kind: "vote", tx: "t", peer, vote: answer, code: undefined, reason });
    expect(
      words.after({
        kind: "phase",
        phase: "preparing",
        tx: "t",
        peers: ["ana", "bob"],
        deadlineAtMs: undefined,
      }),
    ).toBe("asking ana, bob…");
    expect(vote("me", "yes")).toBe("1 of 3 votes. me: yes");
    expect(vote("ana", "no", ".env: API_URL was changed locally and not committed")).toBe(
      "2 of 3 votes. me: yes, ana: no (.env: API_URL was changed locally and not committed)",
    );
  });

  it("says that nothing changed after a refusal, and who refused what", () => {
    const reason = "ana refused: .env: API_URL was changed locally and not committed";
    expect(outcomeWords({ outcome: "aborted", code: "DRIFT", reason, conflicts: [] }, [url])).toBe(
      `Not committed, and nothing was changed anywhere: ${reason}.`,
    );
  });

  it("names who was away at a commit", () => {
    expect(outcomeWords({ outcome: "committed", revision: 7, detached: ["bob"] }, [url])).toBe(
      "Committed r7: API_URL. bob was away and gets it on return.",
    );
  });

  it("never calls an unknown outcome a failure", () => {
    expect(outcomeWords({ outcome: "unknown", tx: "t" }, [url])).toContain("unknown; checking");
  });
});

describe("which file is which environment", () => {
  it.each([
    [".env", "default"],
    [".env.production", "production"],
    [".env.production.local", "production.local"],
    ["packages/api/.env", "packages.api"],
    ["api/.env.test", "api.test"],
  ])("%s is %s", (path, name) => {
    expect(environmentNameOf(path)).toBe(name);
  });

  it("reads back what it writes", () => {
    const mapping = { default: ".env", staging: "deploy/.env.staging" };
    expect(parseMapping(mappingText(mapping))).toEqual({ ok: true, value: mapping });
  });

  it.each([
    ["", "at least one"],
    ["default", "NAME=FILE"],
    ["=.env", "no name"],
    ["default=", "NAME=FILE"],
    ["a=.env, a=.env.b", "twice"],
    ["a=.env, b=.env", "twice"],
    ["a=../.env", "not inside"],
    ["a=/etc/environment", "not inside"],
    ["a=C:/x/.env", "not inside"],
  ])("refuses %j with a reason", (text, reason) => {
    const result = parseMapping(text);
    expect(result.ok ? "" : result.error).toContain(reason);
  });
});

describe("a comparison", () => {
  const canary = "canary-5e1f";
  const changes = [
    { ...url, op: "set" as const, before: `${canary}-old`, after: `${canary}-new` },
    { ...token, op: "set" as const, before: undefined, after: canary },
    { env: "default", key: "SAME", op: "set" as const, before: canary, after: canary },
  ];

  const subject = { space: "team", before: "the space now", after: "after the revert", changes };

  it("is masked, and still tells which keys change, appear and stay", () => {
    const before = comparisonText(subject, "before", false).split("\n");
    const after = comparisonText(subject, "after", false).split("\n");
    expect(before.join("\n") + after.join("\n")).not.toContain(canary);
    const differs = (key: string) =>
      before.find((line) => line.includes(key)) !== after.find((line) => line.includes(key));
    expect(["API_URL", "TOKEN", "SAME"].map(differs)).toEqual([true, true, false]);
    expect(before.find((line) => line.includes("TOKEN"))).toContain("not there");
  });

  it("shows the values of its own side once revealed", () => {
    expect(comparisonText(subject, "before", true)).toContain(`${canary}-old`);
    expect(comparisonText(subject, "before", true)).not.toContain(`${canary}-new`);
    expect(comparisonText(subject, "after", true)).toContain(`${canary}-new`);
  });
});

describe("the rows of the history", () => {
  const commit = {
    revision: 9,
    kind: "commit" as const,
    tx: "s:1:9:x",
    author: "ana",
    atMs: 0,
    message: "New gateway",
    reverts: 4,
    riders: [],
    changes: [{ ...url, op: "set" as const }],
    members: [],
  };

  it("show message, author and what was reverted, and open to keys that can be acted on", () => {
    const [row] = historyRows("folder", [commit], true, 0);
    expect(row?.label).toBe("r9 New gateway");
    expect(row?.description).toContain("ana");
    expect(row?.description).toContain("reverts r4");
    expect(row?.children?.map(({ label, revision, ref }) => ({ label, revision, ref }))).toEqual([
      { label: "API_URL", revision: 9, ref: url },
    ]);
  });

  it("say who joined where there are no keys", () => {
    const joined = {
      ...commit,
      kind: "membership" as const,
      message: "",
      changes: [],
      reverts: undefined,
      members: [{ name: "bob", state: "voter" as const, reason: "joined" }],
    };
    const [row] = historyRows("folder", [joined], true, 0);
    expect(row?.label).toBe("r9 bob: joined");
    expect(row?.words).toEqual(["membership"]);
  });

  it("offer more only when there is more", () => {
    expect(historyRows("folder", [commit], true, 0).map(({ kind }) => kind)).toEqual(["revision"]);
    expect(historyRows("folder", [commit], false, 0).map(({ kind }) => kind)).toEqual(["revision", "more"]);
  });
});
