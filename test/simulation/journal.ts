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

/** A line of the file: its bytes, or what they are made of when somebody reads them. */
type Line = Buffer | { readonly writes: readonly ParticipantWrite[]; readonly forcedLines: number };

/** A participant's journal on a simulated disk, byte for byte in the format of the driver. */
export class JournalDisk {
  readonly #world: World;
  readonly #name: string;
  #lines: Line[] = [headerLine()];
  /** Lines that are on the disk. */
  #forcedLines = 1;
  #state = emptyState();
  #durable = emptyState();
  /** Whether the file holds something else than the lines that were written. */
  #cut = false;

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
    if (kind === "power" && this.#lines.length > this.#forcedLines) {
      const lines = this.#bytes();
      const kept = this.#forcedLines + random.below(lines.length - this.#forcedLines + 1);
      const torn = lines[kept];
      this.#lines = lines.slice(0, kept);
      if (torn) this.#lines.push(torn.subarray(0, random.below(torn.length)));
      this.#cut = true;
    }
    this.#damageIsFound();
  }

  /** As `openJournal`: reads the bytes, cuts a torn tail off, and forces what a dead process left unforced. */
  open(process: Process, onAppend: OnAppend): Journal {
    if (this.#cut || this.#world.plan.thorough) {
      const bytes = Buffer.concat(this.#bytes());
      const parsed = parseJournal(this.#name, bytes);
      this.#lines = [bytes.subarray(0, parsed.validBytes)];
      this.#state = parsed.state;
      this.#cut = false;
    } else this.#state = copyOf(this.#state);
    this.#force();
    return {
      image: imageOf(this.#state),
      append: (writes, force) => this.#append(process, writes, force, onAppend),
      close: async () => undefined,
    };
  }

  /** As `readJournal`: what another process reads beside the one that writes. */
  read(): JournalImage {
    return imageOf(this.#cut ? parseJournal(this.#name, Buffer.concat(this.#bytes())).state : this.#state);
  }

  async #append(
    process: Process,
    writes: readonly ParticipantWrite[],
    force: boolean,
    onAppend: OnAppend,
  ): Promise<void> {
    await this.#world.io(process, `append ${writes.map((write) => write.kind).join()}`, () => {
      const line = { writes, forcedLines: this.#forcedLines };
      if (this.#world.diskFails()) this.#full(line);
      for (const write of writes) {
        onAppend(write, this.#state);
        if (!fold(this.#state, write)) {
          throw new EnvpactError("INTERNAL", `${this.#name}: a record does not follow its head`, "");
        }
      }
      this.#lines.push(line);
    });
    if (!force) return;
    await this.#world.io(process, "fdatasync", () => {
      // A failed force may have worked all the same.
      const fails = this.#world.diskFails();
      if (!fails || this.#world.random.chance(0.5)) this.#force();
      if (fails) throw writeFailed(this.#name, "EIO");
    });
  }

  /** The disk is full: a first part of the line is all that it takes. */
  #full(line: Line): never {
    const { random } = this.#world;
    if (random.chance(0.5)) {
      this.#lines.push(line);
      const bytes = this.#bytes();
      const whole = bytes.pop()!;
      this.#lines = [...bytes, whole.subarray(0, random.below(whole.length))];
      this.#cut = true;
    }
    throw writeFailed(this.#name, "ENOSPC");
  }

  /** Everything in the file is on the disk from now on. */
  #force(): void {
    this.#forcedLines = this.#lines.length;
    this.#durable = copyOf(this.#state);
  }

  /** The lines as bytes, made now where nobody asked for them before. */
  #bytes(): Buffer[] {
    const lines: Buffer[] = [];
    const ends = [0];
    for (const line of this.#lines) {
      const bytes = Buffer.isBuffer(line) ? line : writesLine(line.writes, ends[line.forcedLines]!);
      lines.push(bytes);
      ends.push(ends.at(-1)! + bytes.length);
    }
    this.#lines = lines;
    return [...lines];
  }

  /** Now and then: one flipped bit in what was forced must be reported, never read as something else. */
  #damageIsFound(): void {
    const { random } = this.#world;
    if (this.#forcedLines < 2 || !random.chance(0.05)) return;
    const bytes = Buffer.concat(this.#bytes().slice(0, this.#forcedLines));
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

/** The state as it is now, apart from what is written later. */
function copyOf(state: Readonly<JournalState>): JournalState {
  return { ...state, records: [...state.records] };
}

function writeFailed(name: string, code: string): EnvpactError {
  return new EnvpactError("DATA_NOT_WRITABLE", `${name} cannot be written: the system reported ${code}.`, "");
}
