import type { ParticipantWrite } from "../../src/commit/effects.ts";
import type { Journal, JournalImage } from "../../src/commit/ports.ts";
import {
  emptyState,
  fold,
  headerLine,
  imageOf,
  type JournalState,
  parseJournal,
  writesLine,
} from "../../src/drivers/journalFormat.ts";
import { EnvpactError } from "../../src/protocol/errors.ts";
import type { CrashKind, Process, World } from "./world.ts";

/** Told of every write at the moment when it is appended, with the state before it. */
export type OnAppend = (write: ParticipantWrite, before: JournalState) => void;

/** A participant's journal on a simulated disk, byte for byte in the format of the driver. */
export class JournalDisk {
  readonly #world: World;
  readonly #name: string;
  #lines: Buffer[] = [headerLine()];
  /** Lines that are on the disk. */
  #forcedLines = 1;
  #state = emptyState();
  #durable = emptyState();
  #waiting: ParticipantWrite[] = [];

  constructor(world: World, name: string) {
    this.#world = world;
    this.#name = name;
  }

  /** What a power loss at this moment would leave. */
  get durable(): Readonly<JournalState> {
    return this.#durable;
  }

  /** What the process has written. */
  get written(): Readonly<JournalState> {
    return this.#state;
  }

  crash(kind: CrashKind): void {
    const { random } = this.#world;
    if (kind === "power") {
      const lost = this.#lines.splice(this.#forcedLines);
      const kept = lost.splice(0, random.below(lost.length + 1));
      this.#lines.push(...kept);
      const torn = lost[0];
      if (torn) this.#lines.push(torn.subarray(0, random.below(torn.length)));
    }
    this.#damageIsFound();
  }

  /** As `openJournal`: reads the bytes, cuts a torn tail off, and forces what a dead process left unforced. */
  open(process: Process, onAppend: OnAppend): Journal {
    const bytes = Buffer.concat(this.#lines);
    const parsed = parseJournal(this.#name, bytes);
    this.#lines = [bytes.subarray(0, parsed.validBytes)];
    this.#forcedLines = 1;
    this.#state = parsed.state;
    this.#durable = { ...parsed.state, records: [...parsed.state.records] };
    this.#waiting = [];
    return {
      image: imageOf(this.#state),
      append: (writes, force) => this.#append(process, writes, force, onAppend),
      close: async () => undefined,
    };
  }

  /** As `readJournal`: what another process reads beside the one that writes. */
  read(): JournalImage {
    return imageOf(this.#state);
  }

  async #append(
    process: Process,
    writes: readonly ParticipantWrite[],
    force: boolean,
    onAppend: OnAppend,
  ): Promise<void> {
    await this.#world.io(process, `append ${writes.map((write) => write.kind).join()}`, () => {
      if (this.#world.diskFails()) throw writeFailed(this.#name);
      for (const write of writes) {
        onAppend(write, this.#state);
        if (!fold(this.#state, write)) {
          throw new EnvpactError("INTERNAL", `${this.#name}: a record does not follow its head`, "");
        }
        this.#waiting.push(write);
      }
      const forcedBytes = this.#lines.slice(0, this.#forcedLines).reduce((sum, line) => sum + line.length, 0);
      this.#lines.push(writesLine(writes, forcedBytes));
    });
    if (!force) return;
    await this.#world.io(process, "fdatasync", () => {
      // A failed force may have worked all the same.
      const fails = this.#world.diskFails();
      if (!fails || this.#world.random.chance(0.5)) this.#force();
      if (fails) throw writeFailed(this.#name);
    });
  }

  #force(): void {
    this.#forcedLines = this.#lines.length;
    for (const write of this.#waiting.splice(0)) fold(this.#durable, write);
  }

  /** Now and then: one flipped bit in what was forced must be reported, never read as something else. */
  #damageIsFound(): void {
    const { random } = this.#world;
    if (this.#forcedLines < 2 || !random.chance(0.05)) return;
    const bytes = Buffer.concat(this.#lines.slice(0, this.#forcedLines));
    bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
    try {
      parseJournal(this.#name, bytes);
    } catch (error) {
      if (error instanceof EnvpactError && error.problem.code !== "INTERNAL") return;
      throw error;
    }
    this.#world.report({ invariant: 6, text: `${this.#name}: a flipped bit was read without complaint` });
  }
}

function writeFailed(name: string): EnvpactError {
  return new EnvpactError("DATA_NOT_WRITABLE", `${name} cannot be written: the system reported EIO.`, "");
}
