// The entry that VS Code calls inside its extension host (`--extensionTestsPath`): runs the bundled test files
// that scripts/test-extension.mjs names in the environment.
import { writeFile } from "node:fs/promises";
import { delimiter } from "node:path";
import { format } from "node:util";
import Mocha from "mocha";

const testMillisecondsMax = 90_000;

/**
 * Runs the tests of one suite.
 *
 * Reads `ENVPACT_TEST_FILES` (absolute paths of bundles), `ENVPACT_GREP` (only tests with that text),
 * `ENVPACT_TEST_RESULT` (a file that gets `{"passed": n, "failed": n}`) and `ENVPACT_TEST_MARK` (stands before
 * every line that is the tests' own, for a host whose log carries other lines too).
 * @throws when a test failed or none was run: VS Code then ends with code 1
 */
export async function run(): Promise<void> {
  process.setSourceMapsEnabled(true);
  const { ENVPACT_TEST_FILES = "", ENVPACT_GREP, ENVPACT_TEST_RESULT, ENVPACT_TEST_MARK } = process.env;
  if (ENVPACT_TEST_MARK) Mocha.reporters.Base.consoleLog = markedLog(ENVPACT_TEST_MARK);
  passOverBrokenPipesOfOthers();
  const mocha = new Mocha({
    ui: "bdd",
    reporter: "spec",
    color: false,
    timeout: testMillisecondsMax,
    forbidOnly: process.env.CI !== undefined,
    ...(ENVPACT_GREP ? { fgrep: ENVPACT_GREP } : {}),
  });
  for (const file of ENVPACT_TEST_FILES.split(delimiter)) if (file) mocha.addFile(file);
  const counts = await runAll(mocha);
  if (ENVPACT_TEST_RESULT) await writeFile(ENVPACT_TEST_RESULT, JSON.stringify(counts));
  if (counts.failed > 0) throw new Error(`${counts.failed} extension tests failed.`);
  if (counts.passed === 0 && !ENVPACT_GREP) throw new Error("No extension test was run.");
}

/**
 * VS Code's git extension leaves a broken pipe uncaught when a repository goes while it asks git. It shares the
 * process, so mocha would charge that to whichever test runs. One that comes by way of our bundles still counts.
 */
function passOverBrokenPipesOfOthers(): void {
  const runner = Mocha.Runner.prototype as unknown as { _uncaught(error: unknown): void };
  const uncaught = runner._uncaught;
  runner._uncaught = function (error) {
    const isPipe = error instanceof Error && (error as NodeJS.ErrnoException).code === "EPIPE";
    if (isPipe && !/envpact|[\\/]out[\\/]test[\\/]/.test(error.stack ?? "")) {
      console.log("passed over: %s", error.message);
      return;
    }
    uncaught.call(this, error);
  };
}

async function runAll(mocha: Mocha): Promise<{ passed: number; failed: number }> {
  return await new Promise((resolve) => {
    const runner = mocha.run((failed) => resolve({ passed: runner.stats?.passes ?? 0, failed }));
  });
}

function markedLog(mark: string): typeof console.log {
  // The host prints whole messages, so every line of a failure's text carries the mark once.
  return (...message: unknown[]) => console.log("%s", mark + format(...message));
}
