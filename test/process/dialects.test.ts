import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { type DialectId, dialectLabel, readAs } from "../../src/dotenv/dialects.ts";
import { dialectText } from "../property/dialect-soup.ts";

const filesPerReader = Number(process.env.ENVPACT_RUNS ?? 4_000);
const seed = Number(process.env.ENVPACT_SEED ?? Math.trunc(Math.random() * 0x7fffffff));
const installMsMax = 120_000;
const runMsMax = 60_000;
const outputBytesMax = 64 * 1024 * 1024;

const sources = join(import.meta.dirname, "dialects");
/** A folder that other versions of the packages were unpacked to, for who wants to try those. */
const root = process.env.ENVPACT_DIALECT_ROOT ?? "/";
const folder = mkdtempSync(join(tmpdir(), "envpact-dialects-"));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * What a child tells of one text; no values stands for none. Keys stand in a list, for `JSON.parse` of Node 24.21 takes
 * the wrong property for a key with an escape when an object of the same shape came before.
 */
interface Told {
  readonly values?: readonly (readonly [string, string | null])[] | null;
  readonly refused?: boolean;
}

/** What versions of a library before one read otherwise than ours, which follows the newest. */
interface Tolerated {
  readonly name: string;
  readonly before: string;
  readonly touches: (text: string, told: Told) => boolean;
}

/** A library of another ecosystem, as Debian packages bring it. */
interface Library {
  readonly dialect: DialectId;
  readonly packages: readonly string[];
  /** A file that is there when the packages are. */
  readonly file: string;
  /** Which version Debian's package has, where the library does not tell it. */
  readonly version?: string;
  run(input: string): string;
  readonly tolerated: readonly Tolerated[];
}

/** Runs a program to its end and gives what it prints; fails with what it says. Nothing of our environment but PATH goes along. */
function run(
  program: string,
  args: readonly string[],
  options: {
    readonly env?: Readonly<Record<string, string>>;
    readonly cwd?: string;
    readonly input?: string;
  },
): string {
  const { env, ...rest } = options;
  const done = spawnSync(program, args, {
    ...rest,
    env: { PATH: process.env.PATH, HOME: folder, LANG: "C.UTF-8", ...env },
    encoding: "utf8",
    maxBuffer: outputBytesMax,
    timeout: runMsMax,
  });
  if (done.status !== 0) throw new Error(`${program}: ${done.error?.message ?? done.stderr.slice(0, 2_000)}`);
  return done.stdout;
}

/** Builds a Go program in a GOPATH of its own, beside which the packages' sources are seen, and runs it. */
function runGo(source: string, input: string): string {
  const name = source.replace(".go", "");
  const cwd = join(folder, "go/src", name);
  mkdirSync(cwd, { recursive: true });
  copyFileSync(join(sources, source), join(cwd, "main.go"));
  // With it, import paths that end in /v2 are found where Debian puts them.
  writeFileSync(join(cwd, "go.mod"), `module ${name}\n`);
  const paths = [join(folder, "go"), join(root, "usr/share/gocode"), "/usr/share/gocode"];
  const env = {
    GOPATH: paths.join(delimiter),
    GOCACHE: join(folder, "cache"),
    GO111MODULE: "off",
    GOFLAGS: "",
  };
  run("go", ["build", "-o", join(folder, name), "."], { env, cwd });
  return run(join(folder, name), [], { input });
}

const gems = join(root, "usr/share/rubygems-integration/all/gems");

function runRuby(input: string): string {
  const gem = readdirSync(gems).find((name) => /^dotenv-\d/.test(name)) ?? "";
  const env = { RUBYLIB: join(gems, gem, "lib") };
  return run("/usr/bin/ruby", [join(sources, "ruby.rb"), join(folder, "ruby.env")], { env, input });
}

function runPython(input: string): string {
  const env = { PYTHONPATH: join(root, "usr/lib/python3/dist-packages") };
  return run("/usr/bin/python3", [join(sources, "python.py"), join(folder, "python.env")], { env, input });
}

function linesOf(text: string): string[] {
  return text.split(/[\r\n]+/).filter((line) => line.trim() !== "");
}

