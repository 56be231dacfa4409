import { afterAll, describe, it } from "vitest";
import { type Crash, CrashRigs, crashName } from "./crash-rig.ts";
import type { Failpoint } from "./harness.ts";

const rigs = new CrashRigs();
afterAll(() => rigs.close());

/** Both sides of an effect of a participant; `time`: the k-th one. */
function around(name: string, time = ""): readonly Failpoint[] {
  return [`participant.before-${name}${time}`, `participant.after-${name}${time}`];
}

function crashes(
  victim: "ana" | "bo",
  points: readonly Failpoint[],
  during: NonNullable<Crash["during"]> = "change",
): Crash[] {
  return points.map((point) => ({ victim, point, during }));
}

/** A commit of two files, from PREPARE to APPLIED. The author's own agent votes too, and dies at fewer points. */
const changes: readonly Crash[] = [
  ...crashes("bo", [
    ...around("stage"),
    ...around("fill"),
    ...around("fill", ":2"),
    ...around("prepared"),
    ...around("vote"),
    ...around("committed"),
    ...around("apply"),
    ...around("rename"),
    "participant.after-folder-sync",
    ...around("rename", ":2"),
    "participant.after-folder-sync:2",
    ...around("applied"),
    ...around("applied-send"),
  ]),
  ...crashes("ana", [
    "participant.after-prepared",
    "participant.after-vote",
    "participant.after-committed",
    "participant.before-applied",
  ]),
];

/** The process that comes back dies as well, in the middle of what it does again. */
const twice: readonly Crash[] = [
  { victim: "bo", point: "participant.after-vote", again: "participant.before-hello-send" },
  { victim: "bo", point: "participant.after-vote", again: "participant.before-committed" },
  { victim: "bo", point: "participant.after-vote", again: "participant.after-rename" },
  { victim: "bo", point: "participant.after-committed", again: "participant.after-rename:2" },
  { victim: "bo", point: "participant.after-rename", again: "participant.after-rename" },
  { victim: "bo", point: "participant.after-rename:2", again: "participant.before-applied" },
];

const others: readonly Crash[] = [
  // A promise whose transaction died with the coordinator: what was staged goes.
  ...[...around("aborted"), ...around("discard")].map((later) => ({
    victim: "coordinator" as const,
    point: "coordinator.before-decision" as const,
    later,
  })),
  ...crashes("bo", around("vote-send"), "refusal"),
  ...crashes("ana", around("discard"), "refusal"),
  ...crashes("bo", [...around("superseded"), "participant.after-rename"], "new key"),
  ...crashes("bo", around("link"), "new file"),
];

describe.each([
  [
    "SIGKILL of a peer during a commit leaves one outcome, and files that are the old or the new, whole",
    changes,
  ],
  ["SIGKILL of a peer twice: what is done again can be cut off as well", twice],
  ["SIGKILL of a peer during a refusal, or when files and values are replaced for the first time", others],
])("%s", (_what, table) => {
  it.each(table.map((crash) => [crashName(crash), crash] as const))("%s", (_name, crash) =>
    rigs.use((rig) => rig.crash(crash)),
  );
});

describe("SIGKILL of a commit without an agent leaves one outcome, and the agent that comes goes on", () => {
  const names = ["stage", "prepared", "vote", "committed", "applied"];
  it.each(names.flatMap((name) => around(name)))("%s", (point) => rigs.use((rig) => rig.crashAuthor(point)));
});
