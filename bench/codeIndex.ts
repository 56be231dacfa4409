import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { familyOf, mayName } from "../src/code/languages.ts";
import { placedScan } from "../src/code/places.ts";
import { scanCode } from "../src/code/scan.ts";
import { readsInFlightMax, UsageIndex } from "../src/code/usageIndex.ts";
import { goalRow, median, type Row, reported } from "./row.ts";

const filesCount = 5_000;
const rounds = 11;
/** How much slower than reading the files an index of them may be. */
const ratioMax = 1.5;
/** One file in so many names variables, as in a service that has its configuration in some places. */
const usingEvery = 5;

/** A language of the folder: lines without variables, a line with one, and what a comment and a string look like. */
interface Sample {
  readonly name: string;
  readonly share: number;
  readonly plain: readonly string[];
  readonly using: (key: string) => string;
}

const samples: readonly Sample[] = [
  {
    name: "ts",
    share: 6,
    plain: [
      "export function handle{n}(request: Request<Params>, items: readonly Item[]): Promise<Response> {",
      "  const found = items.filter((item) => item.id === request.params.id && !/^(draft|'old')$/.test(item.state));",
      "  // A comment that says why, with an apostrophe: don't cache the environment of a request.",
      "  if (found.length === 0) throw new NotFound(`no item ${request.params.id} in ${items.length / 2} pages`);",
      "  return json({ count: found.length, first: found[0]?.name ?? 'unnamed', ratio: found.length / items.length });",
      "}",
      "",
    ],
    using: (key) => `const ${key.toLowerCase()} = process.env.${key} ?? process.env["${key}_FALLBACK"];`,
  },
  {
    name: "py",
    share: 2,
    plain: [
      "def handle_{n}(request, items):",
      '    """Says what it does, over',
      '    several lines, with \'quotes\' in them."""',
      "    found = [item for item in items if item.id == request.id]  # don't copy",
      '    return {"count": len(found), "first": f"{found[0].name!r:>{10}}" if found else None}',
      "",
    ],
    using: (key) => `${key} = os.environ.get("${key}", os.getenv("${key}_FALLBACK"))`,
  },
  {
    name: "go",
    share: 1,
    plain: [
      "func Handle{n}(w http.ResponseWriter, r *http.Request) {",
      '\titem, err := store.Find(r.Context(), r.URL.Query().Get("id"))',
      "\tif err != nil { // not found",
      "\t\thttp.Error(w, `no item`, http.StatusNotFound)",
      "\t\treturn",
      "\t}",
      "\tfmt.Fprintln(os.Stderr, item)",
      "}",
      "",
    ],
    using: (key) => `var ${key} = os.Getenv("${key}")`,
  },
  {
    name: "java",
    share: 1,
    plain: [
      "    /** Says what it does. */",
      "    public Response handle{n}(Request request, List<Item> items) {",
      '        return items.stream().filter(i -> i.id().equals("a")).findFirst().map(Response::of).orElseThrow();',
      "    }",
      "",
    ],
    using: (key) => `    private static final String ${key} = System.getenv("${key}");`,
  },
];

interface Folder {
  readonly files: readonly string[];
  /** Names that were written, how often each. */
  readonly used: ReadonlyMap<string, number>;
  readonly bytes: number;
}

/** Writes the folder: sizes between 1 and about 15 KiB, most of them small, the same on every run. */
async function makeFolder(root: string): Promise<Folder> {
  const kinds = samples.flatMap((sample) => Array.from({ length: sample.share }, () => sample));
  const used = new Map<string, number>();
  const files: string[] = [];
  let bytes = 0;
  for (let at = 0; at < filesCount; at += 1) {
    const sample = kinds[at % kinds.length]!;
    const lines: string[] = [];
    const wanted = 25 + ((at * 7919) % 97) ** 2 / 36;
    for (let line = 0; line < wanted; line += 1) {
      lines.push(sample.plain[line % sample.plain.length]!.replace("{n}", String(line)));
    }
    if (at % usingEvery === 0) {
      const key = `KEY_${at % 400}`;
      const text = sample.using(key);
      lines.splice(sample.plain.length * 2, 0, text);
      for (const [name] of text.matchAll(/(?<=[."'[(])KEY_\w+/g)) used.set(name, (used.get(name) ?? 0) + 1);
    }
    const folder = join(root, `package${at % 50}`, `module${at % 10}`);
    const file = join(folder, `file${at}.${sample.name}`);
    const text = lines.join("\n");
    if (at < 500) await mkdir(folder, { recursive: true });
    await writeFile(file, text);
    bytes += text.length;
    files.push(file);
  }
  return { files, used, bytes };
}

/** Reads every file, so many at a time as the editor's index does, and hands each to `take`. Returns milliseconds. */
async function readAll(
  files: readonly string[],
  take: (file: string, bytes: Buffer) => void,
): Promise<number> {
  const start = performance.now();
  for (let at = 0; at < files.length; at += readsInFlightMax) {
    const batch = files.slice(at, at + readsInFlightMax);
    const read = await Promise.all(batch.map((file) => readFile(file)));
    for (const [index, bytes] of read.entries()) take(batch[index]!, bytes);
  }
  return performance.now() - start;
}

function intoIndex(index: UsageIndex): (file: string, bytes: Buffer) => void {
  return (file, bytes) => {
    const family = familyOf(file.slice(file.lastIndexOf("/") + 1));
    if (family === undefined || !mayName(bytes, family)) return;
    const text = bytes.toString("utf8");
    index.set(file, placedScan(text, scanCode(text, family)));
  };
}

/** The index of a folder of 5,000 files against reading them, what was found compared with what was written first. */
export async function codeIndexRows(): Promise<Row[]> {
  const root = await mkdtemp(join(tmpdir(), "envpact-bench-code-"));
  try {
    const { files, used, bytes } = await makeFolder(root);
    const checked = new UsageIndex();
    await readAll(files, intoIndex(checked));
    const found = new Map(
      [...checked.names()].map((name) => [
        name,
        checked.of(name).reduce((sum, each) => sum + each.usages.length, 0),
      ]),
    );
    assert.deepEqual(new Map([...found].sort()), new Map([...used].sort()));
    const reads: number[] = [];
    const indexes: number[] = [];
    // Turn by turn, so that whatever else the machine does falls on both.
    for (let round = 0; round < rounds; round += 1) {
      reads.push(await readAll(files, () => undefined));
      indexes.push(await readAll(files, intoIndex(new UsageIndex())));
    }
    const work = `index of ${filesCount.toLocaleString("en")} code files`;
    return [
      goalRow(work, median(indexes), median(reads), "reading the files", ratioMax),
      reported(`${work}, bytes read`, bytes / 1024, "KiB"),
    ];
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
