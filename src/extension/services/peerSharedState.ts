import { join } from "node:path";
import * as vscode from "vscode";
import type { KeyRef, Peer } from "../../peer/api.ts";
import type { SharedState } from "./environmentShared.ts";
import type { OpenFolder, PeerService } from "./peerService.ts";

type KeyState = "shared" | "drift";

/** What the spaces of the workspace folders know about the keys of a file. */
export class PeerSharedState implements SharedState, vscode.Disposable {
  readonly #peers: PeerService;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  readonly #listening: vscode.Disposable;
  #states = new Map<string, KeyState>();

  constructor(peers: PeerService) {
    this.#peers = peers;
    this.#listening = peers.onDidChange(() => this.#update());
  }

  stateOf(file: vscode.Uri, key: string): KeyState | undefined {
    return this.#states.get(slotOf(file, key));
  }

  dispose(): void {
    this.#listening.dispose();
    this.#changed.dispose();
  }

  #update(): void {
    const states = new Map<string, KeyState>();
    for (const open of this.#peers.open) {
      for (const ref of open.peer.view.shared) mark(states, open, ref, "shared");
      for (const ref of open.peer.view.drift) mark(states, open, ref, "drift");
    }
    const same =
      states.size === this.#states.size &&
      [...states].every(([slot, state]) => this.#states.get(slot) === state);
    this.#states = states;
    if (!same) this.#changed.fire();
  }
}

/** The file that an environment of a peer is in this folder, or undefined when it maps none to it. */
export function fileOf({ folder, peer }: OpenFolder, env: string): vscode.Uri | undefined {
  const file = peer.view.environments[env];
  return file === undefined ? undefined : vscode.Uri.file(join(folder.uri.fsPath, file));
}

/** The environment that a file is for a peer. */
export function environmentOf(
  { folder, peer }: { readonly folder: vscode.WorkspaceFolder; readonly peer: Pick<Peer, "view"> },
  file: vscode.Uri,
): string | undefined {
  const wanted = file.toString();
  return Object.entries(peer.view.environments).find(
    ([, path]) => vscode.Uri.file(join(folder.uri.fsPath, path)).toString() === wanted,
  )?.[0];
}

function mark(states: Map<string, KeyState>, open: OpenFolder, ref: KeyRef, state: KeyState): void {
  const file = fileOf(open, ref.env);
  if (file !== undefined) states.set(slotOf(file, ref.key), state);
}

function slotOf(file: vscode.Uri, key: string): string {
  return `${file.toString()}\0${key}`;
}
