import type { Row } from "./row.ts";

/** What bench/results.json holds. */
export interface Results {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string };
  readonly rows: readonly (Row & { readonly group: string })[];
}

const titles: Readonly<Record<string, string>> = {
  parse: "Reading `.env` files",
  code: "Environment variables in source code",
  commit2: "One commit in flight, 2 voters",
  commit8: "One commit in flight, 8 voters",
  commit64: "One commit in flight, 64 voters",
  etcd: "The same end point with etcd",
  throughput: "Many commits in flight",
  peers512: "512 peers",
  behind: "A peer that was away",
  keys: "A space of 100,000 keys",
  memory: "Coordinator memory",
  change: "One change in a small and in a large space",
};

/** What profiles said about the goals that are missed; looked at in November 2026 on two busy cores. */
const profiled = [
  "## Why goals are missed",
  "",
  "- **One commit, and etcd.** With more processes than cores the floor and Envpact are both bound by CPU. In the same",
  "  minutes a bare voter took 2.0 ms of it a commit, an agent 3.5 ms. An agent forces four times (PREPARED and the",
  "  staged file side by side, COMMITTED, the folder), the bare voter three times. About 45 % of the agent's time is the",
  "  kernel's (forces, creating and renaming the staged file, wake-ups), 10 % garbage collection and compilation, and the",
  "  rest spreads thin over reading and validating messages, reading, rendering and reading back the `.env` text, opening",
  "  the sealed value, and the agent's JSON lines; no part is above 8 %. etcd's watchers are told after the fact: they",
  "  neither check nor stage before the decision, so they do one round and one file where Envpact does two rounds.",
  "- **512 peers.** The same cost per peer, 64 of them behind each event loop.",
  "- **Catch-up.** Reading bytes from SQLite parses and checks nothing. Envpact checks each record's hash at both ends,",
  "  validates it, opens the values, forces the journal, and replaces the file once for every message of catch-up; the",
  "  next message is only sent after APPLIED. One file of 100,000 keys is read and written anew about 40 times that way.",
  "- **Memory.** What a garbage collection leaves is some 10 KiB a peer; the resident size also holds what V8 and the C",
  "  library keep for reuse after 512 greetings and rosters.",
  "",
] as const;

/** A row as a line of the console's table. */
export function tableRow({ work, ours, reference, referenceName, unit, ratio, goal, met }: Row) {
  return {
    work,
    ours: `${rounded(ours)} ${unit}`,
    reference: reference === undefined ? "" : `${rounded(reference)} ${unit} (${referenceName})`,
    ratio: ratio === undefined ? "" : rounded(ratio),
    goal: goal === undefined ? "" : `${goal} ${met ? "met" : "missed"}`,
  };
}

/** docs/BENCHMARKS.md. */
export function benchmarksPage({ machine, rows }: Results): string {
  const sections = Object.entries(titles).flatMap(([group, title]) => {
    const lines = rows.filter((row) => row.group === group).map(tableRow);
    if (lines.length === 0) return [];
    const table = lines.map((line) => `| ${Object.values(line).join(" | ")} |`);
    return [
      `## ${title}`,
      "",
      "| work | ours | reference | ratio | goal |",
      "|---|---|---|---|---|",
      ...table,
      "",
    ];
  });
  return `${[
    "# Benchmarks",
    "",
    "Written by `npm run bench` from `bench/results.json`; `npm run bench -- --only commit8` measures one group again.",
    `Machine: ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}. Absolute times are this machine's; the ratios are what counts.`,
    "",
    "The floor of a commit is a program of its own (`bench/bareProcess.ts`): N processes that append a line to a file",
    "and force it, a coordinator that relays and forces one row in SQLite, and nothing else: no checks, no sealing, no",
    "validation, no staged files. It and Envpact take turns in the same minutes. Its voters are processes of their own",
    "because Envpact's are: one process's thread pool would share four threads among all of them.",
    "A commit starts with SUBMIT; its last file is durable when the last agent has said so after its APPLIED.",
    "",
    ...sections,
    ...profiled,
  ]
    .join("\n")
    .trimEnd()}\n`;
}

function rounded(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}
