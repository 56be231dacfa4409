import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { contributes } from "../../package.json";
import { conventionChosen, conventionWords } from "../../src/cli/conventionNear.ts";
import { type LintChoices, LintSurroundings } from "../../src/cli/lintContext.ts";
import { type LintResult, lintFile } from "../../src/cli/lintFile.ts";
import { sarifOf } from "../../src/cli/sarif.ts";
import { catalog, type RuleId, ruleIds, type SeverityChoice } from "../../src/lint/catalog.ts";
import { NearbyFolders } from "../../src/runtime/dialects.ts";

interface Region {
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  readonly endColumn: number;
}

interface Fix {
  readonly description: { readonly text: string };
  readonly artifactChanges: readonly {
    readonly artifactLocation: { readonly uri: string; readonly uriBaseId?: string };
    readonly replacements: readonly {
      readonly deletedRegion: Region;
      readonly insertedContent?: { readonly text: string };
    }[];
  }[];
}

interface Location {
  readonly physicalLocation: {
    readonly artifactLocation: { readonly uri: string; readonly uriBaseId?: string };
    readonly region: Region;
  };
}

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly locations: readonly Location[];
  readonly relatedLocations?: readonly (Location & { readonly message: { readonly text: string } })[];
  readonly fixes?: readonly Fix[];
  readonly partialFingerprints: Readonly<Record<string, string>>;
}

interface Descriptor {
  readonly id: string;
  readonly shortDescription: { readonly text: string };
  readonly fullDescription: { readonly text: string };
  readonly help: { readonly text: string; readonly markdown: string };
  readonly helpUri: string;
  readonly defaultConfiguration: { readonly enabled: boolean; readonly level: string };
}

interface Log {
  readonly $schema: string;
  readonly version: string;
  readonly runs: readonly {
    readonly tool: {
      readonly driver: {
        readonly name: string;
        readonly version: string;
        readonly rules: readonly Descriptor[];
      };
    };
    readonly originalUriBaseIds: Readonly<Record<string, object>>;
    readonly columnKind: string;
    readonly newlineSequences: readonly string[];
    readonly invocations: readonly {
      readonly executionSuccessful: boolean;
      readonly toolExecutionNotifications?: readonly { readonly message: { readonly text: string } }[];
    }[];
    readonly results: readonly Result[];
  }[];
}

let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "envpact-sarif-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function linted(files: Readonly<Record<string, string>>, ...names: string[]): Promise<LintResult[]> {
  return lintedWith({}, files, ...names);
}

async function lintedWith(
  choices: LintChoices,
  files: Readonly<Record<string, string>>,
  ...names: string[]
): Promise<LintResult[]> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  const surroundings = new LintSurroundings({}, choices);
  const results: LintResult[] = [];
  for (const name of names) {
    const mending = { offer: true };
    results.push(...(await lintFile(join(folder, name), name, surroundings, mending)).results);
  }
  return results;
}

function logOf(results: readonly LintResult[]): Log {
  return JSON.parse(JSON.stringify(sarifOf(results, "1.2.3", folder))) as Log;
}

