import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { parse } from "dotenv";
import { afterEach, describe, expect, it } from "vitest";
import { projectNode } from "./processes.ts";
import { StartRun } from "./start-run.ts";

const repository = resolve(import.meta.dirname, "../..");
const runs: StartRun[] = [];
afterEach(async () => {
  for (const run of runs.splice(0)) await run.dispose();
});

async function start(args: readonly string[], code?: string): Promise<StartRun> {
  const run = await StartRun.start(args, code);
  runs.push(run);
  return run;
}

async function expectNothingLeft(run: StartRun): Promise<void> {
  expect(await run.leftProcesses()).toEqual([]);
  expect(await run.leftFolders()).toEqual([]);
}

/**
 * A desktop's `code` whose windows are agents: what it does for a folder stands in `open`, with `$folder` and
 * `$envpact`, the command of the run.
 */
function desktop(open: string, version = "1.106.0"): string {
  return `#!/bin/sh
if [ "$1" = --version ]; then printf '${version}\\nabcdef\\nx64\\n'; exit 0; fi
for folder; do :; done
envpact="$(dirname "$folder")/envpact"
printf '%s\\n' "$@" > "$folder.arguments"
${open}
`;
}
const takePart = `nohup "$envpact" agent --dir "$folder" > /dev/null 2>&1 &`;

describe("npm start -- --once", () => {
  it("performs a commit and a refused one, shows the lines, and leaves nothing behind", async () => {
    const run = await start(["--once", "--editor", "none"]);
    expect(await run.ended(), run.output).toBe(0);
    const [before, after] = ["v1", "v2"].map((version) => [
      `web/.env:6      API_URL="https://api.example.test/${version}" # ends without a slash`,
      `api/.env:4      export API_URL='https://api.example.test/${version}'`,
      `worker/.env:6   API_URL=https://api.example.test/${version}`,
    ]);
    for (const line of [...(before ?? []), ...(after ?? [])]) expect(run.output).toContain(line);
    expect(run.output).toMatch(/worker: no, .*LOG_LEVEL was changed locally/);
    expect(run.output).toContain("All of it was true.");
    expect(run.output).not.toContain("✗");
    await expectNothingLeft(run);
  });

  it("opens two windows of the desktop's code where there is one, and they take part", async () => {
    const run = await start(
      ["--once"],
      desktop(`${takePart}\ncp "$folder.arguments" "$XDG_RUNTIME_DIR/$(basename "$folder")"`),
    );
    expect(await run.ended(), run.output).toBe(0);
    expect(run.output).toContain("VS Code on web and api: two windows of");
    expect(run.output).toContain("both windows take part");
    for (const name of ["web", "api"]) {
      const given = await readFile(join(run.machine, "run", name), "utf8");
      expect(given).toMatch(/^--extensionDevelopmentPath=.+envpact/m);
      expect(given).toMatch(new RegExp(`^--user-data-dir=.*/${name}$`, "m"));
      expect(given).toMatch(/^--disable-workspace-trust$/m);
    }
    await expectNothingLeft(run);
  });

  it("ends with 1 when something was not true", async () => {
    const run = await start(["--once"], desktop(`${takePart}\nprintf '# touched\\n' >> "$folder/.env"`));
    expect(await run.ended(), run.output).toBe(1);
    expect(run.output).toContain("✗ sharing changed no byte of the files");
    expect(run.output).toContain("Not all of it was true.");
    await expectNothingLeft(run);
  });

  it("says why VS Code cannot be opened on the desktop", async () => {
    const old = await start(["--once", "--editor", "desktop"], desktop("exit 1", "1.99.3"));
    expect(await old.ended()).toBe(1);
    expect(old.output).toMatch(/cannot be opened on the desktop: .* is 1\.99\.3, and 1\.106 is needed/);
    await expectNothingLeft(old);
    const none = await start(["--once", "--editor", "desktop"]);
    expect(await none.ended()).toBe(1);
    expect(none.output).toContain("there is no display");
    await expectNothingLeft(none);
  });

  it("explains itself for arguments that it does not know", async () => {
    const run = await start(["--twice"]);
    expect(await run.ended()).toBe(2);
    expect(run.output).toContain("npm start -- [--once]");
  });
});

describe("npm start", () => {
  it("stays up, its commands can be pasted, and SIGTERM ends everything with 0", async () => {
    const run = await start(["--editor", "none"]);
    const root = await run.root();
    await run.waitFor(/envpact status --dir \S+/);
    const commands = [...run.output.matchAll(/^ +(\/\S+\/envpact .+)$/gm)].map(
      ([, command]) => command ?? "",
    );
    expect(commands.length).toBeGreaterThanOrEqual(4);
    const said = [];
    for (const command of commands) said.push((await promisify(execFile)("sh", ["-ec", command])).stdout);
    expect(said.join("")).toMatch(/Committed revision \d+/);
    for (const name of ["web", "api", "worker"]) {
      expect(parse(await readFile(join(root, name, ".env"), "utf8")).LOG_LEVEL).toBe("warn");
    }
    run.signal("SIGTERM");
    expect(await run.ended()).toBe(0);
    await expectNothingLeft(run);
  });

  it("ends everything when it is interrupted before it is through", async () => {
    const run = await start(["--editor", "none"]);
    await run.waitFor(/coordinator on/);
    run.signal("SIGINT");
    expect(await run.ended()).toBe(130);
    await expectNothingLeft(run);
  });

  it.runIf(process.platform === "linux")("leaves no process when it is killed", async () => {
    const run = await start(["--editor", "none"]);
    await run.waitFor(/Ctrl\+C/);
    expect((await run.leftProcesses()).length).toBeGreaterThan(3);
    run.signal("SIGKILL");
    await run.nothingLives();
  });
});

it("says what to do under a Node that is too old, or without the dependencies", async () => {
  const script = join(repository, "scripts", "start.mjs");
  const older = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.1.0" } });`;
  const url = `data:text/javascript,${encodeURIComponent(older)}`;
  const run = promisify(execFile)(projectNode, ["--import", url, script]);
  await expect(run).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/Node 20\.1\.0[\s\S]*npm ci/),
  });
});
