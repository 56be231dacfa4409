import { execFile } from "node:child_process";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { endProcessesWith } from "../host/processes.ts";
import { example, readme } from "../unit/readme-blocks.ts";
import { Scene } from "./harness.ts";
import { projectNode } from "./processes.ts";

const repository = resolve(import.meta.dirname, "../..");
const mark = "end of step";
let scene: Scene;
let env: NodeJS.ProcessEnv;
beforeEach(async () => {
  scene = await Scene.open();
  const bin = join(scene.root, "bin");
  await mkdir(bin);
  const command = `#!/bin/sh\nexec '${projectNode}' '${join(repository, "dist", "cli.js")}' "$@"\n`;
  await writeFile(join(bin, "envpact"), command);
  await chmod(join(bin, "envpact"), 0o755);
  env = scene.environment({ PATH: bin + delimiter + process.env.PATH });
});
afterEach(async () => {
  await endProcessesWith("ENVPACT_HOME", String(env.ENVPACT_HOME));
  await scene.close();
});

describe("The README's worked example", () => {
  it("runs as it stands there and prints what the README shows", async () => {
    const folder = await scene.folder("example", {});
    const script = example.map((step) => `${step.script}echo "${mark}"\n`).join("");
    const shell = promisify(execFile)("sh", ["-eu", "-c", script], { cwd: folder, env, timeout: 90_000 });
    const { stdout } = await shell;
    const printed = stdout.split(`${mark}\n`);
    expect(printed.length).toBe(example.length + 1);
    for (const [index, { script: run, output }] of example.entries()) {
      if (output !== undefined) expect(comparable(printed[index] ?? ""), run).toBe(comparable(output));
    }
    const last = printed[example.length - 1] ?? "";
    expect(last).toContain("https://api.example.test/v2\n");
    expect(last).toContain("Version 3");
    expect(last).toContain("web left shop. The files stay.");
    expect(await readFile(join(folder, "web", ".env"), "utf8")).toContain('/v2" # no slash\n');
  });
});

describe("The README's table of commands", () => {
  it("names every command that there is, and no other", async () => {
    const help = await promisify(execFile)("envpact", ["--help"], { env });
    const [, section = ""] = help.stdout.split("Commands:\n");
    const there = [...section.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name);
    const rows = readme.match(/^\| `envpact .+$/gm) ?? [];
    const listed = rows.flatMap((row) =>
      [...(row.split("|")[1] ?? "").matchAll(/`envpact ([a-z]+)/g)].map(([, name]) => name),
    );
    expect([...new Set(listed)].sort()).toEqual(there.filter((name) => name !== "help").sort());
  });
});

/** What a step prints, apart from chance: votes come in any order, and a no may overtake a yes. */
function comparable(text: string): string {
  const lines = text.split("\n");
  const votes = lines.filter((line) => /^\w+: (yes$|no,)/.test(line));
  const shown = text.includes("Aborted") ? votes.filter((vote) => !vote.endsWith(": yes")) : votes;
  return [...lines.filter((line) => !votes.includes(line)), ...shown.sort()].join("\n");
}
