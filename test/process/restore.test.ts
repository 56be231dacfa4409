import { afterEach, beforeEach, expect, it } from "vitest";
import { allApplied, Scene, shareAndCommit, startTeam } from "./harness.ts";

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.close());

it("A local value that a first commit replaced is kept, named, and can be had back as a change", async () => {
  const team = await startTeam(scene, { ana: "API_KEY=one\n", bo: "# mine\nAPI_KEY=canary-bo\n" });
  const [ana, bo] = team.peers;
  if (!ana || !bo) throw new Error("There are two.");
  const committed = (await shareAndCommit(scene, ana.folder, "API_KEY")).lines.at(-1);
  await allApplied(team.peers, Number(committed?.revision));
  expect(await scene.read(bo.folder)).toBe("# mine\nAPI_KEY=one\n");

  const listed = await scene.json(["restore", "--dir", bo.folder]);
  expect(listed.lines).toEqual([{ env: "default", key: "API_KEY", revision: committed?.revision }]);
  expect((await scene.json(["restore", "API_KEY", "--dir", bo.folder])).lines).toEqual([
    { env: "default", restored: ["API_KEY"] },
  ]);
  expect(await scene.read(bo.folder)).toBe("# mine\nAPI_KEY=canary-bo\n");
  const { lines } = await scene.json(["status", "--dir", bo.folder]);
  expect(lines[0]?.drift).toEqual([{ env: "default", key: "API_KEY", kind: "changed" }]);
  const missing = await scene.json(["restore", "OTHER", "--dir", bo.folder]);
  expect(missing.lines[0]).toMatchObject({ error: { code: "KEY_NOT_FOUND" } });
});
