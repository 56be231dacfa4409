import type { PreparedRecord, StagedFile } from "../commit/effects.ts";
import type { EnvironmentFiles, StagedText } from "../commit/ports.ts";
import type { DialectId } from "../dotenv/dialects.ts";
import { EnvpactError, type ErrorCode, type Problem } from "../protocol/errors.ts";
import type { Item } from "../protocol/record.ts";
import { ok } from "../shared/result.ts";
import type { KeyRef } from "./api.ts";
import { needsConsent } from "./consent.ts";
import { compareFiles, type DriftReport, textOf } from "./drift.ts";
import type { LogView } from "./logView.ts";
import type { Marks, PeerIdentity, PeerStore, Superseded } from "./ports.ts";
import { type Change, needsDialects, render, renderEach, valuesOf } from "./render.ts";
import type { IsMeant, Progress, StageResult } from "./workspaceTypes.ts";

/** A file that changes between our reading and our writing is read again this often. */
const changedRetriesMax = 5;

/** The environment files of a peer: staging, applying and comparing them with the log. */
export class Workspace {
  readonly #files: EnvironmentFiles;
  readonly #store: PeerStore;
  readonly #identity: PeerIdentity;
  readonly #replica: LogView;
  readonly #progress: Progress;

  constructor(
    files: EnvironmentFiles,
    store: PeerStore,
    identity: PeerIdentity,
    replica: LogView,
    progress: Progress = { queue: { writing: Promise.resolve() }, prepared: new Map(), broughtTo: new Map() },
  ) {
    this.#files = files;
    this.#store = store;
    this.#identity = identity;
    this.#replica = replica;
    this.#progress = progress;
  }

