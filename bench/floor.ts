import { join } from "node:path";
import { WebSocket } from "ws";
import { socketOptions } from "../src/drivers/socketOptions.ts";
import { bytesOf } from "./bareSizes.ts";
import type { Running, Scene } from "./processes.ts";
import { median, quantile, type Row, reported } from "./row.ts";

/** Times of bare commits, in milliseconds from the author's word. */
export interface FloorTimes {
  /** To the author's answer: messages, parallel prepare forces, decision force. */
  readonly answers: number[];
  /** Until every voter had replaced its file and said so. */
  readonly durable: number[];
}

/** The author of the bare programs: says a word and waits for the answers to it. */
class BareAuthor {
  readonly #socket: WebSocket;
  #waiting: { readonly words: readonly string[]; readonly times: number[]; done: () => void } | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => this.#hear(data.toString().trimEnd()));
  }

  static async connect(url: string): Promise<BareAuthor> {
    const socket = new WebSocket(url, socketOptions);
    await new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    const author = new BareAuthor(socket);
    await author.ask("author", ["ready"]);
    return author;
  }

  /** Milliseconds from saying `word` to each of the `answers`, which come in this order. */
  async ask(word: string, answers: readonly string[]): Promise<readonly number[]> {
    const start = performance.now();
    const times: number[] = [];
    await new Promise<void>((done) => {
      this.#waiting = { words: answers, times, done };
      this.#socket.send(word.padEnd(bytesOf.submit));
    });
    return times.map((time) => time - start);
  }

  #hear(word: string): void {
    const waiting = this.#waiting;
    const expected = waiting?.words[waiting.times.length];
    if (!waiting || (word !== expected && expected !== "echoed")) throw new Error(`heard ${word}`);
    waiting.times.push(performance.now());
    if (waiting.times.length === waiting.words.length) waiting.done();
  }

  close(): void {
    this.#socket.terminate();
  }
}

/**
 * The floor of a commit with this many voters. Each voter is a process of its own, as the product's are: the thread
 * pool of one process would share its four threads among all of them, and one event loop would serialize what N do at
 * once. The floor is run as a program of its own (bench/bareProcess.ts) rather than added up of parts, so that on few
 * cores it pays for waking N processes just as the product does; the parts are printed beside it.
 */
export class Floor {
  readonly times: FloorTimes = { answers: [], durable: [] };
  readonly #author: BareAuthor;
  readonly #voters: number;

  private constructor(author: BareAuthor, voters: number) {
    this.#author = author;
    this.#voters = voters;
  }

  /** Starts the bare programs in this scene, `perProcess` voters in each. */
  static async open(scene: Scene, voters: number, perProcess = 1): Promise<Floor> {
    const folder = join(scene.root, "floor");
    const coordinator = scene.node("bareProcess.ts", ["coordinator", join(folder, "data")]);
    const url = String((await coordinator.event("listening")).url);
    const all = allVoters(coordinator, voters);
    for (let n = 0; n < voters / perProcess; n += 1)
      scene.node("bareProcess.ts", ["voter", url, join(folder, `voters-${n}`), String(perProcess)]);
    await all;
    return new Floor(await BareAuthor.connect(url), voters);
  }

  /** Bare commits, one after the other. */
  async commits(runs: number): Promise<void> {
    for (let run = 0; run < runs; run += 1) {
      const [answer = Number.NaN, durable = Number.NaN] = await this.#author.ask("commit", [
        "answer",
        "durable",
      ]);
      this.times.answers.push(answer);
      this.times.durable.push(durable);
    }
  }

  /** Forgets the commits of the warm-up. */
  forget(): void {
    this.times.answers.length = 0;
    this.times.durable.length = 0;
  }

  /** The parts of the floor, each by itself, and the floor. */
  async rows(runs: number): Promise<Row[]> {
    const echo = await this.#median("echo", "echoed", runs);
    const messages = await this.#median("nothing", "done", runs);
    const forces = await this.#median("prepare", "done", runs);
    const replacements = await this.#median("replace", "done", runs);
    const log = await this.#median("log", "logged", runs);
    const of = `${this.#voters} voters`;
    return [
      reported("floor: WebSocket round trip between two processes", echo),
      reported(`floor: round trip to ${of}`, messages),
      reported(`floor: parallel forced appends, ${of} (less the messages)`, forces - messages),
      reported(`floor: file replacements, ${of} (less the messages)`, replacements - messages),
      reported("floor: one SQLite commit, synchronous=FULL (less the messages)", log - echo),
      reported(`floor: messages + prepare forces + decision force, ${of}, p50`, median(this.times.answers)),
      reported(`floor: the same, p99`, quantile(this.times.answers, 0.99)),
      reported(`floor: the same + replacements, ${of}, p50`, median(this.times.durable)),
      reported(`floor: the same + replacements, p99`, quantile(this.times.durable, 0.99)),
    ];
  }

  async #median(word: string, answer: string, runs: number): Promise<number> {
    const times: number[] = [];
    for (let run = 0; run < runs; run += 1) times.push((await this.#author.ask(word, [answer]))[0] ?? 0);
    return median(times);
  }

  close(): void {
    this.#author.close();
  }
}

function allVoters(coordinator: Running, voters: number): Promise<void> {
  return new Promise((resolve) => {
    const stop = coordinator.onLine((line) => {
      if (line.event !== "voters" || Number(line.count) < voters) return;
      stop();
      resolve();
    });
  });
}
