import { mkdir, readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import type { CoordinatorStore } from "../commit/ports.ts";
import { retentionOf } from "../commit/retention.ts";
import { publicKeyOf } from "../crypto/device.ts";
import { systemClock } from "../drivers/clock.ts";
import { GroupCommit } from "../drivers/groupCommit.ts";
import { writePrivate } from "../drivers/home.ts";
import { publishEndpoint, removeEndpoint } from "../drivers/rendezvous.ts";
import { type Server, type ServerSocket, startServer } from "../drivers/server.ts";
import { openStore } from "../drivers/store.ts";
import { closeCodes, EnvpactError, problemOf } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";
import type { ClientMessage } from "../protocol/messages.ts";
import type { Disposable } from "../shared/disposable.ts";
import { Admissions } from "./admissions.ts";
import { HostedSpace } from "./hosting.ts";

export { defaultDataFolder } from "./bundled.ts";

export interface CoordinatorOptions {
  readonly host: string;
  /** 0 picks a free one (a restart takes the one it had when it is still free). */
  readonly port: number;
  readonly dataDir: string;
  /** Absence after which a voter is detached; default limits.detachAfterMs. */
  readonly detachAfterMs?: number;
  /** Revisions of each space whose bodies are kept; default limits.keptRevisionsMax. */
  readonly keepRevisions?: number;
  /** Leave this long after the last peer did; undefined: never. */
  readonly idleExitMs?: number;
  /** JSON lines for the log: events and names, never values. */
  readonly log: (entry: Readonly<Record<string, unknown>>) => void;
}

export interface RunningCoordinator {
  readonly url: string;
  /** Resolves when it ended by itself (idle), rejects when it had to stop (a failed write). */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Opens the data folder, forces a new term for every space and listens. Throws PORT_IN_USE, DATA_LOCKED,
 * DATA_NOT_WRITABLE, DATA_DAMAGED, NO_SQLITE, LISTEN_REFUSED (an address beyond this machine).
 */
export async function runCoordinator(options: CoordinatorOptions): Promise<RunningCoordinator> {
  if (!["127.0.0.1", "localhost", "::1"].includes(options.host)) {
    throw new EnvpactError(
      "LISTEN_REFUSED",
      `A coordinator listens on this machine only; ${options.host} is not a loopback address.`,
      "Use 127.0.0.1, and reach it from elsewhere through an SSH tunnel.",
    );
  }
  try {
    await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? "unknown error";
    throw new EnvpactError(
      "DATA_NOT_WRITABLE",
      `${options.dataDir} cannot be made (${why}).`,
      "Choose a folder that you can write: --data DIR.",
      { cause: error },
    );
  }
  const dataDir = await realpath(options.dataDir);
  const store = openStore(dataDir, retentionOf(options.keepRevisions));
  const coordinator = new Coordinator(store, { ...options, dataDir });
  try {
    return await coordinator.start();
  } catch (error) {
    await coordinator.stop();
    throw error;
  }
}

class Coordinator implements RunningCoordinator {
  readonly ended: Promise<void>;
  readonly #store: CoordinatorStore;
  readonly #commits: GroupCommit;
  readonly #options: CoordinatorOptions;
  readonly #publicKey: string;
  readonly #spaces = new Map<string, HostedSpace>();
  readonly #admissions: Admissions;
  #server: Server | undefined;
  #end: (error?: unknown) => void = () => undefined;
  #sockets = 0;
  #idleTimer: Disposable | undefined;
  #stopped = false;

  constructor(store: CoordinatorStore, options: CoordinatorOptions) {
    this.#store = store;
    this.#options = options;
    this.#publicKey = publicKeyOf(store.identity);
    this.#commits = new GroupCommit(store);
    this.#admissions = new Admissions(store);
    this.ended = new Promise((resolve, reject) => {
      this.#end = (error) => (error === undefined ? resolve() : reject(error));
    });
    // Whoever only stops it need not listen.
    this.ended.catch((error: unknown) => options.log({ event: "failed", message: problemOf(error).message }));
  }

  get url(): string {
    return this.#server?.url ?? "";
  }

  async start(): Promise<this> {
    for (const space of this.#store.spaces()) this.#host(space);
    this.#server = await this.#listen();
    const { url, port } = this.#server;
    await writePrivate(join(this.#options.dataDir, "port"), String(port));
    await publishEndpoint({
      url,
      pid: process.pid,
      coordinatorKey: this.#publicKey,
      createSecret: this.#store.createSecret,
      dataDir: this.#options.dataDir,
    });
    this.#options.log({ event: "started", url, spaces: this.#spaces.size });
    this.#watchIdle();
    return this;
  }

  async #listen(): Promise<Server> {
    const { host, port } = this.#options;
    const before = port === 0 ? await this.#portBefore() : port;
    try {
      return await this.#serve(host, before);
    } catch (error) {
      // The port of last time is somebody else's now: peers find the new one through the endpoint file.
      if (port === 0 && before !== 0 && problemOf(error).code === "PORT_IN_USE") return this.#serve(host, 0);
      throw error;
    }
  }

  async #portBefore(): Promise<number> {
    try {
      const port = Number(await readFile(join(this.#options.dataDir, "port"), "utf8"));
      return Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return 0;
      throw error;
    }
  }

  #serve(host: string, port: number): Promise<Server> {
    return startServer({
      host,
      port,
      authenticator: {
        privateKey: this.#store.identity,
        publicKey: this.#publicKey,
        check: (claim) => this.#admissions.check(claim),
      },
      onSocket: (socket) => this.#accept(socket),
      onNote: (note) => this.#options.log({ event: "note", note }),
    });
  }

  #host(name: string): HostedSpace {
    const detachAfterMs = this.#options.detachAfterMs ?? limits.detachAfterMs;
    const space = new HostedSpace(
      name,
      this.#store,
      this.#commits,
      detachAfterMs,
      this.#options.log,
      (error) => this.#end(error),
    );
    this.#spaces.set(name, space);
    return space;
  }

  #accept(socket: ServerSocket): void {
    this.#sockets += 1;
    this.#idleTimer?.dispose();
    const space = this.#spaces.get(socket.space);
    if (socket.mode === "device") space?.attach(socket);
    socket.onMessage((message) => this.#receive(socket, message));
    socket.onClose(() => {
      this.#sockets -= 1;
      this.#watchIdle();
    });
  }

  #receive(socket: ServerSocket, message: ClientMessage): void {
    try {
      const space = this.#spaces.get(socket.space);
      if (message.t === "create" && socket.mode === "create") {
        this.#admissions.create(socket, message);
        this.#host(socket.space);
        socket.send({ t: "created" });
      } else if (!space) {
        throw new EnvpactError("SPACE_UNKNOWN", `There is no space ${socket.space} here.`, "Check its name.");
      } else if (!this.#admissions.take(socket, space, message)) {
        space.receive(socket, message);
      }
    } catch (error) {
      if (!(error instanceof EnvpactError)) throw error;
      const { code, message: text } = error.problem;
      socket.send({ t: "error", code, message: text, retryable: false });
      if (message.t === "hello") socket.close(closeCodes.removed, "not a member");
    }
  }

  #watchIdle(): void {
    const { idleExitMs } = this.#options;
    if (idleExitMs === undefined || this.#sockets > 0 || this.#stopped) return;
    this.#idleTimer?.dispose();
    this.#idleTimer = systemClock.at(systemClock.now() + idleExitMs, () => this.#end());
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#idleTimer?.dispose();
    const { url } = this;
    if (url !== "") await removeEndpoint(url);
    await this.#server?.close();
    for (const space of this.#spaces.values()) await space.stop();
    this.#store.close();
    this.#options.log({ event: "stopped" });
    this.#end();
  }
}