  /** The same files against another log: whichever writes, the other waits. `isReal`: it applies revisions of the space. */
  over(log: LogView, isReal: boolean): Workspace {
    const progress = isReal ? this.#progress : { ...this.#progress, broughtTo: new Map<string, number>() };
    return new Workspace(this.#files, this.#store, this.#identity, log, progress);
  }

  /** The mapped files, relative to the folder. */
  get fileNames(): readonly string[] {
    return Object.values(this.#identity.environments);
  }

  #file(env: string): string | undefined {
    return Object.hasOwn(this.#identity.environments, env) ? this.#identity.environments[env] : undefined;
  }

  /** The items by environment, only of environments that this workspace maps. */
  #byFile<T extends { readonly env: string }>(
    items: readonly T[],
  ): Map<string, { file: string; items: T[] }> {
    const grouped = new Map<string, { file: string; items: T[] }>();
    for (const item of items) {
      const file = this.#file(item.env);
      if (file === undefined) continue;
      const group = grouped.get(item.env) ?? { file, items: [] };
      group.items.push(item);
      grouped.set(item.env, group);
    }
    return grouped;
  }

  /**
   * Checks that every item can certainly be applied on top of revision `base` and stages the new files beside
   * their targets; `forced` tells when they are on disk. Refusals name the file, the key and why; nothing stays
   * behind after one.
   */
  async stage(tx: string, items: readonly Item[], base: number): Promise<StageResult> {
    const groups = this.#byFile(items);
    if (groups.size === 0) return { kind: "readonly" };
    const marks = await this.#store.readMarks();
    const staged: StagedFile[] = [];
    const forcing: StagedText["forced"][] = [];
    for (const [env, { file, items: changes }] of groups) {
      const result = await this.#stageFile(tx, env, file, changes, base, marks);
      if ("refused" in result) {
        await Promise.all(forcing);
        await this.#files.discard(staged);
        return { kind: "refused", ...result.refused };
      }
      staged.push(result.staged);
      forcing.push(result.forced);
    }
    return { kind: "staged", staged, forced: firstProblem(forcing) };
  }

  async #stageFile(
    tx: string,
    env: string,
    file: string,
    items: readonly Item[],
    base: number,
    marks: Marks,
  ): Promise<
    { staged: StagedFile; forced: StagedText["forced"] } | { refused: { code: ErrorCode; reason: string } }
  > {
    const refuse = (code: ErrorCode, reason: string) => ({ refused: { code, reason } });
    const read = await this.#files.read(file);
    if (read.kind === "unreadable") return refuse(read.problem.code, `${file}: ${read.problem.message}`);
    const text = read.kind === "text" ? read.text : "";
    const local = valuesOf(text);
    const changes: Change[] = [];
    for (const item of items) {
      if (item.op === "release") continue;
      const now = local.get(item.key);
      const wanted = this.#wanted(item);
      if (wanted.kind === "sealed")
        return refuse("UNSEALABLE", `${file}: ${item.key} cannot be opened with this space's key`);
      if (now === wanted.value) continue;
      const committed = this.#replica.valueAt(item, base);
      // A key that the space did not hold may replace a local value (kept first): nobody here called it shared.
      const marked = marks.shared.some((mark) => mark.env === env && mark.key === item.key);
      if (now !== committed && (committed !== undefined || marked)) {
        return refuse("DRIFT", `${file}: ${item.key} was changed locally and is not committed`);
      }
      if (needsConsent(item.key) && !marks.allowed.includes(item.key)) {
        return refuse(
          "CONSENT_NEEDED",
          `${file}: ${item.key} can make programs run other code and needs consent here (envpact allow ${item.key})`,
        );
      }
      changes.push({ key: item.key, value: wanted.value });
    }
    const rendered = render(text, changes, await this.#dialectsFor(file, changes));
    if (!rendered.ok) return refuse("VALUE_NOT_WRITABLE", `${file}: ${rendered.error.refusal.message}`);
    // Of the text that was read: a file that is edited before it is staged must not count as the one looked at.
    const targetHash = read.kind === "text" ? read.hash : "";
    if (rendered.value === text) {
      const nothing = { env, target: read.path, staged: "", stagedHash: "", targetHash };
      return { staged: nothing, forced: Promise.resolve(ok(undefined)) };
    }
    const result = await this.#files.stage(file, tx, rendered.value, targetHash);
    if (!result.ok) return refuse(result.error.code, `${file}: ${result.error.message}`);
    const { target, staged, stagedHash, forced } = result.value;
    this.#progress.prepared.set(env, { staged, local });
    return { staged: { env, target, staged, stagedHash, targetHash }, forced };
  }

  async #dialectsFor(file: string, changes: readonly Change[]): Promise<readonly DialectId[]> {
    return needsDialects(changes) ? ((await this.#identity.dialectsOf?.(file)) ?? []) : [];
  }

  #wanted(item: Item): { kind: "value"; value: string | undefined } | { kind: "sealed" } {
    if (item.op !== "set") return { kind: "value", value: undefined };
    try {
      return { kind: "value", value: this.#replica.open(item) };
    } catch (error) {
      if (error instanceof EnvpactError && error.problem.code === "UNSEALABLE") return { kind: "sealed" };
      throw error;
    }
  }

  /**
   * Brings the files from revision `from` to `to`: by renaming what was staged when the file is still the one that
   * was prepared, else key by key over the text as it is now. Returns the keys whose local value was superseded
   * (kept first), and problems of keys that could not be written (they show as drift). Throws EnvpactError with a
   * file code when a file cannot be replaced now; redoing is harmless.
   */
  apply(
    from: number,
    to: number,
    prepared: PreparedRecord | undefined,
  ): Promise<{ superseded: readonly KeyRef[]; problems: readonly Problem[] }> {
    return this.#alone(() => this.#apply(from, to, prepared));
  }

  /** One writer at a time: what a discard puts back must not come between an apply and its APPLIED. */
  #alone<T>(write: () => Promise<T>): Promise<T> {
    const done = this.#progress.queue.writing.then(write);
    // Whoever asked for the write hears of its failure.
    this.#progress.queue.writing = done.catch(() => undefined);
    return done;
  }

  async #apply(
    from: number,
    to: number,
    prepared: PreparedRecord | undefined,
  ): Promise<{ superseded: readonly KeyRef[]; problems: readonly Problem[] }> {
    const superseded: KeyRef[] = [];
    const problems: Problem[] = [];
    for (const [env, { file, items }] of this.#byFile(this.#replica.changedKeys(from, to))) {
      const staged =
        prepared?.base === from && to === from + 1
          ? prepared.staged.find((one) => one.env === env)
          : undefined;
      if (staged && staged.staged !== "") {
        const lost = await this.#keepReplaced(file, items, from, to, staged);
        if (await this.#applyStaged(staged)) {
          this.#progress.broughtTo.set(env, to);
          superseded.push(...lost);
          continue;
        }
      }
      const result = await this.#applyByKey(file, items, from, to);
      this.#progress.broughtTo.set(env, to);
      superseded.push(...result.superseded);
      problems.push(...result.problems);
    }
    if (prepared) await this.#files.discard(prepared.staged.filter((one) => one.staged !== ""));
    return { superseded, problems };
  }

