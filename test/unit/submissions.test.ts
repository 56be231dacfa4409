import { describe, expect, it } from "vitest";
import { Submissions } from "../../src/peer/submissions.ts";
import { Traces } from "../../src/peer/traces.ts";
import type { ClientMessage } from "../../src/protocol/messages.ts";
import { type LogRecord, sealRecord } from "../../src/protocol/record.ts";

const idle = { dispose: () => undefined };

const item = { env: "default", key: "API_KEY", op: "delete", expected: 1 } as const;

function submissionsOver(send: (message: ClientMessage) => boolean): Submissions {
  const ports = {
    now: () => 0,
    at: () => idle,
    token: () => "request-1",
    log: () => undefined,
  };
  const noted = { traces: new Traces(ports), name: "ana" };
  return new Submissions(ports, send, () => undefined, noted);
}

/** The author's side with a link that takes everything, and the request that it sends. */
function author() {
  const sent: ClientMessage[] = [];
  const submissions = submissionsOver((message) => sent.push(message) > 0);
  const answer = submissions.submit([item], { message: "" });
  return { submissions, answer };
}

function recordOf(more: Partial<LogRecord>): LogRecord {
  return sealRecord({
    rev: 8,
    prevHash: "",
    kind: "commit",
    tx: "tx-8",
    term: 1,
    epoch: 1,
    keyEpoch: 1,
    author: { peer: "ana", name: "ana" },
    requestId: "request-1",
    items: [],
    members: [],
    participants: ["ana"],
    message: "",
    at: 0,
    signature: "",
    ...more,
  });
}

describe("the author is told", () => {
  it("who was left behind, whether the answer or the record comes first", async () => {
    const byAnswer = author();
    const answer = { t: "answer", requestId: "request-1", outcome: "committed", rev: 8 } as const;
    byAnswer.submissions.receive({ ...answer, detached: ["cleo"] });
    const byRecord = author();
    byRecord.submissions.committed(recordOf({ detached: ["cleo"] }));
    expect(await byRecord.answer).toEqual({ outcome: "committed", revision: 8, detached: ["cleo"] });
    expect(await byRecord.answer).toEqual(await byAnswer.answer);
  });

  it("nothing by the record of somebody else's request", async () => {
    const { submissions, answer } = author();
    submissions.committed(recordOf({ requestId: "request-2", detached: ["cleo"] }));
    submissions.committed(recordOf({ rev: 9 }));
    expect(await answer).toEqual({ outcome: "committed", revision: 9, detached: [] });
  });
});

describe("what cannot be sent", () => {
  const problem = { code: "VERSION_MISMATCH", message: "It speaks version 99.", next: "Update." } as const;
  const told = { problem: { ...problem, message: "Nothing was sent. It speaks version 99." } };

  it("is refused with the coordinator's reason once that is final, and so is what comes later", async () => {
    const submissions = submissionsOver(() => false);
    const waiting = submissions.submit([item], { message: "" });
    submissions.lost({ code: "UNREACHABLE", message: "Nobody answers.", next: "Wait." }, false);
    submissions.lost(problem, true);
    await expect(waiting).rejects.toMatchObject(told);
    await expect(submissions.submit([item], { message: "" })).rejects.toMatchObject(told);
    expect(submissions.view("ana")).toEqual([]);
  });

  it("waits while the coordinator may come back, and says at the end why it did not", async () => {
    const submissions = submissionsOver(() => false);
    submissions.lost({ ...problem, code: "DATA_DAMAGED" }, false);
    const waiting = submissions.submit([item], { message: "" });
    expect(submissions.view("ana")).toHaveLength(1);
    submissions.close();
    await expect(waiting).rejects.toMatchObject({ problem: { ...told.problem, code: "DATA_DAMAGED" } });
  });

  it("says nothing of what was sent before: its outcome is unknown", async () => {
    const { submissions, answer } = author();
    submissions.lost(problem, true);
    expect(submissions.view("ana")).toMatchObject([{ phase: "unknown" }]);
    submissions.close();
    expect(await answer).toEqual({ outcome: "unknown", tx: "request-1" });
  });
});
