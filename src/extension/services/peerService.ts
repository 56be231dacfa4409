import * as vscode from "vscode";
import type { Peer, PeerEvent, PeerView } from "../../peer/api.ts";
import { problemOf } from "../../protocol/errors.ts";
import { type JoinOptions, joinSpace } from "../../runtime/peers.ts";
import type { FolderModel, LastSubmission } from "../views/spaceModel.ts";
import type { DialectDetection } from "./dialectDetection.ts";
import { type FolderHost, type FolderState, PeerFolder } from "./peerFolder.ts";
import { SpreadPatience } from "./peerSpread.ts";

/** Changes of peers are gathered this long before the views hear of them, in milliseconds. */
const gatherMs = 40;

export interface SpaceFolder {
  readonly folder: vscode.WorkspaceFolder;
  readonly state: FolderState;
}

/** A peer of this window. */
export interface OpenFolder {
  readonly folder: vscode.WorkspaceFolder;
  readonly peer: Peer;
}

/** The peers of the workspace folders, those of trusted workspaces only. Opens nothing before `start`. */
export class PeerService implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  /** Fires when a folder's state or a peer's view changed, a few changes at once. */
  readonly onDidChange = this.#changed.event;
  readonly #events = new vscode.EventEmitter<OpenFolder & { readonly event: PeerEvent }>();
  /** What the peers tell as it happens. */
  readonly onEvent = this.#events.event;
  readonly #log: vscode.LogOutputChannel;
  readonly #coordinatorEntry: string;
  readonly #dialects: Pick<DialectDetection, "dialectsFor">;
  readonly #folders = new Map<string, PeerFolder>();
  readonly #last = new Map<string, LastSubmission>();
  #subscriptions: vscode.Disposable[] = [];
  /** Refusals for want of consent that the person of this window has settled with. */
  readonly #keptRefusals = new Set<string>();
  readonly #patience = new Map<string, SpreadPatience>();
  #timer: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout | undefined;
  #disposed = false;

  /** `coordinatorEntry`: path of the bundled coordinator. */
  constructor(
    log: vscode.LogOutputChannel,
    coordinatorEntry: string,
    dialects: Pick<DialectDetection, "dialectsFor">,
  ) {
    this.#log = log;
    this.#coordinatorEntry = coordinatorEntry;
    this.#dialects = dialects;
  }

  /** Takes up the workspace folders; further calls do nothing. */
  start(): void {
    if (this.#subscriptions.length > 0 || this.#disposed) return;
    const { workspace } = vscode;
    this.#subscriptions = [
      workspace.onDidChangeWorkspaceFolders(() => this.#syncFolders()),
      workspace.onDidGrantWorkspaceTrust(() => {
        for (const folder of this.#folders.values()) folder.requestUpdate();
      }),
    ];
    this.#syncFolders();
  }

  /** Every workspace folder with its state, in shown order. */
  get folders(): readonly SpaceFolder[] {
    return [...this.#folders.values()]
      .map(({ folder, state }) => ({ folder, state }))
      .sort((a, b) => a.folder.index - b.folder.index);
  }

  /** The folders whose peer is open. */
  get open(): readonly OpenFolder[] {
    return this.folders.flatMap(({ folder, state }) =>
      state.kind === "open" ? [{ folder, peer: state.peer }] : [],
    );
  }

  /** The open peer of a workspace folder, by the folder's URI; another one than before when it was opened anew. */
  openAt(folder: string): OpenFolder | undefined {
    return this.open.find((each) => each.folder.uri.toString() === folder);
  }

  /** What views show: folders with a `.envpact.json`. */
  models(): readonly FolderModel[] {
    return this.folders.flatMap(({ folder, state }): FolderModel[] => {
      if (state.kind === "none") return [];
      const id = folder.uri.toString();
      const condition =
        state.kind === "open"
          ? {
              kind: state.kind,
              companion: state.peer.mode === "companion",
              view: this.#viewOf(id, state.peer),
            }
          : state;
      return [{ id, name: folder.name, condition, last: this.#last.get(id) }];
    });
  }

  /** A peer's view without what is over in a moment; it is looked at again when the moment has passed. */
  #viewOf(id: string, peer: Peer): PeerView {
    const patience = this.#patience.get(id) ?? new SpreadPatience();
    this.#patience.set(id, patience);
    const now = Date.now();
    const view = this.#withoutKept(patience.shown(peer.view, now));
    if (patience.againAtMs !== undefined && !this.#disposed) {
      this.#again ??= setTimeout(() => {
        this.#again = undefined;
        this.#fire();
      }, patience.againAtMs - now);
    }
    return view;
  }

  #withoutKept(view: PeerView): PeerView {
    const consents = view.consents.filter(({ tx }) => !this.#keptRefusals.has(tx));
    return consents.length === view.consents.length ? view : { ...view, consents };
  }

  /** Shows no longer that a transaction was refused for want of consent. */
  keepRefusing(tx: string): void {
    this.#keptRefusals.add(tx);
    this.#fire();
  }

  /** Keeps what became of the last change that was sent from a folder, for the view. */
  remember(folder: vscode.WorkspaceFolder, last: LastSubmission): void {
    this.#last.set(folder.uri.toString(), last);
    this.#fire();
  }

  /** Resolves when everything that was asked for so far is done. */
  async settled(): Promise<void> {
    await Promise.all([...this.#folders.values()].map((folder) => folder.settled()));
  }

  /** Makes a folder a peer of a space. Throws EnvpactError. */
  join(
    folder: vscode.WorkspaceFolder,
    options: Pick<JoinOptions, "invitation" | "environments" | "name" | "role">,
  ): Promise<Peer> {
    const joining = this.#folderOf(folder);
    return joining.replace(() => joinSpace({ ...joining.options, ...options }));
  }

  /** Ends a folder's membership. Throws EnvpactError; then nothing has changed. */
  leave({ folder, peer }: OpenFolder): Promise<void> {
    this.#last.delete(folder.uri.toString());
    return this.#folderOf(folder).leave(peer);
  }

  /** Closes a folder's peer and opens it again. */
  reopen(folder: vscode.WorkspaceFolder): Promise<void> {
    return this.#folderOf(folder).reopen();
  }

  dispose(): void {
    this.stop().catch((error: unknown) => this.#log.error(problemOf(error).message));
  }

  /** Closes all peers; what they said is kept. */
  async stop(): Promise<void> {
    this.#disposed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#again);
    for (const subscription of this.#subscriptions) subscription.dispose();
    await Promise.all([...this.#folders.values()].map((folder) => folder.end()));
    this.#changed.dispose();
    this.#events.dispose();
  }

  #syncFolders(): void {
    const local = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === "file");
    const live = new Set(local.map(({ uri }) => uri.toString()));
    for (const [id, folder] of this.#folders) {
      if (live.has(id)) continue;
      this.#folders.delete(id);
      folder.end().catch((error: unknown) => this.#log.error(problemOf(error).message));
    }
    for (const folder of local) this.#folderOf(folder);
    this.#fire();
  }

  #folderOf(folder: vscode.WorkspaceFolder): PeerFolder {
    const id = folder.uri.toString();
    const known = this.#folders.get(id);
    if (known !== undefined) return known;
    const host: FolderHost = {
      log: this.#log,
      coordinatorEntry: this.#coordinatorEntry,
      dialectsFor: (uri) => this.#dialects.dialectsFor(uri),
      changed: () => this.#fire(),
      event: (peer, event) => {
        if (!this.#disposed) this.#events.fire({ folder, peer, event });
      },
    };
    const made = new PeerFolder(folder, host);
    this.#folders.set(id, made);
    return made;
  }

  #fire(): void {
    if (this.#disposed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#changed.fire();
    }, gatherMs);
  }
}
