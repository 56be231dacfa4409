import * as vscode from "vscode";
import type { RevisionView } from "../../peer/api.ts";
import { problemOf } from "../../protocol/errors.ts";
import type { PeerService } from "../services/peerService.ts";
import { spaceCommandIds, spaceLookedKey } from "../spaceIds.ts";
import { historyRows, revisionsPageMax } from "./historyRows.ts";
import { changedRows } from "./spaceChanges.ts";
import { rootRows } from "./spaceModel.ts";
import { contextOf, row, type SpaceRow, spokenText } from "./spaceRow.ts";
import { problemText } from "./spaceWords.ts";

interface HistoryPage {
  readonly head: number;
  readonly limit: number;
  readonly revisions: readonly RevisionView[];
  readonly complete: boolean;
}

/** The "Space" view. Only rows that became others are drawn anew; the history is read when it is opened. */
export class SpaceTree implements vscode.TreeDataProvider<SpaceRow>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<SpaceRow[] | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #peers: PeerService;
  readonly #listening: vscode.Disposable;
  /** The rows of the last change. */
  #last: readonly SpaceRow[] = [];
  /** VS Code recognises a row by the object it was given, so there is one object an id, with the newest content. */
  readonly #nodes = new Map<string, SpaceRow>();
  #looking = false;
  /** By workspace folder; how many revisions it shows, and what was read last. */
  readonly #limits = new Map<string, number>();
  readonly #pages = new Map<string, HistoryPage>();

  constructor(peers: PeerService) {
    this.#peers = peers;
    this.#listening = peers.onDidChange(() => this.#update());
  }

  async getChildren(parent?: SpaceRow): Promise<SpaceRow[]> {
    if (parent === undefined) {
      this.#peers.start();
      this.#look();
      return rootRows(this.#peers.models(), Date.now()).map((each) => this.#node(each));
    }
    const rows = parent.kind === "history" ? await this.#historyRows(parent.folder) : (parent.children ?? []);
    return rows.map((each) => this.#node(each));
  }

  getTreeItem(element: SpaceRow): vscode.TreeItem {
    const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;
    const hasChildren = element.kind === "history" || (element.children?.length ?? 0) > 0;
    const item = new vscode.TreeItem(
      element.label,
      hasChildren ? (element.expanded ? Expanded : Collapsed) : None,
    );
    item.id = element.id;
    item.description = element.description;
    item.tooltip = element.tooltip;
    item.contextValue = contextOf(element);
    const color = element.color === undefined ? undefined : new vscode.ThemeColor(element.color);
    item.iconPath = new vscode.ThemeIcon(element.icon, color);
    item.accessibilityInformation = { label: spokenText(element) };
    const command = clickOf(element);
    if (command !== undefined) item.command = { command, title: element.label, arguments: [element] };
    return item;
  }

  #look(): void {
    if (this.#looking) return;
    this.#looking = true;
    void this.#peers.settled().then(() => vscode.commands.executeCommand("setContext", spaceLookedKey, true));
  }

  /** Shows another page of a folder's history. */
  showMore(folder: string): void {
    this.#limits.set(folder, (this.#limits.get(folder) ?? revisionsPageMax) + revisionsPageMax);
    const history = this.#nodes.get(`${folder}#history`);
    if (history !== undefined) this.#changed.fire([history]);
  }

  dispose(): void {
    this.#listening.dispose();
    this.#changed.dispose();
  }

  #update(): void {
    const rows = rootRows(this.#peers.models(), Date.now());
    const ids = changedRows(this.#last, rows);
    this.#last = rows;
    if (ids === undefined) {
      this.#nodes.clear();
      this.#changed.fire(undefined);
      return;
    }
    for (const row of rows) this.#renew(row);
    // A row that was never asked for is in a closed part; its parent has the newest content when it is opened.
    const changed = ids.map((id) => this.#nodes.get(id)).filter((node) => node !== undefined);
    if (changed.length > 0) this.#changed.fire(changed);
  }

  #renew(row: SpaceRow): void {
    const known = this.#nodes.get(row.id);
    if (known !== undefined) Object.assign(known, row);
    for (const child of row.children ?? []) this.#renew(child);
  }

  #node(row: SpaceRow): SpaceRow {
    const known = this.#nodes.get(row.id);
    if (known !== undefined) return Object.assign(known, row);
    const node = { ...row };
    this.#nodes.set(row.id, node);
    return node;
  }

  async #historyRows(folder: string): Promise<readonly SpaceRow[]> {
    const open = this.#peers.openAt(folder);
    if (open === undefined) return [];
    const limit = this.#limits.get(folder) ?? revisionsPageMax;
    const { head } = open.peer.view;
    let page = this.#pages.get(folder);
    if (page === undefined || page.head !== head || page.limit !== limit) {
      try {
        const revisions = await open.peer.history(limit);
        page = { head, limit, revisions, complete: revisions.length < limit };
        this.#pages.set(folder, page);
      } catch (error) {
        const label = problemText(problemOf(error));
        return [row({ id: `${folder}#history:problem`, kind: "problem", folder, label, icon: "warning" })];
      }
    }
    return historyRows(folder, page.revisions, page.complete, Date.now());
  }
}

/** What a click on a row does. */
function clickOf({ kind, words, command }: SpaceRow): string | undefined {
  if (command !== undefined) return command;
  if (kind === "change" || kind === "revisionKey") return spaceCommandIds.compareChange;
  if (kind === "more") return spaceCommandIds.showMoreHistory;
  if (kind !== "state") return undefined;
  if (words.includes("join")) return spaceCommandIds.joinSpace;
  if (words.includes("untrusted")) return "workbench.trust.manage";
  return words.includes("retry") ? spaceCommandIds.retryConnection : undefined;
}
