import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Link } from "../src/commit/ports.ts";
import { sealValue } from "../src/crypto/seal.ts";
import { randomToken } from "../src/drivers/clock.ts";
import { openLink } from "../src/drivers/link.ts";
import type { CoordinatorMessage } from "../src/protocol/messages.ts";
import type { Item } from "../src/protocol/record.ts";
import { type PeerCredentials, placesOf, readPeerCredentials } from "../src/runtime/config.ts";
import { joinSpace } from "../src/runtime/peers.ts";
import { createSpace, inviteToSpace } from "../src/runtime/spaces.ts";
import type { Running, Scene } from "./processes.ts";

/** The command that is measured; `--cli FILE` of scripts/bench.mjs changes it. */
export const measured = { cli: join(import.meta.dirname, "../dist/cli.js") };

const space = "bench";
const answerMaxMs = 60_000;

/** A space with a coordinator process, and folders that joined it. */
export class BenchSpace {
  readonly scene: Scene;
  readonly environment: NodeJS.ProcessEnv;
  readonly folders: string[] = [];
  coordinator: Running;
  #invite: string;

  private constructor(scene: Scene, environment: NodeJS.ProcessEnv, coordinator: Running, invite: string) {
    this.scene = scene;
    this.environment = environment;
    this.coordinator = coordinator;
    this.#invite = invite;
  }

  static async create(scene: Scene, start?: (data: string) => Running): Promise<BenchSpace> {
    // The endpoint files of a run are its own, in this process too.
    process.env.XDG_RUNTIME_DIR = join(scene.root, "run");
    await mkdir(process.env.XDG_RUNTIME_DIR, { mode: 0o700, recursive: true });
    const environment = { ...process.env, ENVPACT_HOME: join(scene.root, "home") };
    const data = join(scene.root, "data");
    const coordinator = start?.(data) ?? startCoordinator(scene, environment, data);
    const url = String((await coordinator.event("listening")).url);
    const { invite } = await createSpace(space, { environment, url, coordinatorEntry: "" });
    return new BenchSpace(scene, environment, coordinator, invite);
  }

  get dataFolder(): string {
    return join(this.scene.root, "data");
  }

  /** Starts the coordinator again, on the same port. */
  async restart(start?: (data: string) => Running): Promise<void> {
    const { scene, environment, dataFolder } = this;
    this.coordinator = start?.(dataFolder) ?? startCoordinator(scene, environment, dataFolder);
    await this.coordinator.event("listening");
  }

  /** Makes a folder with `.env` of this text a peer, and leaves it closed. */
  async join(text: string, role: "voter" | "observer" = "voter"): Promise<string> {
    const number = this.folders.length + 1;
    const folder = join(this.scene.root, `workspace-${number}`);
    await mkdir(folder);
    await writeFile(join(folder, ".env"), text);
    const { environment } = this;
    const peer = await joinSpace({
      folder,
      environment,
      holder: "agent",
      invitation: this.#invite,
      environments: { default: ".env" },
      name: `peer-${number}`,
      role,
    });
    await peer.close();
    this.folders.push(folder);
    ({ invite: this.#invite } = await inviteToSpace(space, { environment, coordinatorEntry: "" }));
    return folder;
  }

  /** Starts one agent for these folders. */
  agent(folders: readonly string[], flags: readonly string[] = []): Running {
    const dirs = folders.flatMap((folder) => ["--dir", folder]);
    return this.scene.start(
      process.execPath,
      [...flags, measured.cli, "agent", "--json", ...dirs],
      this.environment,
    );
  }

  async credentials(folder: string): Promise<PeerCredentials> {
    const found = await readPeerCredentials(await placesOf(folder, this.environment));
    if (!found) throw new Error(`${folder} did not join`);
    return found;
  }

  async author(folder: string): Promise<Author> {
    return Author.connect(await this.credentials(folder));
  }
}

function startCoordinator(scene: Scene, environment: NodeJS.ProcessEnv, data: string): Running {
  return scene.start(process.execPath, [measured.cli, "coordinator", "--json", "--data", data], environment);
}

type Answer = Extract<CoordinatorMessage, { t: "answer" }>;

/** An author beside the agents, as `envpact commit` is: submits, and hears the answer. Never votes or applies. */
export class Author {
  readonly #credentials: PeerCredentials;
  readonly #link: Link;
  readonly #versions = new Map<string, number>();
  readonly #answers = new Map<string, (answer: Answer) => void>();
  /** The revision of the last commit. */
  revision = 0;
  readonly roster = { applied: [] as readonly number[] };
  #rosterHeard: () => void = () => undefined;

  private constructor(credentials: PeerCredentials, ready: (problem?: Error) => void) {
    this.#credentials = credentials;
    this.#link = openLink({
      url: credentials.url,
      mode: "device",
      space: credentials.space,
      devicePrivateKey: credentials.devicePrivateKey,
      coordinatorKey: credentials.coordinatorKey,
      reconnect: true,
      onEvent: (event) => {
        if (event.kind === "connected") this.#hello();
        else if (event.kind === "message") this.#hear(event.message, ready);
        else if (event.final) ready(new Error(event.problem?.message ?? "disconnected"));
      },
    });
  }

