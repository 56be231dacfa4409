import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as vscode from "vscode";
import type { DialectId } from "../../dotenv/dialects.ts";
import type { Peer, PeerEvent } from "../../peer/api.ts";
import { type Problem, problemOf } from "../../protocol/errors.ts";
import { attachPeer, type PeerOptions, peerOf } from "../../runtime/peers.ts";
import { OpenDocumentFiles } from "./openDocuments.ts";
import { changesReview, reviewSetting } from "./peerSettings.ts";

/** The file that says which space a folder belongs to. */
const configFileName = ".envpact.json";
/** A companion whose participant is gone takes part itself after this long, in milliseconds. */
const takeOverMs = 2_000;

/** What a workspace folder is to its space. */
export type FolderState =
  /** No `.envpact.json`. */
  | { readonly kind: "none" }
  | { readonly kind: "untrusted" }
  /** The folder names a space, but this machine is no peer of it. */
  | { readonly kind: "stranger" }
  | { readonly kind: "opening" }
  | { readonly kind: "failed"; readonly problem: Problem }
  | { readonly kind: "open"; readonly peer: Peer };

/** What a folder needs of the window. */
export interface FolderHost {
  readonly log: vscode.LogOutputChannel;
  /** Path of the bundled coordinator. */
  readonly coordinatorEntry: string;
  /** Who reads a `.env` file. */
  dialectsFor(uri: vscode.Uri): Promise<readonly DialectId[]>;
  /** The state, or what the peer's view says, is another now. */
  changed(): void;
  event(peer: Peer, event: PeerEvent): void;
}

/** One workspace folder: opens its peer in trusted workspaces and keeps up with its `.envpact.json`. */
export class PeerFolder {
  readonly folder: vscode.WorkspaceFolder;
  readonly #host: FolderHost;
  readonly #watcher: vscode.FileSystemWatcher;
  readonly #settings: vscode.Disposable;
  #state: FolderState = { kind: "none" };
  /** Digest of the `.envpact.json` that the state was made from. */
  #config: string | undefined;
  #listening: readonly { dispose(): void }[] = [];
  /** Everything that opens or closes the peer waits here for its turn. */
  #queue: Promise<unknown> = Promise.resolve();
  #takeOver: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(folder: vscode.WorkspaceFolder, host: FolderHost) {
    this.folder = folder;
    this.#host = host;
    this.#watcher = vscode.workspace.createFileSystemWatcher(
      new vscode.RelativePattern(folder, configFileName),
    );
    const update = (): void => this.requestUpdate();
    this.#watcher.onDidCreate(update);
    this.#watcher.onDidChange(update);
    this.#watcher.onDidDelete(update);
    this.#settings = vscode.workspace.onDidChangeConfiguration((event) => {
      // The coordinator is told at the greeting, so the peer greets anew.
      if (changesReview(event, folder.uri) && this.#state.kind === "open") this.#report(this.reopen());
    });
    update();
  }

  get state(): FolderState {
    return this.#state;
  }

  /** What every way of opening this folder's peer has in common. */
  get options(): PeerOptions {
    const { folder } = this;
    const review = reviewSetting(folder.uri);
    return {
      folder: folder.uri.fsPath,
      environment: process.env,
      holder: "editor",
      coordinatorEntry: this.#host.coordinatorEntry,
      log: (line) => this.#host.log.info(`${folder.name}: ${line}`),
      ...(review === undefined ? {} : { review }),
      dialectsOf: (file) => this.#host.dialectsFor(vscode.Uri.joinPath(folder.uri, file)),
      wrapFiles: (disk) => new OpenDocumentFiles(folder.uri.fsPath, disk),
    };
  }

  /** Resolves when everything that was asked for so far is done. */
  async settled(): Promise<void> {
    await this.#queue;
  }

  /** Looks at `.envpact.json` and at the workspace's trust again. */
  requestUpdate(): void {
    this.#report(this.#enqueue(() => this.#update()));
  }

  /** Takes the peer that `open` makes, in place of the one there was. What `open` throws is passed on. */
  replace(open: () => Promise<Peer>): Promise<Peer> {
    return this.#enqueue(async () => {
      await this.#close();
      this.#enter({ kind: "opening" });
      try {
        const peer = await open();
        await this.#adopt(peer);
        return peer;
      } catch (error) {
        await this.#update();
        throw error;
      }
    });
  }

  /** Ends the membership. Throws EnvpactError; then nothing has changed. */
  leave(peer: Peer): Promise<void> {
    return this.#enqueue(async () => {
      await peer.leave();
      await this.#close();
      await this.#update();
    });
  }

  /** Closes the peer and opens it again. */
  reopen(): Promise<void> {
    return this.#enqueue(async () => {
      await this.#close();
      await this.#update();
    });
  }

  /** Closes the peer for good; what it said is kept. */
  end(): Promise<void> {
    this.#ended = true;
    this.#watcher.dispose();
    this.#settings.dispose();
    return this.#enqueue(() => this.#close());
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  #report(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#host.log.error(`${this.folder.name}: ${problemOf(error).message}`));
  }

  async #update(): Promise<void> {
    const config = await digestOf(join(this.folder.uri.fsPath, configFileName));
    if (this.#state.kind === "open" && config === this.#config) return;
    await this.#close();
    if (this.#ended) return;
    this.#config = config;
    if (config === undefined) return this.#enter({ kind: "none" });
    if (!vscode.workspace.isTrusted) return this.#enter({ kind: "untrusted" });
    this.#enter({ kind: "opening" });
    try {
      const known = await peerOf(this.folder.uri.fsPath, process.env);
      if (known === undefined) return this.#enter({ kind: "stranger" });
      await this.#adopt(await attachPeer(this.options));
    } catch (error) {
      const problem = problemOf(error);
      this.#host.log.error(`${this.folder.name}: ${problem.code}: ${problem.message}`);
      this.#enter({ kind: "failed", problem });
    }
  }

  async #adopt(peer: Peer): Promise<void> {
    // Started before a shutdown and ready after it: nobody would close it any more.
    if (this.#ended) return peer.close();
    this.#config = await digestOf(join(this.folder.uri.fsPath, configFileName));
    this.#listening = [
      peer.onChange(() => {
        this.#considerTakeOver(peer);
        this.#host.changed();
      }),
      peer.onEvent((event) => this.#host.event(peer, event)),
    ];
    this.#enter({ kind: "open", peer });
  }

  /** The process beside which this window spoke has ended: take part here, so that the folder keeps its vote. */
  #considerTakeOver(peer: Peer): void {
    const self = peer.view.roster.find((member) => member.self);
    if (peer.mode !== "companion" || peer.view.connection !== "connected" || self?.connected !== false) {
      clearTimeout(this.#takeOver);
      this.#takeOver = undefined;
      return;
    }
    this.#takeOver ??= setTimeout(() => {
      this.#takeOver = undefined;
      this.#report(this.reopen());
    }, takeOverMs);
  }

  #enter(state: FolderState): void {
    this.#state = state;
    this.#host.changed();
  }

  async #close(): Promise<void> {
    clearTimeout(this.#takeOver);
    this.#takeOver = undefined;
    for (const each of this.#listening) each.dispose();
    this.#listening = [];
    const state = this.#state;
    if (state.kind !== "open") return;
    this.#enter({ kind: "opening" });
    await state.peer.close();
  }
}

/** Tells one `.envpact.json` from another; undefined when there is none. */
async function digestOf(path: string): Promise<string | undefined> {
  try {
    return createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    // There is something, and opening the peer says what is wrong with it.
    return "unreadable";
  }
}
