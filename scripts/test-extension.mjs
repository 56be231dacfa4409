// Runs the tests that need VS Code's API, one start of VS Code a suite, through @vscode/test-electron.
// ENVPACT_VSCODE=desktop downloads a desktop VS Code; otherwise the browser host of test/host stands in for it.
// ENVPACT_GREP=text runs only tests with that text; arguments name suites to run (default: every suite with tests).
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, delimiter, join, resolve } from "node:path";
import { runTests } from "@vscode/test-electron";
import * as esbuild from "esbuild";
import { ensureChromium, ensureCodeServer, repositoryRoot } from "../test/host/install.ts";
import { endProcessesWith } from "../test/host/processes.ts";
import { quietSettings } from "../test/host/server.ts";

const outFolder = join(repositoryRoot, "out", "test");
const desktop = process.env.ENVPACT_VSCODE === "desktop";

/**
 * A suite is one start of VS Code: what is opened (a function of a fresh folder, giving the path or nothing), and
 * the folder under test/extension with its `*.test.ts`.
 */
const suites = [
  { name: "single", tests: "test/extension", open: singleFolder },
  { name: "no-folder", tests: "test/extension/no-folder", open: async () => undefined },
  { name: "multi-root", tests: "test/extension/multi-root", open: multiRoot },
  // runTests of a desktop always switches Workspace Trust off, so only the browser host can be untrusted.
  { name: "untrusted", tests: "test/extension/untrusted", open: singleFolder, untrusted: true },
];

const asked = process.argv.slice(2);
for (const name of asked) {
  if (!suites.some((suite) => suite.name === name)) throw new Error(`There is no suite "${name}".`);
}
if (!desktop) {
  await ensureCodeServer();
  await ensureChromium();
}
await rm(outFolder, { recursive: true, force: true });
const total = { passed: 0, failed: 0 };
for (const suite of suites) {
  if (asked.length > 0 && !asked.includes(suite.name)) continue;
  const files = await bundle(suite);
  if (files.length === 0) continue;
  if (suite.untrusted && desktop) {
    console.log(`suite ${suite.name}: left out on a desktop VS Code`);
    continue;
  }
  const counts = await runSuite(suite, files);
  total.passed += counts.passed;
  total.failed += counts.failed;
}
console.log(`extension: ${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;

async function bundle(suite) {
  const entryPoints = await testFiles(suite.tests);
  if (entryPoints.length === 0) return [];
  const outdir = join(outFolder, suite.name);
  const shared = {
    bundle: true,
    platform: "node",
    target: "node22",
    format: "cjs",
    sourcemap: "inline",
    external: ["vscode", "mocha"],
    logLevel: "warning",
  };
  await esbuild.build({ ...shared, entryPoints: ["test/extension/index.ts"], outdir: outFolder });
  await esbuild.build({ ...shared, entryPoints, outdir });
  return entryPoints.map((file) => join(outdir, basename(file).replace(/\.ts$/, ".js")));
}

async function testFiles(folder) {
  const { glob } = await import("node:fs/promises");
  const found = await Array.fromAsync(glob("*.test.ts", { cwd: join(repositoryRoot, folder) }));
  return found.sort().map((name) => join(repositoryRoot, folder, name));
}

async function runSuite(suite, files) {
  console.log(`suite ${suite.name}`);
  const home = await mkdtemp(join(tmpdir(), "envpact-ext-"));
  const result = join(home, "result.json");
  const environment = {
    ENVPACT_HOME: join(home, "state"),
    ENVPACT_TEST_FILES: files.join(delimiter),
    ENVPACT_TEST_RESULT: result,
    ...(suite.untrusted ? { ENVPACT_HOST_UNTRUSTED: "1" } : {}),
  };
  const userData = join(home, "user");
  await mkdir(join(userData, "User"), { recursive: true });
  await writeFile(join(userData, "User", "settings.json"), JSON.stringify(quietSettings));
  try {
    const target = await suite.open(join(home, "workspace"));
    const folders = [`--user-data-dir=${userData}`, `--extensions-dir=${join(home, "extensions")}`];
    await runTests({
      ...(desktop ? {} : { vscodeExecutablePath: join(repositoryRoot, "test", "host", "vscode-launcher") }),
      extensionDevelopmentPath: repositoryRoot,
      extensionTestsPath: join(outFolder, "index.js"),
      launchArgs: [...(target ? [target] : []), ...folders],
      extensionTestsEnv: environment,
    });
    return JSON.parse(await readFile(result, "utf8"));
  } catch (error) {
    return await countsAfter(error, result);
  } finally {
    await endProcessesWith("ENVPACT_HOME", environment.ENVPACT_HOME);
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A run that failed before it could count, or outside its tests, still counts as one failure. */
async function countsAfter(error, result) {
  console.error(error instanceof Error ? error.message : error);
  const counts = await readFile(result, "utf8").then(JSON.parse, () => ({ passed: 0, failed: 0 }));
  return { ...counts, failed: Math.max(1, counts.failed) };
}

async function singleFolder(folder) {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, ".env"), "GREETING=hello\n");
  return folder;
}

async function multiRoot(folder) {
  await singleFolder(join(folder, "api"));
  await singleFolder(join(folder, "web"));
  const file = resolve(folder, "both.code-workspace");
  await writeFile(file, JSON.stringify({ folders: [{ path: "api" }, { path: "web" }] }));
  return file;
}