  static connect(credentials: PeerCredentials): Promise<Author> {
    return new Promise((resolve, reject) => {
      const author = new Author(credentials, (problem) => (problem ? reject(problem) : resolve(author)));
    });
  }

  #hello(): void {
    const { peer } = this.#credentials;
    this.#link.send({
      t: "hello",
      peer,
      kind: "companion",
      rev: 0,
      hash: "",
      highestTerm: 0,
      prepared: [],
    });
  }

  #hear(message: CoordinatorMessage, ready: () => void): void {
    if (message.t === "welcome" || message.t === "roster") {
      this.roster.applied = message.roster.filter((one) => one.connected).map((one) => one.appliedRevision);
      this.#rosterHeard();
    }
    if (message.t === "welcome") ready();
    else if (message.t === "answer") {
      this.#answers.get(message.requestId)?.(message);
      this.#answers.delete(message.requestId);
    }
  }

  /** Resolves when `count` connected members have applied a revision, and it is the same one. */
  async settled(count: number): Promise<void> {
    const isSettled = () => {
      const { applied } = this.roster;
      return applied.length >= count && applied.every((rev) => rev === applied[0]);
    };
    while (!isSettled()) {
      await new Promise<void>((resolve) => {
        this.#rosterHeard = resolve;
      });
    }
  }

  /** The item that gives a key a new value; the version is the one of this author's last commit of it. */
  item(key: string, value: string, env = "default"): Item {
    const expected = this.#versions.get(`${env} ${key}`) ?? 0;
    const context = { space: this.#credentials.space, env, key, version: expected + 1, keyEpoch: 1 };
    return { env, key, op: "set", expected, sealed: sealValue(this.#credentials.dataKey, context, value) };
  }

  /** Submits and resolves with the revision. */
  async submit(items: readonly Item[]): Promise<number> {
    const requestId = randomToken(18);
    const answer = await new Promise<Answer>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("no answer in time")), answerMaxMs);
      this.#answers.set(requestId, (heard) => {
        clearTimeout(timer);
        resolve(heard);
      });
      this.#link.send({ t: "submit", requestId, items, message: "", timeoutMs: answerMaxMs });
    });
    if (answer.outcome !== "committed") throw new Error(`aborted: ${answer.code} ${answer.reason}`);
    for (const item of items) this.#versions.set(`${item.env} ${item.key}`, item.expected + 1);
    this.revision = Math.max(this.revision, answer.rev ?? 0);
    return answer.rev ?? 0;
  }

  close(): Promise<void> {
    return this.#link.close();
  }
}
