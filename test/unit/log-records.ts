// What the tests of stores and journals share: records that chain, and an invitation.
import type { StoredInvitation } from "../../src/commit/ports.ts";
import { type LogRecord, sealRecord } from "../../src/protocol/record.ts";

export const invitation: StoredInvitation = {
  invite: "i1",
  verifier: "v",
  wrappedKey: "w",
  expiresAt: 2_000,
  usedBy: "",
};

/** The record after `previous` (undefined: the first), with what `change` says in the place of what is usual. */
export function nextRecord(
  previous: { readonly rev: number; readonly hash: string } | undefined,
  change: Partial<LogRecord> = {},
): LogRecord {
  const rev = (previous?.rev ?? 0) + 1;
  return sealRecord({
    rev,
    prevHash: previous?.hash ?? "",
    kind: "commit",
    tx: `team:1:${rev}:x`,
    term: 1,
    epoch: 1,
    keyEpoch: 1,
    author: { peer: "p1", name: "Ana" },
    requestId: `request-${rev}`,
    items: [{ env: "default", key: "A", op: "set", expected: rev - 1, sealed: "c2VhbGVk" }],
    members: [],
    participants: ["p1"],
    message: "",
    at: 1_000 + rev,
    signature: "",
    ...change,
  });
}
