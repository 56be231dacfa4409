import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
/** About 300, with room for docstrings. */
const fileLinesMax = 340;

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name));
}

const sources = filesBelow("src");
const relative = (path: string) => path.slice(root.length + 1);

/** Files with a line that matches, as `file:line`. */
function linesMatching(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap((path) =>
    readFileSync(path, "utf8")
      .split("\n")
      .flatMap((line, index) => (pattern.test(line) ? [`${relative(path)}:${index + 1}`] : [])),
  );
}

describe("The repository", () => {
  it("keeps its source files short enough to be read at once", () => {
    const long = sources.filter((path) => readFileSync(path, "utf8").split("\n").length > fileLinesMax);
    expect(long.map(relative)).toEqual([]);
  });

  it("leaves nothing for later in the code", () => {
    expect(
      linesMatching([...sources, ...filesBelow("test/process")], /\b(TODO|FIXME|XXX)\b|\bdebugger\b/),
    ).toEqual([]);
    const tests = filesBelow("test").filter((path) => !path.endsWith("tidy.test.ts"));
    expect(linesMatching(tests, /\b(it|test|describe)\.only\(/)).toEqual([]);
  });

  it("has no drawers for everything", () => {
    const names = sources.map((path) => basename(path));
    expect(names.filter((name) => /^(utils?|helpers?|misc|common|index)\.ts$/.test(name))).toEqual([]);
  });

  it("keeps clock, randomness, timers, process and console out of the pure folders", () => {
    const pure = ["dotenv", "lint", "code", "protocol", "commit", "shared"].flatMap((folder) =>
      filesBelow(`src/${folder}`),
    );
    const effects =
      /\b(Date\.now|new Date\(|Math\.random|setTimeout|setInterval|setImmediate|performance\.now)|\bprocess\.|\bconsole\./;
    expect(linesMatching(pure, effects)).toEqual([]);
  });
});
