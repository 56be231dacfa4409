// Measures, side by side in one run, what is fast enough to matter; prints a table and writes bench/results.json and
// docs/BENCHMARKS.md. `--only NAME` (repeatable) measures some groups again and keeps the other rows of the last run;
// `--cli FILE` measures another build. Ends by itself: a group that hangs is given up after `groupMaxMs`.
import { readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { codeIndexRows } from "../bench/codeIndex.ts";
import { commitRows } from "../bench/commit.ts";
import { etcdRows } from "../bench/etcd.ts";
import { changeCostRows, keysMemoryRows, manyKeysRows, revisionsBehindRows } from "../bench/history.ts";
import { parseRows } from "../bench/parse.ts";
import { benchmarksPage, tableRow } from "../bench/report.ts";
import { manyPeersRows } from "../bench/scale.ts";
import { measured } from "../bench/space.ts";
import { throughputRows } from "../bench/throughput.ts";

const groupMaxMs = 10 * 60_000;
const groups = {
  parse: async () => parseRows(),
  code: () => codeIndexRows(),
  commit2: () => commitRows(2, 100),
  commit8: () => commitRows(8, 100),
  commit64: () => commitRows(64, 40),
  etcd: () => etcdRows(8, 100),
  throughput: () => throughputRows(),
  peers512: () => manyPeersRows(512, 20),
  behind: () => revisionsBehindRows(),
  keys: () => manyKeysRows(),
  memory: () => keysMemoryRows(),
  change: () => changeCostRows(100),
};

const { values } = parseArgs({
  options: { only: { type: "string", multiple: true }, cli: { type: "string" } },
});
if (values.cli !== undefined) measured.cli = values.cli;
const unknown = values.only?.find((name) => !Object.hasOwn(groups, name));
if (unknown !== undefined) throw new Error(`--only ${unknown}: choose of ${Object.keys(groups).join(", ")}`);

/** Gives a group up; ending this process ends its children (bench/processes.ts). */
function giveUp(name) {
  console.error(`${name}: not done after ${groupMaxMs / 60_000} minutes`);
  process.exit(1);
}

const before = await readFile("bench/results.json", "utf8").then(JSON.parse, () => ({ rows: [] }));
const rows = [];
for (const [name, measure] of Object.entries(groups)) {
  if (values.only !== undefined && !values.only.includes(name)) {
    rows.push(...before.rows.filter((row) => row.group === name));
    continue;
  }
  const timer = setTimeout(() => giveUp(name), groupMaxMs);
  const measuredRows = (await measure()).map((row) => ({ group: name, ...row }));
  clearTimeout(timer);
  console.table(measuredRows.map(tableRow));
  rows.push(...measuredRows);
}
const machine = { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, node: process.version };
const results = { machine, rows };
await writeFile("bench/results.json", `${JSON.stringify(results, null, 2)}\n`);
await writeFile("docs/BENCHMARKS.md", benchmarksPage(results));
