import { setImmediate as nextTurn } from "node:timers/promises";
import * as vscode from "vscode";
import type { CodeFamily } from "../../code/languages.ts";
import type { PlacedUsage } from "../../code/places.ts";
import type { CodeUsage } from "../../code/usage.ts";
import { type FileUsages, indexedUsagesMax, readsInFlightMax, UsageIndex } from "../../code/usageIndex.ts";
import { DisposableStore } from "../../shared/disposable.ts";
import { openDocumentOf } from "../services/environmentDocuments.ts";
import {
  codePattern,
  excludedPattern,
  familyOfDocument,
  familyOfUri,
  isSearched,
  rangeOf,
  readCodeFile,
  scanOfDocument,
} from "./codeFiles.ts";

/** Files that one index looks into, over all workspace folders. */
const codeFilesMax = 20_000;
/** Bytes that one search reads. */
const codeBytesMax = 512 * 1024 * 1024;
/** How long the index works before others get a turn, in milliseconds. */
const sliceMsMax = 10;
/** How long changes are gathered before they are taken up, in milliseconds. */
const gatherMs = 200;
/** Changed files that are looked at one by one; more than that and the folders are searched again. */
const changedFilesMax = 2_000;

/** What became of one file. */
interface Scan {
  readonly bytes: number;
  /** The index says something else than before. */
  readonly changed: boolean;
}

/**
 * Where the code of the workspace names environment variables. Nothing is searched or watched before somebody asks;
 * then in slices, so that the editor never waits; from then on file events and unsaved documents keep it true.
 */
