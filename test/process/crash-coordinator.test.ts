import { afterAll, describe, it } from "vitest";
import { type Crash, CrashRigs, crashName } from "./crash-rig.ts";
import type { Failpoint } from "./harness.ts";

const rigs = new CrashRigs();
afterAll(() => rigs.close());

const sends = ["welcome", "prepare", "voted", "commit", "answer", "roster"];
const changes: readonly Crash[] = [
  ...["decision", ...sends.map((name) => `${name}-send`)].flatMap((name) => [
    { victim: "coordinator" as const, point: `coordinator.before-${name}` as const },
    { victim: "coordinator" as const, point: `coordinator.after-${name}` as const },
  ]),
  // The second voter's message: the first has its own.
  { victim: "coordinator", point: "coordinator.before-prepare-send:2" },
  { victim: "coordinator", point: "coordinator.before-commit-send:2" },
  { victim: "coordinator", point: "coordinator.after-decision", again: "coordinator.before-term" },
  { victim: "coordinator", point: "coordinator.after-decision", again: "coordinator.after-welcome-send" },
  { victim: "coordinator", point: "coordinator.before-decision", again: "coordinator.before-outcome-send" },
  { victim: "coordinator", point: "coordinator.after-commit-send", again: "coordinator.before-welcome-send" },
  { victim: "coordinator", point: "coordinator.before-abort-send", during: "refusal" },
  { victim: "coordinator", point: "coordinator.after-abort-send", during: "refusal" },
  { victim: "coordinator", point: "coordinator.before-answer-send", during: "refusal" },
];

describe("SIGKILL of the coordinator during a commit leaves one outcome, told truly and held by all", () => {
  it.each(changes.map((crash) => [crashName(crash), crash] as const))("%s", (_name, crash) =>
    rigs.use((rig) => rig.crash(crash)),
  );
});

describe("SIGKILL of the coordinator while a folder joins leaves the invitation good", () => {
  const points: readonly Failpoint[] = [
    "coordinator.before-membership",
    "coordinator.after-membership",
    "coordinator.before-membership:2",
    "coordinator.after-membership:2",
  ];
  it.each(points)("%s", (point) => rigs.use((rig) => rig.crashJoin(point)));
});

describe("SIGKILL of the coordinator at its start costs nothing", () => {
  it.each<Failpoint>(["coordinator.before-term", "coordinator.after-term"])("%s", (point) =>
    rigs.use((rig) => rig.crashStart(point)),
  );
});
