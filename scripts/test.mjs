// All rings, one after the other, whatever fails; ends with one plain line `N passed, N failed`.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { runStaticChecks } from "./check.mjs";
import { runStep } from "./run-step.mjs";

const results = await mkdtemp(join(tmpdir(), "envpact-test-"));
const total = { passed: 0, failed: 0 };
/** What failed, told once more at the end: a long log is often kept only in part. */
const failures = [];
const failureCharactersMax = 2_000;

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
    failures.push(...report.testResults.flatMap(failuresIn));
  } catch (error) {
    process.stdout.write(`${project}: no report (${error.message})\n`);
  }
  count(project, { passed, failed: code !== 0 ? Math.max(1, failed) : failed });
}

function failuresIn({ name, message, assertionResults }) {
  const told = (title, text) => `${relative("", name)}: ${title}\n${text.slice(0, failureCharactersMax)}`;
  const tests = assertionResults
    .filter(({ status }) => status === "failed")
    .map(({ fullName, failureMessages }) => told(fullName, failureMessages.join("\n")));
  return message ? [told("the file itself", message), ...tests] : tests;
}

async function extension() {
  const { code, output } = await runStep("node", ["scripts/test-extension.mjs"], { capture: true });
  const line = /^extension: (\d+) passed, (\d+) failed/m.exec(output);
  const failed = Number(line?.[2] ?? 0);
  const told = [
    ...output.matchAll(/^ *\d+ failing\n([\s\S]*?)(?=^(?:Test run failed|Exit code|suite )|$(?![\s\S]))/gm),
  ];
  failures.push(...told.map(([, text]) => `test/extension:\n${text.trim().slice(0, failureCharactersMax)}`));
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
for (const failure of failures) process.stdout.write(`failed: ${failure}\n\n`);
process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
