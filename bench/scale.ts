import { setTimeout as pause } from "node:timers/promises";
import { against, inTurns } from "./commit.ts";
import { Floor } from "./floor.ts";
import { type Running, Scene } from "./processes.ts";
import { type Row, reported } from "./row.ts";
import { BenchSpace } from "./space.ts";

const agentProcesses = 8;
/** Until what a start leaves behind (rosters, first refreshes) is over. */
const quietMs = 8_000;

/** What a coordinator process holds after a garbage collection, in bytes. */
export interface Memory {
  readonly rss: number;
  /** JavaScript heap and buffers. */
  readonly held: number;
}

/** Starts a coordinator that tells its memory. */
export function tellingCoordinator(scene: Scene): (data: string) => Running {
  return (data) => scene.node("coordinatorProcess.ts", [data], ["--expose-gc"]);
}

export async function memoryOf(coordinator: Running): Promise<Memory> {
  return (await coordinator.ask("memory")) as Memory;
}

/** Many peers, several agents a process: one commit against the floor with as many voters in as many processes. */
export function manyPeersRows(peers: number, runs: number): Promise<Row[]> {
  return Scene.use(async (scene) => {
    const space = await BenchSpace.create(scene, tellingCoordinator(scene));
    for (let n = 0; n < peers; n += 1) await space.join("KEY=0\n");
    await space.coordinator.stop();
    await space.restart(tellingCoordinator(scene));
    const before = await memoryOf(space.coordinator);
    const perAgent = peers / agentProcesses;
    const agents = Array.from({ length: agentProcesses }, (_, n) =>
      space.agent(space.folders.slice(n * perAgent, (n + 1) * perAgent)),
    );
    const author = await space.author(space.folders[0] ?? "");
    await author.settled(peers);
    await pause(quietMs);
    const after = await memoryOf(space.coordinator);
    const floor = await Floor.open(scene, peers, perAgent);
    try {
      const times = await inTurns(floor, author, agents, perAgent, runs);
      const who = `${peers} voters in ${agentProcesses} processes`;
      const perPeerKiB = (after.rss - before.rss) / peers / 1024;
      return [
        ...against(floor.times, times, who, 2),
        {
          ...reported(`coordinator memory per idle peer, ${peers} peers (resident)`, perPeerKiB, "KiB"),
          goal: "<= 64 KiB",
          met: perPeerKiB <= 64,
        },
        reported(
          `coordinator memory per idle peer, ${peers} peers (heap and buffers)`,
          (after.held - before.held) / peers / 1024,
          "KiB",
        ),
      ];
    } finally {
      floor.close();
      await author.close();
    }
  });
}
