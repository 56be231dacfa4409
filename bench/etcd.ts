import { spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { lastApplied, oneInFlight, withVoters } from "./commit.ts";
import type { Running, Scene } from "./processes.ts";
import { goalRow, median, quantile, type Row, reported } from "./row.ts";

const startMaxMs = 20_000;
const turn = 10;
const keepAlive = new Agent({ keepAlive: true });

/** The end point of a commit against etcd's: put, N watchers, each rewriting its file with the same writer. */
export async function etcdRows(voters: number, runs: number): Promise<Row[]> {
  const found = spawnSync("etcd", ["--version"], { encoding: "utf8" });
  if (found.status !== 0) {
    console.log("etcd: skipped, it is not installed (Debian: apt-get install etcd-server).");
    return [];
  }
  return withVoters(voters, async (space, agents, author) => {
    const { url, watchers } = await startEtcd(space.scene, voters);
    const ours: number[] = [];
    const theirs: number[] = [];
    const puts: number[] = [];
    let revision = 0;
    const puttings = async (count: number) => {
      for (let n = 0; n < count; n += 1) {
        const everywhere = lastApplied(watchers, 1, revision);
        const start = performance.now();
        revision = await put(url, `value-${n}`);
        puts.push(performance.now() - start);
        everywhere.at(revision);
        await everywhere.done;
        theirs.push(performance.now() - start);
      }
    };
    await puttings(40);
    await oneInFlight(author, agents, 1, 40);
    theirs.length = 0;
    puts.length = 0;
    for (let done = 0; done < runs; done += turn) {
      await pause(250);
      await puttings(turn);
      await pause(250);
      ours.push(...(await oneInFlight(author, agents, 1, turn)).durable);
    }
    const version = /etcd Version: (\S+)/u.exec(found.stdout)?.[1] ?? "";
    const name = `etcd ${version}: put, watchers, the same writer`;
    const work = `one commit, ${voters} voters: last file durable`;
    return [
      goalRow(`${work}, p50, against etcd`, median(ours), median(theirs), name, 1),
      {
        ...reported(`${work}, p99, against etcd`, quantile(ours, 0.99)),
        reference: quantile(theirs, 0.99),
        referenceName: name,
        ratio: quantile(ours, 0.99) / quantile(theirs, 0.99),
      },
      reported("etcd: put to its answer, p50", median(puts)),
    ];
  });
}

async function startEtcd(scene: Scene, voters: number): Promise<{ url: string; watchers: Running[] }> {
  const [client, peer] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${client}`;
  const peerUrl = `http://127.0.0.1:${peer}`;
  scene.start("etcd", [
    ...["--data-dir", join(scene.root, "etcd")],
    ...["--listen-client-urls", url, "--advertise-client-urls", url],
    ...["--listen-peer-urls", peerUrl, "--initial-advertise-peer-urls", peerUrl],
    ...["--initial-cluster", `default=${peerUrl}`, "--log-level", "error"],
  ]);
  const deadline = Date.now() + startMaxMs;
  while (!(await answers(url))) {
    if (Date.now() > deadline) throw new Error("etcd does not answer");
    await pause(100);
  }
  const watchers: Running[] = [];
  for (let n = 0; n < voters; n += 1) {
    const folder = join(scene.root, `watched-${n}`);
    await mkdir(folder);
    await writeFile(join(folder, ".env"), "KEY=0\n");
    watchers.push(scene.node("etcdWatcher.ts", [url, join(folder, ".env")]));
  }
  await Promise.all(watchers.map((watcher) => watcher.event("ready")));
  return { url, watchers };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health`, { signal: AbortSignal.timeout(1_000) })).ok;
  } catch {
    // Not listening yet.
    return false;
  }
}

/** Puts by the JSON gateway, on a connection that stays open; the revision. */
function put(url: string, value: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(`${url}/v3/kv/put`, { method: "POST", agent: keepAlive }, (response) => {
      let text = "";
      response.on("data", (part: Buffer) => {
        text += part.toString();
      });
      response.on("end", () => {
        const { header } = JSON.parse(text) as { header: { revision: string } };
        resolve(Number(header.revision));
      });
    });
    asked.on("error", reject);
    const [key, base64] = [Buffer.from("KEY").toString("base64"), Buffer.from(value).toString("base64")];
    asked.end(JSON.stringify({ key, value: base64 }));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
