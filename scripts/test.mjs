// All rings, one after the other, whatever fails; ends with one plain line `N passed, N failed`.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runStaticChecks } from "./check.mjs";
import { runStep } from "./run-step.mjs";

const results = await mkdtemp(join(tmpdir(), "envpact-test-"));
const total = { passed: 0, failed: 0 };

function count(name, { passed, failed }) {
  process.stdout.write(`\n${name}: ${passed} passed, ${failed} failed\n\n`);
  total.passed += passed;
  total.failed += failed;
}

/** A ring that ended badly without a failed test (it did not start, or a process leaked) is one failure. */
async function vitest(project) {
  const file = join(results, `${project}.json`);
  const args = [
    "run",
    "--project",
    project,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${file}`,
  ];
  const { code } = await runStep("vitest", args);
  let passed = 0;
  let failed = 0;
  try {
    const report = JSON.parse(await readFile(file, "utf8"));
    passed = report.numPassedTests;
    failed = report.numFailedTests;
  } catch (error) {
    process.stdout.write(`${project}: no report (${error.message})\n`);
  }
  count(project, { passed, failed: code !== 0 ? Math.max(1, failed) : failed });
}

async function extension() {
  const { code, output } = await runStep("node", ["scripts/test-extension.mjs"], { capture: true });
  const line = /^extension: (\d+) passed, (\d+) failed/m.exec(output);
  const failed = Number(line?.[2] ?? 0);
  count("extension", { passed: Number(line?.[1] ?? 0), failed: code !== 0 ? Math.max(1, failed) : failed });
}

async function step(name, args) {
  const { code } = await runStep("node", args);
  count(name, { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 });
}

try {
  await step("build", ["scripts/build.mjs"]);
  count("checks", await runStaticChecks());
  await vitest("unit");
  await vitest("process");
  await extension();
  await step("package", ["scripts/package.mjs"]);
  await vitest("ui");
} finally {
  await rm(results, { recursive: true, force: true });
}
process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
