import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BadNetwork } from "./badNetwork.ts";
import type { Scene } from "./harness.ts";

/** The `.env` of peer `number` at the start; every other one has CRLF. */
export function template(number: number): string {
  const eol = number % 2 === 0 ? "\n" : "\r\n";
  const shared = ["K0=0", "K1=0 # of p1", "export K2=0", "CONTESTED=0"];
  return [`# p${number}`, "FOREIGN=0", ...shared, "junk line", `LAST='x y ${number}'`].join(eol);
}

/** The text with what may change in it blanked out. */
export function surroundings(text: string): string {
  return text.replace(/\b(K\d|CONTESTED|FOREIGN)=\w+/g, "$1=");
}

/** Makes the proxy stand where processes with this runtime folder look for the coordinator; returns the folder. */
export async function publishProxy(scene: Scene, network: BadNetwork): Promise<string> {
  const real = join(scene.root, "run", "envpact");
  const [name] = (await readdir(real)).filter((file) => file.startsWith("coordinator-"));
  const endpoint = JSON.parse(await readFile(join(real, name ?? ""), "utf8")) as object;
  const url = `ws://127.0.0.1:${network.port}`;
  const folder = join(scene.root, "run-behind-proxy");
  await mkdir(join(folder, "envpact"), { recursive: true, mode: 0o700 });
  const file = join(folder, "envpact", `coordinator-${network.port}.json`);
  await writeFile(file, JSON.stringify({ ...endpoint, url, pid: process.pid }), { mode: 0o600 });
  return folder;
}