describe("a SARIF log", () => {
  it("has what the schema of SARIF 2.1.0 requires, and describes every rule", async () => {
    const log = logOf(await linted({ ".env": "A=1\nA=2\n" }, ".env"));
    expect(log.version).toBe("2.1.0");
    expect(log.$schema).toMatch(/^https:\/\/.*sarif-2\.1\.0\.json$/);
    expect(log.runs).toHaveLength(1);
    const { driver } = log.runs[0]!.tool;
    expect(driver).toMatchObject({ name: "Envpact", version: "1.2.3" });
    expect(log.runs[0]!.columnKind).toBe("utf16CodeUnits");
    expect(driver.rules.map(({ id }) => id)).toEqual([...ruleIds]);
    for (const rule of driver.rules) {
      const severity: SeverityChoice = catalog[rule.id as RuleId].severity;
      expect(rule.shortDescription.text).not.toBe("");
      expect(rule.fullDescription.text).not.toBe("");
      expect(rule.help.text).toContain(rule.helpUri);
      expect(rule.help.markdown).toContain(rule.helpUri);
      expect(new URL(rule.helpUri).hash).toBe(`#${rule.id}`);
      expect(["error", "warning", "note", "none"]).toContain(rule.defaultConfiguration.level);
      expect(rule.defaultConfiguration.enabled).toBe(severity !== "off");
    }
  });

  it("places every result at a rule, a level, and a region counted from 1", async () => {
    const log = logOf(await linted({ "a b/.env": "A=1\nA=2\nB = 3\nnonsense\n" }, "a b/.env"));
    const { results, tool, originalUriBaseIds } = log.runs[0]!;
    expect(results.map(({ ruleId }) => ruleId)).toEqual([
      "duplicate-key",
      "space-around-equals",
      "invalid-line",
    ]);
    for (const result of results) {
      expect(tool.driver.rules[result.ruleIndex]?.id).toBe(result.ruleId);
      expect(["error", "warning", "note"]).toContain(result.level);
      expect(result.message.text).not.toBe("");
      expect(result.locations).toHaveLength(1);
      const { artifactLocation, region } = result.locations[0]!.physicalLocation;
      expect(artifactLocation).toEqual({ uri: "a%20b/.env", uriBaseId: "%SRCROOT%" });
      expect(Object.keys(originalUriBaseIds)).toContain(artifactLocation.uriBaseId);
      expect(Math.min(...Object.values(region))).toBeGreaterThanOrEqual(1);
      expect(region.endLine).toBeGreaterThanOrEqual(region.startLine);
    }
    expect(results[0]!.locations[0]!.physicalLocation.region).toEqual({
      startLine: 1,
      startColumn: 1,
      endLine: 1,
      endColumn: 4,
    });
    expect(results[0]!.relatedLocations?.[0]?.physicalLocation.region.startLine).toBe(2);
    expect(results[0]!.relatedLocations?.[0]?.message.text).toContain("A");
  });

  it("gives files outside of the folder by their address", async () => {
    const results = await linted({ "x/.env": "A=1\nA=2\n" }, "x/.env");
    const log = JSON.parse(JSON.stringify(sarifOf(results, "1", join(folder, "y")))) as Log;
    // The name is relative to the folder that was checked.
    const outside = results.map((result) => ({ ...result, line: { ...result.line, file: "../x/.env" } }));
    const moved = JSON.parse(JSON.stringify(sarifOf(outside, "1", join(folder, "y")))) as Log;
    expect(log.runs[0]!.results[0]!.locations[0]!.physicalLocation.artifactLocation.uriBaseId).toBe(
      "%SRCROOT%",
    );
    const { artifactLocation } = moved.runs[0]!.results[0]!.locations[0]!.physicalLocation;
    expect(artifactLocation.uri).toMatch(/^file:\/\/\/.*\/x\/\.env$/);
    expect(artifactLocation.uriBaseId).toBeUndefined();
  });

  it("knows a finding again when lines move and values change, and tells findings apart", async () => {
    const printsOf = async (text: string) => {
      const log = logOf(await linted({ ".env": text }, ".env"));
      return log.runs[0]!.results.map(({ partialFingerprints }) => Object.values(partialFingerprints)[0]);
    };
    const before = await printsOf("A=1\nA=2\nA=3\nB = 1\n");
    expect(new Set(before).size).toBe(before.length);
    expect(await printsOf("# head\n\nA=9\nA=8\nA=7\n\nB = 2\n")).toEqual(before);
  });

  it("counts a lone CR as the end of a line, and no byte order mark as a column", async () => {
    const log = logOf(await linted({ ".env": "\uFEFFA=1\rA=2\r" }, ".env"));
    const { results, newlineSequences } = log.runs[0]!;
    expect(newlineSequences).toContain("\r");
    const [hidden] = results.filter(({ ruleId }) => ruleId === "duplicate-key");
    expect(hidden?.locations[0]?.physicalLocation.region).toEqual({
      startLine: 1,
      startColumn: 1,
      endLine: 1,
      endColumn: 4,
    });
    expect(hidden?.relatedLocations?.[0]?.physicalLocation.region.startLine).toBe(2);
  });

  it("says what kept files from being checked", async () => {
    const results = await linted({ ".env": "A=1\n" }, ".env");
    expect(logOf(results).runs[0]!.invocations).toEqual([{ executionSuccessful: true }]);
    const failure = {
      code: "FILE_MISSING",
      message: "There is no .env.x.",
      next: "Check the name.",
    } as const;
    const [invocation] = (sarifOf(results, "1", folder, [failure]) as Log).runs[0]!.invocations;
    expect(invocation?.executionSuccessful).toBe(false);
    expect(invocation?.toolExecutionNotifications?.[0]?.message.text).toContain(".env.x");
  });

  it("holds no value", async () => {
    const text = "A=hunter2#x\nA=hunter2\nB = hunter2\nC=pa$hunter2\nhunter2\n";
    const manifest = JSON.stringify({ dependencies: { next: "16" } });
    const log = logOf(await linted({ ".env": text, "package.json": manifest }, ".env"));
    expect(log.runs[0]!.results.length).toBeGreaterThan(4);
    expect(JSON.stringify(log)).not.toContain("hunter2");
  });
});

