import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, open, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Peer } from "../src/peer/api.ts";
import { joinSpace } from "../src/runtime/peers.ts";
import { createSpace, inviteToSpace } from "../src/runtime/spaces.ts";
import { median, type Row, row } from "./row.ts";

const commits = 40;
const cli = join(import.meta.dirname, "../dist/cli.js");

/** The floor of a commit: N files appended and forced in parallel, then one more forced append. */
async function floorMs(folder: string, voters: number): Promise<number> {
  const handles = await Promise.all(
    Array.from({ length: voters + 1 }, (_, n) => open(join(folder, `floor-${n}`), "a")),
  );
  const times: number[] = [];
  for (let run = 0; run < commits; run += 1) {
    const start = performance.now();
    await Promise.all(
      handles.slice(1).map(async (handle) => {
        await handle.appendFile("x".repeat(600));
        await handle.datasync();
      }),
    );
    await handles[0]?.appendFile("x".repeat(600));
    await handles[0]?.datasync();
    times.push(performance.now() - start);
  }
  await Promise.all(handles.map((handle) => handle.close()));
  return median(times);
}

/** N file replacements one after the other: temporary file, fsync, rename, fsync of the folder. */
async function replaceMs(folder: string, files: number): Promise<number> {
  const start = performance.now();
  for (let n = 0; n < files; n += 1) {
    const target = join(folder, `replace-${n}`);
    const handle = await open(`${target}.tmp`, "w");
    await handle.writeFile("KEY=value\n");
    await handle.sync();
    await handle.close();
    await rename(`${target}.tmp`, target);
    const parent = await open(folder, "r");
    await parent.sync();
    await parent.close();
  }
  return performance.now() - start;
}

async function firstLine(child: ChildProcess): Promise<Record<string, string>> {
  if (!child.stdout) throw new Error("no output");
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  return JSON.parse(String(line));
}

async function measure(root: string, voters: number): Promise<Row[]> {
  const home = join(root, `home-${voters}`);
  const environment = { ...process.env, ENVPACT_HOME: home };
  const children: ChildProcess[] = [];
  const start = (args: string[]) => {
    const child = spawn(process.execPath, [cli, ...args, "--json"], {
      env: environment,
      stdio: ["ignore", "pipe", "ignore"],
    });
    children.push(child);
    return child;
  };
  let author: Peer | undefined;
  try {
    const { url } = await firstLine(start(["coordinator", "--data", join(home, "data")]));
    if (url === undefined) throw new Error("no coordinator");
    const options = { environment, coordinatorEntry: "" };
    let { invite } = await createSpace("bench", { ...options, url });
    for (let n = 1; n <= voters; n += 1) {
      const folder = join(home, `workspace-${n}`);
      await mkdir(folder);
      await writeFile(join(folder, ".env"), "KEY=0\n");
      const joined = await joinSpace({
        folder,
        environment,
        holder: "agent",
        invitation: invite,
        environments: { default: ".env" },
        name: `peer-${n}`,
        role: "voter",
      });
      if (n === 1) author = joined;
      else {
        await joined.close();
        await firstLine(start(["agent", "--dir", folder]));
      }
      if (n < voters) ({ invite } = await inviteToSpace("bench", options));
    }
    if (!author) throw new Error("no author");
    return await commitTimes(root, author, voters);
  } finally {
    await author?.close();
    for (const child of children) child.kill("SIGTERM");
    await Promise.all(children.map((child) => (child.exitCode === null ? once(child, "exit") : undefined)));
  }
}

async function commitTimes(root: string, author: Peer, voters: number): Promise<Row[]> {
  const ref = { env: "default", key: "KEY" };
  const file = join(author.view.folder, ".env");
  await author.ready(10_000);
  await author.share([ref]);
  const answers: number[] = [];
  for (let run = 1; run <= commits; run += 1) {
    await writeFile(file, `KEY=${run}\n`);
    await author.refresh();
    const start = performance.now();
    const outcome = await author.commit([ref], { message: "" });
    answers.push(performance.now() - start);
    if (outcome.outcome !== "committed") throw new Error(`${outcome.outcome} with ${voters} voters`);
  }
  const floor = await floorMs(root, voters);
  const replace = await replaceMs(root, voters);
  return [
    row(
      `commit to the author's answer, ${voters} voters`,
      median(answers),
      floor,
      "parallel prepare force + decision force",
    ),
    row(`commit, ${voters} voters`, median(answers), floor + replace, "floor + file replacements"),
  ];
}

/** One commit in flight with voters in processes of their own, against the forced writes it cannot do without. */
export async function commitRows(): Promise<Row[]> {
  const root = await mkdtemp(join(tmpdir(), "envpact-bench-"));
  try {
    return [...(await measure(root, 2)), ...(await measure(root, 8))];
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