const libraries: readonly Library[] = [
  {
    dialect: "python-dotenv",
    packages: ["python3-dotenv"],
    file: "usr/lib/python3/dist-packages/dotenv/main.py",
    run: runPython,
    tolerated: [{ name: "byte order mark", before: "1.2.3", touches: (text) => text.startsWith("\ufeff") }],
  },
  {
    dialect: "ruby-dotenv",
    packages: ["ruby-dotenv"],
    file: "usr/share/rubygems-integration/all/gems",
    run: runRuby,
    tolerated: [
      { name: "backslashes", before: "3", touches: (text) => text.includes("\\") },
      {
        name: "lines without a value",
        before: "3.2",
        // Space is ASCII's for Ruby's patterns: a line with another one before its value is one without a value too.
        touches: (text) =>
          linesOf(text).some(
            (line) =>
              !/^\uFEFF?[ \t\f\v]*(?:export[ \t\f\v]+)?[\w.]+(?:[ \t\f\v]*=|:[ \t\f\v])[ \t\f\v]*[^\s#]/.test(
                line,
              ),
          ),
      },
      {
        name: "quotes over lines, and several pairs on one",
        before: "3",
        touches: (text) =>
          linesOf(text).some((line) =>
            ["'", '"'].some((quote) => ![1, 3].includes(line.split(quote).length)),
          ),
      },
    ],
  },
  {
    dialect: "godotenv",
    packages: ["golang-go", "golang-github-joho-godotenv-dev"],
    file: "usr/share/gocode/src/github.com/joho/godotenv/parser.go",
    version: "1.5.1",
    run: (input) => runGo("godotenv.go", input),
    tolerated: [],
  },
  {
    dialect: "compose",
    packages: ["golang-go", "golang-github-compose-spec-compose-go-dev"],
    file: "usr/share/gocode/src/github.com/compose-spec/compose-go/dotenv/parser.go",
    version: "2.9.1",
    run: (input) => runGo("compose.go", input),
    tolerated: [
      {
        name: "bad references in a word that is not used",
        before: "2.13",
        touches: (text, told) => told.refused === true && /\$\{\w+:?[-+?]/.test(text),
      },
    ],
  },
];

/** Why a library cannot be asked, after trying to install it; undefined when it can. */
function whyMissing({ packages, file }: Library): string | undefined {
  const isThere = (): boolean =>
    [root, "/"].some((place) => existsSync(join(place, file))) &&
    (!packages.includes("golang-go") || existsSync("/usr/bin/go"));
  if (isThere()) return undefined;
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    return `needs the Debian packages ${packages.join(" and ")}`;
  }
  const done = spawnSync("apt-get", ["install", "-y", "--no-install-recommends", ...packages], {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    encoding: "utf8",
    timeout: installMsMax,
  });
  if (isThere()) return undefined;
  const said = done.error?.message ?? done.stderr.trim().split("\n").at(-1);
  return `needs the Debian packages ${packages.join(" and ")}, which apt-get did not install: ${said}`;
}

function isBefore(version: string | undefined, limit: string): boolean {
  if (version === undefined) return true;
  return version.localeCompare(limit, "en", { numeric: true }) < 0;
}

function sorted(
  values: Iterable<readonly [string, string | null]>,
): readonly (readonly [string, string | null])[] {
  return [...values].sort(([one], [other]) => (one < other ? -1 : 1));
}

/** What our reader makes of a text, in the form of {@link toldBy}. */
function ours(dialect: DialectId, text: string): unknown {
  const reading = readAs(dialect, text);
  if (!reading.ok) return "refused";
  // compose-go leaves a key out that it is to inherit and that the environment does not have.
  return sorted([...reading.values].filter(([, value]) => dialect !== "compose" || value !== null));
}

function toldBy({ refused, values }: Told): unknown {
  return refused === true ? "refused" : sorted(values ?? []);
}

describe("generated files are read as the library itself reads them:", () => {
  const texts = fc
    .sample(dialectText, { seed, numRuns: filesPerReader })
    .filter((text) => text.isWellFormed() && !text.includes("\0"));

  it.for(libraries)("$dialect", { timeout: installMsMax + 3 * runMsMax }, (library, { skip }) => {
    const { dialect } = library;
    const missing = whyMissing(library);
    if (missing !== undefined) {
      console.info(`${dialectLabel(dialect)}: not compared, ${missing}`);
      skip(missing);
    }
    const answer = JSON.parse(library.run(JSON.stringify(texts))) as {
      version?: string;
      readings: readonly Told[];
    };
    const version = answer.version ?? library.version;
    expect(answer.readings).toHaveLength(texts.length);
    const tolerated = library.tolerated.filter(({ before }) => isBefore(version, before));
    const counts = new Map<string, number>();
    for (const [index, text] of texts.entries()) {
      const told = answer.readings[index]!;
      const expected = toldBy(told);
      const reading = ours(dialect, text);
      if (JSON.stringify(reading) === JSON.stringify(expected)) continue;
      const known = tolerated.find(({ touches }) => touches(text, told));
      if (known === undefined) expect({ text, reading }).toEqual({ text, reading: expected });
      else counts.set(known.name, (counts.get(known.name) ?? 0) + 1);
    }
    const left = [...counts].map(([name, count]) => `${count} differ by ${name}`).join(", ");
    console.info(
      `${dialectLabel(dialect)} ${version}: ${texts.length} files, ENVPACT_SEED=${seed}${left === "" ? "" : `; ${left}`}`,
    );
  });
});