/** Every rule that speaks only when asked to. */
const everyRule: LintChoices = { severities: Object.fromEntries(ruleIds.map((id) => [id, "warning"])) };

/** What a reader of the log makes of a fix, by SARIF's own rules: 1-based lines and columns, no byte order mark. */
function applied(fix: Fix, text: string, newlines: readonly string[]): string {
  const mark = text.startsWith("\uFEFF") ? "\uFEFF" : "";
  const content = text.slice(mark.length);
  const starts = [0];
  for (let at = 0; at < content.length; ) {
    const newline = newlines.find((sequence) => content.startsWith(sequence, at));
    at += newline?.length ?? 1;
    if (newline) starts.push(at);
  }
  const offset = (line: number, column: number) => starts[line - 1]! + column - 1;
  const edits = fix.artifactChanges[0]!.replacements.map(({ deletedRegion, insertedContent }) => ({
    start: offset(deletedRegion.startLine, deletedRegion.startColumn),
    end: offset(deletedRegion.endLine, deletedRegion.endColumn),
    inserted: insertedContent?.text ?? "",
  }));
  let result = content;
  for (const { start, end, inserted } of edits.toReversed()) {
    expect(start).toBeLessThanOrEqual(end);
    result = result.slice(0, start) + inserted + result.slice(end);
  }
  return mark + result;
}

