import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTeam, type Failpoint, joinTeam, Scene } from "./harness.ts";
import { releaseFolder } from "./processes.ts";

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.close());

describe("what users run", () => {
  it("does not know the variable that names failpoints", async () => {
    const bundles = (await readdir(releaseFolder)).filter((name) => name.endsWith(".js"));
    expect(bundles.sort()).toEqual(["cli.js", "coordinator.js", "extension.js"]);
    for (const name of bundles) {
      expect(await readFile(join(releaseFolder, name), "utf8")).not.toContain("ENVPACT_FAILPOINT");
    }
  });

  it.each<[Failpoint, Failpoint]>([
    ["coordinator.after-decision", "participant.after-prepared"],
    ["coordinator.before-commit-send", "participant.before-rename"],
  ])("does not die at %s or %s", async (coordinatorPoint, peerPoint) => {
    const { running, url } = await scene.coordinator([], { failpoint: coordinatorPoint, release: true });
    await createTeam(scene, url);
    const [ana, bo] = [await scene.folder("ana", { ".env": "A=1\n" }), await scene.folder("bo", {})];
    await joinTeam(scene, ana, "ana");
    await joinTeam(scene, bo, "bo");
    const agent = scene.start(["agent", "--json", "--dir", bo], { failpoint: peerPoint, release: true });
    await agent.waitForEvent("ready");
    await scene.ok(["share", "A", "--dir", ana]);
    await scene.ok(["commit", "--dir", ana]);
    await agent.waitForEvent("applied");
    expect(await scene.read(bo)).toBe("A=1\n");
    expect([await agent.stop(), await running.stop()]).toEqual([
      { code: 0, signal: null },
      { code: 0, signal: null },
    ]);
  });
});
