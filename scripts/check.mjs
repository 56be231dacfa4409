// Format, lint, types, dependency rule, unused code and unit tests; everything that needs no process and no editor.
import { runStep } from "./run-step.mjs";

/** The checks that read the code only. */
export const staticChecks = [
  ["format and lint", "biome", ["check", "--error-on-warnings", "."]],
  ["types", "tsc", ["--noEmit", "-p", "."]],
  ["dependency rule", "depcruise", ["src", "--config", ".dependency-cruiser.cjs", "--output-type", "err"]],
  ["unused code", "knip", ["--no-progress"]],
];

/** Runs the static checks one after the other and returns how many passed and failed. */
export async function runStaticChecks() {
  let failed = 0;
  for (const [name, command, args] of staticChecks) {
    const { code } = await runStep(command, args);
    process.stdout.write(`${code === 0 ? "✓" : "✗"} ${name}\n`);
    if (code !== 0) failed += 1;
  }
  return { passed: staticChecks.length - failed, failed };
}

if (import.meta.main) {
  const { failed } = await runStaticChecks();
  const unit = await runStep("vitest", ["run", "--project", "unit"]);
  process.exit(failed + unit.code === 0 ? 0 : 1);
}