describe("the fixes of a SARIF log", () => {
  const fixesIn = async (
    text: string,
    rule: RuleId,
    files: Readonly<Record<string, string>> = {},
  ): Promise<readonly (readonly [title: string, after: string])[]> => {
    const log = logOf(await lintedWith(everyRule, { ...files, "a b/.env": text }, "a b/.env"));
    const { results, newlineSequences } = log.runs[0]!;
    const found = results.filter(({ ruleId }) => ruleId === rule);
    expect(found).not.toHaveLength(0);
    return found.flatMap(({ fixes = [] }) =>
      fixes.map((fix) => {
        expect(fix.artifactChanges.map(({ artifactLocation }) => artifactLocation)).toEqual([
          { uri: "a%20b/.env", uriBaseId: "%SRCROOT%" },
        ]);
        return [fix.description.text, applied(fix, text, newlineSequences)] as const;
      }),
    );
  };

  it.each([
    ["\uFEFFA = 1\r\nB=2\r\n", "space-around-equals", ["\uFEFFA=1\r\nB=2\r\n"]],
    ["A=1\rB = 2\rC=3\r", "space-around-equals", ["A=1\rB=2\rC=3\r"]],
    ["EMOJI=\u{1F600}\nA=\u{1F600}  \n", "trailing-whitespace", ["EMOJI=\u{1F600}\nA=\u{1F600}\n"]],
    ["A=1\nB=2", "missing-final-newline", ["A=1\nB=2\n"]],
    ["A=1\nhunter2\n", "invalid-line", ["A=1\n# hunter2\n"]],
    ["A=hunter2 x\n", "value-without-quotes", ['A="hunter2 x"\n']],
    ["A=1 # envpact-ignore duplicat-key\n", "unknown-directive", ["A=1 # envpact-ignore duplicate-key\n"]],
  ] as const)("put %j right for %s, place for place", async (text, rule, after) => {
    expect((await fixesIn(text, rule)).map(([, fixed]) => fixed)).toEqual(after);
  });

  it("put quotes around a value by two insertions that do not repeat it, and say when that changes what is read", async () => {
    const fixes = await fixesIn("A=pa#hunter2\n", "value-cut-by-hash");
    expect(fixes.map(([, after]) => after)).toEqual(['A="pa#hunter2"\n', 'A="pa" #hunter2\n']);
    expect(fixes[0]![0]).toContain("changes what is read");
  });

  it("add keys by their names, and bring commented ones back, but take no value from the example", async () => {
    const files = { "a b/.env.example": "A=\nB=hunter2\nC=\n" };
    const fixes = await fixesIn("A=1\n# C=hunter3\n", "missing-key", files);
    const texts = fixes.map(([, after]) => after);
    expect(texts).toContain("A=1\nC=hunter3\n");
    expect(texts.join()).not.toContain("hunter2");
  });

  it.each([
    ["A=hunter2\nA=2\n", "duplicate-key"],
    ["B=hunter2\nA=hunter3\n", "unordered-key"],
    ["\uFEFFA=1\n", "byte-order-mark"],
  ] as const)(
    "are left out where a value would move, or nothing can be pointed at: %j",
    async (text, rule) => {
      expect(await fixesIn(text, rule)).toEqual([]);
    },
  );

  it("hold no value, whatever is wrong with the file", async () => {
    const text = [
      "A=hunter2",
      "A = hunter2 ",
      'B="hunter2',
      "C=pa#hunter2",
      "D==hunter2",
      "hunter2",
      "# E=hunter2",
      "F='$hunter2/x'",
      "G=`hunter2`",
      "  H=$A/hunter2",
      "I=pa$hunter2",
      "",
      "",
      "",
      "j=hunter2",
    ].join("\n");
    const files = {
      ".env": text,
      ".env.example": "E=hunter2\nX=hunter2\nY=\n",
      ".env.schema": "# @required @type=enum(choice, A)\nB=\n",
      "package.json": JSON.stringify({ dependencies: { next: "16" } }),
      "go.mod": "require github.com/joho/godotenv v1\n",
      "compose.yaml": "services: {}\n",
    };
    const { results } = logOf(await lintedWith(everyRule, files, ".env")).runs[0]!;
    expect(new Set(results.filter(({ fixes }) => fixes).map(({ ruleId }) => ruleId)).size).toBeGreaterThan(5);
    expect(JSON.stringify(results)).not.toContain("hunter2");
  });

  it("are for the log only: who did not ask for them does not wait for them", async () => {
    await writeFile(join(folder, ".env"), "A = 1\n");
    const { results } = await lintFile(join(folder, ".env"), ".env", new LintSurroundings({}, {}));
    expect(results[0]?.fixes).toEqual([]);
  });
});

