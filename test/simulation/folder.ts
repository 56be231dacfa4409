import { createHash } from "node:crypto";
import type { StagedFile } from "../../src/commit/effects.ts";
import type { EnvironmentFiles, FileText, StagedText } from "../../src/commit/ports.ts";
import type { Problem } from "../../src/protocol/errors.ts";
import { err, ok, type Result } from "../../src/shared/result.ts";
import type { CrashKind, Process, World } from "./world.ts";

/** A file's content and state; two names may stand for it while a rename is not forced yet. */
interface Node {
  text: string;
  /** Whether the text is on the disk; what is not may come back cut off. */
  forced: boolean;
  readOnly: boolean;
  /** The hash of the text, once somebody asked for it. */
  hash?: string;
}

type Entries = Map<string, Node>;

/** Told at the moment when a peer's write takes the place of a file. */
export type OnWrite = (path: string, before: string | undefined, after: string) => void;

/** A workspace folder on a simulated disk: what programs see, and what a power loss leaves of it. */
export class Folder {
  readonly path: string;
  readonly #world: World;
  #seen: Entries = new Map();
  #durable: Entries = new Map();
  /** Changes of the folder that are not forced yet, in order; a power loss keeps some first ones. */
  #unforced: ((entries: Entries) => void)[] = [];
  #watchers: { readonly process: Process; readonly changed: () => void }[] = [];
  /** Renames over a file are refused until then, as Windows does while another program has it open. */
  readonly #lockedUntil = new Map<string, number>();
  /** Renames over a file that are still to be refused (EPERM, EBUSY, EACCES). */
  readonly #refusals = new Map<string, number>();
  readonly #unreadable = new Set<string>();
  #temporaries = 0;

  constructor(world: World, path: string) {
    this.#world = world;
    this.path = path;
  }

  absolute(file: string): string {
    return `${this.path}/${file}`;
  }

  /** The text that a program reads now. */
  text(file: string): string | undefined {
    return this.#seen.get(this.absolute(file))?.text;
  }

  names(): string[] {
    return [...this.#seen.keys()];
  }

  /** A person writes (or, for undefined, removes) a file; an editor's save is taken as forced. */
  edit(file: string, text: string | undefined): void {
    const path = this.absolute(file);
    const node: Node = { text: text ?? "", forced: true, readOnly: false };
    this.#change((entries) => (text === undefined ? entries.delete(path) : entries.set(path, node)));
    this.#force();
    this.#changed();
  }

  setReadOnly(file: string, readOnly: boolean): void {
    const node = this.#seen.get(this.absolute(file));
    if (node) node.readOnly = readOnly;
  }

  setUnreadable(file: string, unreadable: boolean): void {
    if (unreadable) this.#unreadable.add(this.absolute(file));
    else this.#unreadable.delete(this.absolute(file));
  }

  lock(file: string, untilMs: number): void {
    this.#lockedUntil.set(this.absolute(file), untilMs);
  }

  refuseRenames(file: string, times: number): void {
    this.#refusals.set(this.absolute(file), times);
  }

  /** Everything that stood in the way is gone. */
  heal(): void {
    this.#refusals.clear();
    this.#lockedUntil.clear();
    this.#unreadable.clear();
    for (const node of this.#seen.values()) node.readOnly = false;
  }

  crash(kind: CrashKind): void {
    this.#watchers = this.#watchers.filter(({ process }) => process.alive);
    if (kind === "kill") return;
    for (const change of this.#unforced.slice(0, this.#world.random.below(this.#unforced.length + 1))) {
      change(this.#durable);
    }
    this.#unforced = [];
    for (const node of this.#durable.values()) {
      if (!node.forced) {
        node.text = node.text.slice(0, this.#world.random.below(node.text.length + 1));
        delete node.hash;
      }
      node.forced = true;
    }
    this.#seen = new Map(this.#durable);
  }

  /** As `sweepStaged`: removes the temporary files that no promise needs, and forces those that one does. */
  sweep(keep: readonly string[]): void {
    for (const path of this.temporaries()) {
      if (keep.includes(path)) this.#seen.get(path)!.forced = true;
      else this.#remove(path);
    }
  }

  temporaries(): string[] {
    return this.names().filter((path) => path.endsWith(".tmp"));
  }

  #change(change: (entries: Entries) => void): void {
    change(this.#seen);
    this.#unforced.push(change);
  }

  #force(): void {
    for (const change of this.#unforced.splice(0)) change(this.#durable);
  }

  #remove(path: string): void {
    this.#change((entries) => entries.delete(path));
  }

  #changed(): void {
    for (const { process, changed } of this.#watchers) this.#world.schedule(60, process, changed);
  }

  /** The environment files as one process gets them. */
  filesOf(process: Process, onWrite: OnWrite): EnvironmentFiles {
    const io = <T>(what: string, act: () => T) => this.#world.io(process, what, act);
    const stage = (file: string, text: string) => this.#stage(process, file, text);
    const place = (staged: Omit<StagedFile, "env">) => this.#place(process, staged, onWrite);
    return {
      read: async (file) => this.#read(file),
      stage: (file, _tx, text) => stage(file, text),
      applyStaged: place,
      replace: async (file, expected, text) => {
        const staged = await stage(file, text);
        if (!staged.ok) return staged;
        const forced = await staged.value.forced;
        if (!forced.ok) {
          if (staged.value.staged !== "") this.#remove(staged.value.staged);
          return forced;
        }
        const path = staged.value.target;
        const expectedHash = expected === undefined ? "" : hashOf(expected);
        const same = staged.value.targetHash === expectedHash;
        if (same && staged.value.staged === "") return this.#forceFolder(process);
        const placed = same ? await place(staged.value) : ok(false);
        if (placed.ok && placed.value) return ok(undefined);
        if (staged.value.staged !== "") this.#remove(staged.value.staged);
        return placed.ok ? err(problem("FILE_CHANGED", `${path} was changed meanwhile`)) : placed;
      },
      discard: (staged) =>
        io("unlink", () => {
          for (const one of staged) if (one.staged !== "") this.#remove(one.staged);
        }),
      watch: (_files, changed) => {
        const watcher = { process, changed };
        this.#watchers.push(watcher);
        return {
          dispose: () => {
            this.#watchers = this.#watchers.filter((one) => one !== watcher);
          },
        };
      },
    };
  }

  #read(file: string): FileText {
    const path = this.absolute(file);
    const node = this.#seen.get(path);
    if (!node) return { kind: "absent", path };
    if (this.#unreadable.has(path)) {
      return { kind: "unreadable", path, problem: problem("FILE_NOT_TEXT", `${path} is not text`) };
    }
    return { kind: "text", path, text: node.text, hash: hashOfNode(node) };
  }

  async #stage(process: Process, file: string, text: string): Promise<Result<StagedText, Problem>> {
    const target = this.absolute(file);
    const written = await this.#world.io(process, `stage ${target}`, () => {
      const present = this.#seen.get(target);
      if (this.#unreadable.has(target)) return err(problem("FILE_NOT_TEXT", `${target} is not text`));
      if (present?.readOnly) return err(problem("FILE_NOT_WRITABLE", `${target} is read-only`));
      if (this.#world.diskFails()) return err(problem("NO_SPACE_LEFT", `no space for ${target}`));
      const targetHash = hashOfNode(present);
      if (present?.text === text)
        return ok({ target, staged: "", stagedHash: "", targetHash, node: undefined });
      this.#temporaries += 1;
      const number = this.#temporaries.toString(16).padStart(8, "0");
      const staged = `${this.path}/.${file}.envpact-${number}.tmp`;
      const node: Node = { text, forced: false, readOnly: false };
      this.#change((entries) => entries.set(staged, node));
      return ok({ target, staged, stagedHash: hashOf(text), targetHash, node });
    });
    if (!written.ok) return written;
    const { node, ...staged } = written.value;
    if (!node) return ok({ ...staged, forced: Promise.resolve(ok(undefined)) });
    const forced = this.#world.io(process, `fsync ${staged.staged}`, () => {
      if (this.#world.diskFails()) return err(problem("NO_SPACE_LEFT", `no space for ${target}`));
      node.forced = true;
      return ok(undefined);
    });
    return ok({ ...staged, forced });
  }