export class CodeIndex implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  /** Fires when usages came, went or moved. */
  readonly onDidChange = this.#changed.event;
  readonly #log: vscode.LogOutputChannel;
  readonly #store = new DisposableStore();
  readonly #stale = new Map<string, vscode.Uri>();
  #usages = new UsageIndex();
  #gaps: string[] = [];
  #search: Promise<void> | undefined;
  #abort = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #watching = false;
  #isComplete = false;
  #disposed = false;

  constructor(log: vscode.LogOutputChannel) {
    this.#log = log;
  }

  /** True once everything was searched and no limit left anything out: only then absence means something. */
  get isComplete(): boolean {
    return this.#isComplete && this.#gaps.length === 0 && !this.#usages.overflowed;
  }

  /** What was left out, for people; empty when nothing was. */
  get gaps(): readonly string[] {
    const many = `more than ${indexedUsagesMax.toLocaleString("en")} usages were found`;
    return this.#usages.overflowed ? [...this.#gaps, many] : this.#gaps;
  }

  /** Begins the search unless it has begun. What goes wrong is in the log. */
  start(): void {
    this.#ready().catch((error: unknown) => this.#log.error(`Code could not be searched: ${String(error)}`));
  }

  /** The index as the files and documents are now. Searches first when nobody has yet. */
  async current(): Promise<UsageIndex> {
    await this.#ready();
    await this.#takeUp();
    return this.#usages;
  }

  /** The index after another look at every file: word of a change on disk may still be on its way. */
  async searchedAnew(): Promise<UsageIndex> {
    if (this.#search !== undefined) this.#again();
    return this.current();
  }

  /** The index as far as it is known, without waiting or starting anything. */
  get known(): UsageIndex {
    return this.#usages;
  }

  /** The usages of a variable, by file. */
  async usagesOf(name: string): Promise<readonly FileUsages[]> {
    return (await this.current()).of(name);
  }

  /**
   * The usages in a document as it is now. Those of an object that comes from another file need the index: it is
   * searched first when nobody has yet.
   */
  async usagesIn(document: vscode.TextDocument, family: CodeFamily): Promise<readonly PlacedUsage[]> {
    const { usages } = scanOfDocument(document, family);
    if (usages.every(({ through }) => through === undefined)) return usages;
    return (await this.current()).counting(document.uri.toString(), usages);
  }

  /** Whether a usage in a document counts; only one of an object that comes from another file needs the index. */
  async counts(document: vscode.TextDocument, usage: CodeUsage): Promise<boolean> {
    if (usage.through === undefined) return true;
    return (await this.current()).counting(document.uri.toString(), [usage]).length > 0;
  }

  /** The usage whose name the position stands in or touches, in a document that is worth scanning. */
  async usageAt(
    document: vscode.TextDocument,
    position: vscode.Position,
  ): Promise<{ readonly usage: PlacedUsage; readonly family: CodeFamily } | undefined> {
    const family = familyOfDocument(document);
    if (family === undefined) return undefined;
    const isThere = (each: PlacedUsage): boolean => rangeOf(each).contains(position);
    if (!scanOfDocument(document, family).usages.some(isThere)) return undefined;
    const usage = (await this.usagesIn(document, family)).find(isThere);
    return usage && { usage, family };
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
    this.#abort.abort();
    this.#store.dispose();
    this.#changed.dispose();
  }

  async #ready(): Promise<void> {
    if (this.#disposed) return;
    this.#watch();
    this.#search ??= this.#searchAll();
    // A newer search may replace the one being waited for; the answer is always the newest one's.
    for (let search: Promise<void> | undefined; search !== this.#search; ) {
      search = this.#search;
      await search;
    }
  }

  #again(): void {
    this.#abort.abort();
    this.#stale.clear();
    this.#search = this.#searchAll();
    this.start();
  }

  async #searchAll(): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    this.#isComplete = false;
    const usages = new UsageIndex();
    const gaps: string[] = [];
    const files = await this.#filesOf(gaps);
    let bytes = 0;
    let sliceStart = performance.now();
    for (let at = 0; at < files.length; at += readsInFlightMax) {
      const batch = files.slice(at, at + readsInFlightMax);
      const read = await Promise.all(batch.map((uri) => this.#scan(uri, usages)));
      if (abort.signal.aborted) return;
      for (const each of read) bytes += each.bytes;
      if (bytes > codeBytesMax) {
        gaps.push(`more than ${codeBytesMax / 1024 / 1024} MiB of code were found`);
        break;
      }
      if (performance.now() - sliceStart <= sliceMsMax) continue;
      await nextTurn();
      sliceStart = performance.now();
    }
    if (abort.signal.aborted || this.#disposed) return;
    this.#usages = usages;
    this.#gaps = gaps;
    this.#isComplete = true;
    for (const gap of this.gaps) this.#log.warn(`Code was searched only in part: ${gap}.`);
    this.#log.info(`Code: ${files.length} files, ${usages.size} places that name environment variables.`);
    this.#changed.fire();
  }

  async #filesOf(gaps: string[]): Promise<readonly vscode.Uri[]> {
    const files = new Map<string, vscode.Uri>();
    for (const folder of vscode.workspace.workspaceFolders ?? []) {
      const pattern = new vscode.RelativePattern(folder, codePattern);
      const found = await vscode.workspace.findFiles(pattern, excludedPattern, codeFilesMax + 1);
      for (const uri of found) if (isSearched(uri)) files.set(uri.toString(), uri);
    }
    if (files.size > codeFilesMax) {
      gaps.push(`there are more than ${codeFilesMax.toLocaleString("en")} files of code`);
    }
    return [...files.values()].slice(0, codeFilesMax);
  }

  /** Puts one file's usages into an index. */
  async #scan(uri: vscode.Uri, usages: UsageIndex): Promise<Scan> {
    const id = uri.toString();
    const open = openDocumentOf(uri, undefined);
    const family = open === undefined ? familyOfUri(uri) : familyOfDocument(open);
    if (family === undefined) return { bytes: 0, changed: false };
    if (open !== undefined) return { bytes: 0, changed: usages.set(id, scanOfDocument(open, family)) };
    const read = await readCodeFile(uri, family);
    if (read.ok) return { bytes: read.bytes, changed: usages.set(id, read.scan) };
    if (read.reason === "unreadable") this.#log.warn(`${uri.toString(true)} could not be read for usages.`);
    return { bytes: 0, changed: usages.delete(id) };
  }

  #watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    const { workspace } = vscode;
    const files = workspace.createFileSystemWatcher(codePattern);
    // A folder that is moved in or removed is told as itself, not as the files in it.
    const folders = workspace.createFileSystemWatcher("**/*", false, true, false);
    const touch = (uri: vscode.Uri): void => this.#touch(uri);
    const touchDocument = ({ uri }: vscode.TextDocument): void => this.#touch(uri);
    for (const each of [
      files,
      folders,
      files.onDidChange(touch),
      files.onDidCreate(touch),
      files.onDidDelete(touch),
      folders.onDidCreate((uri) => this.#folderCame(uri)),
      folders.onDidDelete((uri) => this.#folderWent(uri)),
      workspace.onDidChangeTextDocument(({ document }) => touchDocument(document)),
      workspace.onDidOpenTextDocument(touchDocument),
      workspace.onDidCloseTextDocument(touchDocument),
      workspace.onDidChangeWorkspaceFolders(() => this.#again()),
    ]) {
      this.#store.add(each);
    }
  }

  #touch(uri: vscode.Uri): void {
    if (familyOfUri(uri) === undefined || !isSearched(uri)) return;
    this.#stale.set(uri.toString(), uri);
    if (this.#stale.size > changedFilesMax) this.#again();
    else this.#gather();
  }

  #folderCame(uri: vscode.Uri): void {
    if (familyOfUri(uri) !== undefined || !isSearched(vscode.Uri.joinPath(uri, "file"))) return;
    const pattern = new vscode.RelativePattern(uri, codePattern);
    vscode.workspace.findFiles(pattern, excludedPattern, changedFilesMax + 1).then(
      (found) => {
        for (const each of found) this.#touch(each);
      },
      (error: unknown) => this.#log.warn(`A new folder could not be searched: ${String(error)}`),
    );
  }

  #folderWent(uri: vscode.Uri): void {
    const below = `${uri.toString()}/`;
    if (this.#usages.deleteWhere((file) => file.startsWith(below))) this.#changed.fire();
  }

  #gather(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#takeUp().catch((error: unknown) => {
        this.#log.error(`Changed code could not be read: ${String(error)}`);
      });
    }, gatherMs);
  }

  /** Reads what changed since it was read last. */
  async #takeUp(): Promise<void> {
    await this.#search;
    const stale = [...this.#stale.values()];
    this.#stale.clear();
    const usages = this.#usages;
    let changed = false;
    for (let at = 0; at < stale.length; at += readsInFlightMax) {
      const batch = stale.slice(at, at + readsInFlightMax);
      const scans = await Promise.all(batch.map((uri) => this.#scan(uri, usages)));
      changed ||= scans.some((scan) => scan.changed);
    }
    if (changed && !this.#disposed) this.#changed.fire();
  }
}