describe("what files are checked against", () => {
  const rulesOf = async (files: Readonly<Record<string, string>>, name: string) =>
    (await linted(files, name)).map(({ line }) => [line.rule, line.key]);

  it("are their example, their schema, and the other environments of the folder", async () => {
    const files = {
      ".env.staging": "A=1\n",
      ".env.production": "A=1\nB=2\n",
      ".env": "BASE=1\n",
      ".env.schema": "# @required @type=port\nC=\n# @optional @type=port\nA=\n",
    };
    expect(await rulesOf(files, ".env.staging")).toEqual([
      ["missing-key", "C"],
      ["missing-in-siblings", "B"],
    ]);
  });

  it("are not what the files under them set, so that a file of a mode need not repeat the base", async () => {
    const files = {
      ".env": "A=1\nB=2\n",
      ".env.production": "A=3\n",
      ".env.production.local": "",
      ".env.local": "",
      ".env.example": "A=\nB=\nC=\n",
      ".env.schema": "# @required\nB=\n# @optional\nA=\n# @optional\nC=\n",
    };
    for (const name of [".env", ".env.production", ".env.production.local", ".env.local"]) {
      expect(await rulesOf(files, name)).toEqual([["missing-key", "C"]]);
    }
  });

  it("are what the program that reads them says about layers", async () => {
    const files = { ".env.production": "", ".env.local": "A=1\n", ".env.example": "A=\n", ".git": "" };
    const withReader = (name: string) => ({
      ...files,
      "package.json": JSON.stringify({ devDependencies: { [name]: "1" } }),
    });
    expect(await rulesOf(withReader("vite"), ".env.production")).toEqual([]);
    expect(await rulesOf(withReader("next"), ".env.production")).toEqual([["missing-key", "A"]]);
  });

  it("are layered as the person says who knows better, in the words of the setting", async () => {
    const files = {
      ".env.production": "",
      ".env.local": "A=1\n",
      ".env": "B=1\n",
      ".env.example": "A=\nB=\n",
    };
    const missing = async (convention: LintChoices["convention"]) =>
      (await lintedWith({ convention }, files, ".env.production"))
        .filter(({ line }) => line.rule === "missing-key")
        .flatMap(({ line }) => line.keys ?? line.key ?? []);
    expect(await missing(undefined)).toEqual(["A"]);
    expect(await missing("next")).toEqual(["A"]);
    expect(await missing("vite")).toEqual([]);
    expect(await missing("plain")).toEqual(["A", "B"]);
    const setting = contributes.configuration.properties["envpact.convention"];
    expect(conventionWords).toEqual(setting.enum);
    expect(() => conventionChosen("rails")).toThrow(/rails/);
  });

  it("are found by reading each file around once, however many files are checked", async () => {
    const manifest = JSON.stringify({ dependencies: { next: "16" } });
    for (const name of ["a/.env", "a/.env.local", "b/.env"]) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), "A=1\n");
    }
    await writeFile(join(folder, "package.json"), manifest);
    await mkdir(join(folder, ".git"));
    const nearby = new NearbyFolders();
    const [first, second] = [await nearby.of(join(folder, "a")), await nearby.of(join(folder, "b"))];
    expect(first.map(({ files }) => files.map(({ name }) => name))).toEqual([[], ["package.json"]]);
    expect(first.map(({ below }) => below)).toEqual(["", "a"]);
    expect(second[1]?.files).toBe(first[1]?.files);
  });

  it("are told by a package.json among any number of Compose files", async () => {
    const files: Record<string, string> = {
      ".env.production": "",
      ".env.local": "A=1\n",
      ".env.example": "A=\n",
    };
    for (let number = 0; number < 20; number += 1) files[`compose.${number}.yaml`] = "services: {}\n";
    files["package.json"] = JSON.stringify({ devDependencies: { vite: "8" } });
    expect(await rulesOf(files, ".env.production")).toEqual([]);
  });

  it("are asked of the folders above too, up to the repository's", async () => {
    const files = { "a/.env.production": "A=1\n", "a/.env.local": "", "a/.env.example": "A=\n", ".git": "" };
    expect(await rulesOf(files, "a/.env.local")).toEqual([["missing-key", "A"]]);
    expect(await rulesOf({ ...files, Gemfile: 'gem "dotenv-rails"\n' }, "a/.env.local")).toEqual([]);
  });

  it("name every key of a finding about several, for machines", async () => {
    const [found] = await linted({ ".env": "", ".env.example": "A=\nB=\nC=\nD=\n" }, ".env");
    expect(found?.line).toMatchObject({ rule: "missing-key", keys: ["A", "B", "C", "D"] });
    expect(found?.line).not.toHaveProperty("key");
  });

  it("are decorators in the example where there is no schema", async () => {
    const files = { ".env": "P=high\n", ".env.example": "# @type=port\nP=80\n" };
    expect(await rulesOf(files, ".env")).toEqual([["schema-violation", "P"]]);
  });

  it("are who reads them, by the files around", async () => {
    const text = "A=`x y`\n";
    expect(await rulesOf({ ".env": text, ".git": "" }, ".env")).toEqual([]);
    expect(await rulesOf({ ".env": text, "requirements.txt": "python-dotenv==1.2\n" }, ".env")).toEqual([
      ["reads-differently", "A"],
    ]);
  });

  it("is what git has in its index", async () => {
    const text = "API_KEY=q7Gz2LpV9sKd4WxYb8Nf3RtM\n";
    const git = (...args: string[]) => execFileSync("git", args, { cwd: folder, stdio: "ignore" });
    git("init", "--quiet");
    expect(await rulesOf({ ".env": text }, ".env")).toEqual([]);
    git("add", "--force", ".env");
    expect(await rulesOf({ ".env": text }, ".env")).toEqual([["secret-in-tracked-file", "API_KEY"]]);
  });
});