  async #place(
    process: Process,
    { target, staged, stagedHash, targetHash }: Omit<StagedFile, "env">,
    onWrite: OnWrite,
  ): Promise<Result<boolean, Problem>> {
    const renamed = await this.#world.io(process, `rename ${target}`, () => {
      const present = this.#seen.get(target);
      if (hashOfNode(present) !== targetHash) return ok(false);
      if (staged === "") return ok(true);
      const node = this.#seen.get(staged);
      if (!node || hashOfNode(node) !== stagedHash) return ok(false);
      if (this.#refuses(target)) return err(problem("FILE_LOCKED", `${target} is locked`));
      if (this.#world.diskFails()) return err(problem("FILE_NOT_WRITABLE", `${target} cannot be replaced`));
      onWrite(target, present?.text, node.text);
      this.#change((entries) => {
        entries.set(target, node);
        entries.delete(staged);
      });
      return ok(true);
    });
    if (!renamed.ok || !renamed.value || staged === "") return renamed;
    const forced = await this.#forceFolder(process);
    this.#changed();
    return forced.ok ? renamed : forced;
  }

  #forceFolder(process: Process): Promise<Result<void, Problem>> {
    return this.#world.io(process, `fsync ${this.path}`, () => {
      if (this.#world.diskFails()) return err(problem("FILE_NOT_WRITABLE", `${this.path} cannot be forced`));
      this.#force();
      return ok(undefined);
    });
  }

  /** Whether a power loss now would leave the file as it is. */
  isForced(file: string): boolean {
    const path = this.absolute(file);
    return this.#seen.get(path) === this.#durable.get(path);
  }

  /** Whether a rename over the file is refused now: another program has it open, or it is refused a few times more. */
  #refuses(target: string): boolean {
    const refusals = this.#refusals.get(target) ?? 0;
    if (refusals > 0) this.#refusals.set(target, refusals - 1);
    return refusals > 0 || (this.#lockedUntil.get(target) ?? 0) > this.#world.now;
  }
}

/** The hash of a file's text; empty for none. */
function hashOfNode(node: Node | undefined): string {
  if (!node) return "";
  node.hash ??= hashOf(node.text);
  return node.hash;
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function problem(code: Problem["code"], message: string): Problem {
  return { code, message, next: "" };
}
