import { describe, expect, it } from "vitest";
import { Submissions } from "../../src/peer/submissions.ts";
import { Traces } from "../../src/peer/traces.ts";
import type { ClientMessage } from "../../src/protocol/messages.ts";
import { type LogRecord, sealRecord } from "../../src/protocol/record.ts";

const idle = { dispose: () => undefined };

/** The author's side with a link that takes everything, and the request that it sends. */
function author() {
  const sent: ClientMessage[] = [];
  const ports = {
    now: () => 0,
    at: () => idle,
    token: () => "request-1",
    log: () => undefined,
  };
  const submissions = new Submissions(
    ports,
    (message) => sent.push(message) > 0,
    () => undefined,
    { traces: new Traces(ports), name: "ana" },
  );
  const item = { env: "default", key: "API_KEY", op: "delete", expected: 1 } as const;
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
