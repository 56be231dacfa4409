// Measures, side by side in one run, what is fast enough to matter; prints a table and writes bench/results.json.
import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { commitRows } from "../bench/commit.ts";
import { parseRows } from "../bench/parse.ts";

const rows = [...parseRows(), ...(await commitRows())];
console.table(
  rows.map(({ work, ours, reference, referenceName, ratio, unit }) => ({
    work,
    ours: `${ours.toFixed(2)} ${unit}`,
    reference: `${reference.toFixed(2)} ${unit} (${referenceName})`,
    ratio: ratio.toFixed(2),
  })),
);
const machine = { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, node: process.version };
await writeFile("bench/results.json", `${JSON.stringify({ machine, rows }, null, 2)}\n`);
