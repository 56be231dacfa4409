import { join } from "node:path";
import type { Crew } from "./crew.ts";
import { type OpenedEditor, openEditor, windowNames } from "./editors.ts";
import { Envpact, type Line, type Running } from "./envpact.ts";
import { howToGoOn } from "./goOn.ts";
import type { Options } from "./options.ts";
import { makePlaces, type Places, repository } from "./places.ts";
import { OwnProcess } from "./process.ts";
import { perform, type Stage, shareKeys, untilPeers } from "./proof.ts";
import { type Name, names, styles } from "./samples.ts";
import type { Teller } from "./teller.ts";

/** Longest time until windows that were opened take part. */
const windowsMsMax = 120_000;

/**
 * Performs the main job. With `once` it resolves after the scripted part, else it goes on until the coordinator or an
 * agent ends. Calls `onProven` when all of the scripted part was true.
 * @returns the exit code
 */
export async function run(
  options: Options,
  crew: Crew,
  teller: Teller,
  onProven: () => void,
): Promise<number> {
  teller.heading("Envpact: three workspaces, one space");
  if (options.build) await build(crew, teller);
  const places = await makePlaces(crew);
  teller.done(`three sample workspaces in ${places.root}`);
  for (const name of names) teller.line(`      ${name.padEnd(8)}${styles[name]}`);
  const envpact = new Envpact(crew, places.cli, places.env);
  const stage: Stage = { envpact, teller, root: places.root, folder: places.folder };
  const { coordinator, worker } = await startSpace(stage);
  const editor = await openEditor(options.editor, crew, places, teller);
  await untilTakingPart(stage, editor);
  await shareKeys(stage);
  const holds = await perform(stage);
  if (!holds) {
    teller.heading("Not all of it was true.");
    return 1;
  }
  onProven();
  teller.heading("All of it was true.");
  if (options.once) return 0;
  await goOn(editor, places, teller);
  return unexpectedEnd([coordinator, worker]);
}

async function build(crew: Crew, teller: Teller): Promise<void> {
  const script = join(repository, "scripts", "build.mjs");
  const building = new OwnProcess(crew, process.execPath, [script], process.env, repository);
  if ((await building.closed).code !== 0) throw new Error(`The build failed.\n${building.output}`);
  teller.done("built into dist/");
}

/** Starts the coordinator, makes the space, joins the three workspaces and starts the third one's agent. */
async function startSpace({ envpact, teller, root, folder }: Stage) {
  const coordinator = envpact.start(["coordinator", "--data", join(root, "coordinator")]);
  const { url } = await coordinator.event("listening");
  teller.done(`coordinator on ${url}`);
  let { invite } = await envpact.ok(["space", "create", "shop", "--coordinator", String(url)]);
  for (const name of names) {
    invite ??= (await envpact.ok(["space", "invite", "shop"])).invite;
    await envpact.ok(["join", String(invite), "--dir", folder(name), "--name", name]);
    invite = undefined;
  }
  const worker = await startAgent(envpact, folder("worker"));
  teller.done("space shop: web, api and worker have joined; worker has a headless agent");
  return { coordinator, worker };
}

async function startAgent(envpact: Envpact, folder: string): Promise<Running> {
  const agent = envpact.start(["agent", "--dir", folder]);
  await agent.event("ready");
  return agent;
}

/** Waits until all three take part: the windows, or agents that stand in for them. */
async function untilTakingPart(stage: Stage, { takesPart, host }: OpenedEditor): Promise<void> {
  for (const name of takesPart ? [] : windowNames) {
    const agent = await startAgent(stage.envpact, stage.folder(name));
    host?.standIn(name, () => agent.process.end());
  }
  const votes = (name: Name, peers: readonly Line[]) =>
    peers.some((peer) => peer.name === name && peer.connected === true && peer.state === "voter");
  const all = await untilPeers(stage, (peers) => names.every((name) => votes(name, peers)), windowsMsMax);
  if (!all) throw new Error(`web, api and worker do not all take part after ${windowsMsMax / 1_000} s.`);
  stage.teller.done(takesPart ? "both windows take part" : "agents take part for web and api");
}

async function goOn(editor: OpenedEditor, places: Places, teller: Teller): Promise<void> {
  const links = await editor.host?.openDoor();
  howToGoOn(teller, places, links, editor.desktop);
}

async function unexpectedEnd(running: readonly Running[]): Promise<number> {
  const ended = running.map(async ({ process }) => {
    await process.closed;
    return process.output;
  });
  throw new Error(
    `The coordinator or the agent of worker has ended by itself.\n${await Promise.race(ended)}`,
  );
}