  /** Keeps the local values that a rename is about to replace. */
  async #keepReplaced(
    file: string,
    refs: readonly KeyRef[],
    from: number,
    to: number,
    { env, staged }: StagedFile,
  ): Promise<readonly Superseded[]> {
    const seen = this.#progress.prepared.get(env);
    this.#progress.prepared.delete(env);
    // The rename is refused unless the target is still what was read then.
    const local = seen?.staged === staged ? seen.local : await this.#localNow(file);
    const { lost } = this.#changesNow(refs, local, from, to);
    await this.#store.keepSuperseded(lost);
    return lost;
  }

  async #localNow(file: string): Promise<ReadonlyMap<string, string>> {
    const read = await this.#files.read(file);
    // What cannot be read cannot be kept: a rename waits until it can.
    if (read.kind === "unreadable") throw raised(read.problem);
    return valuesOf(textOf(read));
  }

  async #applyStaged(staged: StagedFile): Promise<boolean> {
    const result = await this.#files.applyStaged(staged);
    if (!result.ok) throw raised(result.error);
    return result.value;
  }

  async #applyByKey(
    file: string,
    refs: readonly KeyRef[],
    from: number,
    to: number,
    isMeant: IsMeant = () => true,
  ): Promise<{ superseded: KeyRef[]; problems: Problem[] }> {
    for (let attempt = 0; ; attempt += 1) {
      const read = await this.#files.read(file);
      if (read.kind === "unreadable") throw raised(read.problem);
      const text = read.kind === "text" ? read.text : "";
      const local = valuesOf(text);
      const meant = refs.filter((ref) => isMeant(ref, local.get(ref.key)));
      const { changes, lost } = this.#changesNow(meant, local, from, to);
      await this.#store.keepSuperseded(lost);
      const dialects = await this.#dialectsFor(file, changes);
      const { text: target, refused } = renderEach(text, changes, dialects);
      const problems = refused.map(({ refusal: { message, next } }): Problem => {
        return { code: "VALUE_NOT_WRITABLE", message: `${file}: ${message}`, next };
      });
      // Also for a text that stays: an editor may hold it unsaved, and APPLIED speaks of the disk.
      if (read.kind === "absent" && target === "") return { superseded: lost, problems };
      const replaced = await this.#files.replace(file, read.kind === "text" ? text : undefined, target);
      if (replaced.ok) return { superseded: lost, problems };
      if (replaced.error.code !== "FILE_CHANGED" || attempt >= changedRetriesMax)
        throw raised(replaced.error);
    }
  }

  #changesNow(
    refs: readonly KeyRef[],
    local: ReadonlyMap<string, string>,
    from: number,
    to: number,
  ): { changes: Change[]; lost: Superseded[] } {
    const changes: Change[] = [];
    const lost: Superseded[] = [];
    for (const { env, key } of refs) {
      const now = local.get(key);
      const wanted = this.#replica.valueAt({ env, key }, to);
      const released = wanted === undefined && this.#replica.isReleased({ env, key }, to);
      if (now === wanted || released) continue;
      const before = this.#replica.valueAt({ env, key }, from);
      if (now !== undefined && now !== before) lost.push({ env, key, revision: to, value: now });
      changes.push({ key, value: wanted });
    }
    return { changes, lost };
  }

  /** Compares the files with the log at `rev`. */
  drift(rev: number, marks: Marks): Promise<DriftReport> {
    return compareFiles(this.#files, this.#identity.environments, this.#replica, rev, marks);
  }

  /** The local value of a key; undefined when the file or the key is not there. Throws the file's problem. */
  async localValue(ref: KeyRef): Promise<string | undefined> {
    const file = this.#file(ref.env);
    return file === undefined ? undefined : (await this.#localNow(file)).get(ref.key);
  }

  /**
   * Puts the log's values of `refs` back into the files; what was there is kept first. `rev` is the revision that
   * the caller sees; a file that a commit has reached since is restored to that commit's.
   */
  restore(refs: readonly KeyRef[], rev: number, isMeant?: IsMeant): Promise<void> {
    return this.#alone(async () => {
      for (const [env, { file, items }] of this.#byFile(refs)) {
        const now = Math.max(rev, this.#progress.broughtTo.get(env) ?? 0);
        await this.#applyByKey(file, items, now, now, isMeant);
      }
    });
  }
}

async function firstProblem(forcing: readonly StagedText["forced"][]): Promise<Problem | undefined> {
  for (const forced of await Promise.all(forcing)) if (!forced.ok) return forced.error;
  return undefined;
}

function raised({ code, message, next }: Problem): EnvpactError {
  return new EnvpactError(code, message, next);
}
