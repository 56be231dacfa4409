import * as vscode from "vscode";
import type { TransactionTrace } from "../../peer/trace.ts";
import { problemOf } from "../../protocol/errors.ts";
import type { OpenFolder, PeerService } from "../services/peerService.ts";
import { timelineViewType } from "../spaceIds.ts";
import { timelineHtml } from "./timelineHtml.ts";
import { layoutTimeline } from "./timelineLayout.ts";
import { escapeHtml } from "./webviewPage.ts";
import { pageOf } from "./webviewPanel.ts";

/** A running transaction's axis grows this often, in milliseconds. */
const refreshMs = 1_000;
const titleCharactersMax = 40;

/** Which transaction a panel shows; what VS Code keeps over a reload. */
interface Subject {
  /** URI of the workspace folder. */
  readonly folder: string;
  readonly tx: string;
}

interface Shown {
  readonly panel: vscode.WebviewPanel;
  readonly subject: Subject;
  running: boolean;
  /** The last that was asked for; an answer that was overtaken is dropped. */
  turn: number;
}

/** Panels with the timelines of transactions, live while they run, brought back after a reload of the window. */
export class Timelines implements vscode.WebviewPanelSerializer, vscode.Disposable {
  readonly #peers: PeerService;
  readonly #log: vscode.LogOutputChannel;
  readonly #media: vscode.Uri;
  readonly #shown = new Map<string, Shown>();
  readonly #listening: vscode.Disposable;
  #timer: NodeJS.Timeout | undefined;

  constructor(peers: PeerService, log: vscode.LogOutputChannel, extensionUri: vscode.Uri) {
    this.#peers = peers;
    this.#log = log;
    this.#media = vscode.Uri.joinPath(extensionUri, "media");
    this.#listening = vscode.Disposable.from(
      vscode.window.registerWebviewPanelSerializer(timelineViewType, this),
      peers.onDidChange(() => this.#refreshAll()),
    );
  }

  /** Opens the timeline of a transaction, or brings the one that is open to the front. */
  async show(subject: Subject): Promise<vscode.WebviewPanel> {
    const known = this.#shown.get(idOf(subject));
    if (known !== undefined) {
      known.panel.reveal();
      return known.panel;
    }
    const panel = vscode.window.createWebviewPanel(timelineViewType, "Timeline", vscode.ViewColumn.Active);
    await this.#adopt(panel, subject);
    return panel;
  }

  /** What a panel of a transaction shows, for the tests inside VS Code. */
  html(subject: Subject): string | undefined {
    return this.#shown.get(idOf(subject))?.panel.webview.html;
  }

  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const subject = subjectOf(state);
    if (subject === undefined) return panel.dispose();
    this.#peers.start();
    await this.#adopt(panel, subject);
  }

  dispose(): void {
    clearInterval(this.#timer);
    this.#listening.dispose();
    for (const { panel } of [...this.#shown.values()]) panel.dispose();
  }

  async #adopt(panel: vscode.WebviewPanel, subject: Subject): Promise<void> {
    const shown: Shown = { panel, subject, running: true, turn: 0 };
    this.#shown.set(idOf(subject), shown);
    panel.webview.options = { enableScripts: true, localResourceRoots: [this.#media] };
    panel.onDidDispose(() => {
      this.#shown.delete(idOf(subject));
      this.#schedule();
    });
    panel.webview.onDidReceiveMessage(() => this.#refresh(shown));
    const body = await this.#body(shown);
    panel.webview.html = pageOf(panel, this.#media, "timeline.js", body);
    this.#schedule();
  }

  #refreshAll(): void {
    for (const shown of this.#shown.values()) this.#refresh(shown);
  }

  #refresh(shown: Shown): void {
    shown.turn += 1;
    const { turn, panel, subject } = shown;
    this.#body(shown)
      .then(async (html) => {
        if (turn !== shown.turn || !this.#shown.has(idOf(subject))) return;
        this.#schedule();
        await panel.webview.postMessage({ kind: "timeline", html, ...subject });
      })
      .catch((error: unknown) => this.#log.error(`timeline: ${problemOf(error).message}`));
  }

  /** HTML of what is known of the transaction now; also names the panel after it. */
  async #body(shown: Shown): Promise<string> {
    const { panel, subject } = shown;
    const open = this.#peers.openAt(subject.folder);
    if (open === undefined) return "<p>This folder takes no part in a space at the moment.</p>";
    const trace = await traceOf(open, subject.tx);
    if (trace === undefined) {
      shown.running = false;
      return `<h1>Transaction ${escapeHtml(subject.tx)}</h1><p>This machine keeps nothing of this transaction: it saw nothing of it, or it is too long ago.</p>`;
    }
    const timeline = layoutTimeline(trace, Date.now(), namesOf(open));
    shown.running = trace.outcome === "running" || trace.outcome === "unknown";
    panel.title = `Timeline: ${shortened(timeline.title)}`;
    return timelineHtml(timeline);
  }

  #schedule(): void {
    const live = [...this.#shown.values()].some(({ running }) => running);
    if (live) this.#timer ??= setInterval(() => this.#refreshRunning(), refreshMs);
    else {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  #refreshRunning(): void {
    for (const shown of this.#shown.values()) if (shown.running && shown.panel.visible) this.#refresh(shown);
  }
}

/** The timeline of a transaction as this machine knows it; `tx` may be the request's id of one under way. */
export async function traceOf({ peer }: OpenFolder, tx: string): Promise<TransactionTrace | undefined> {
  return (await peer.traces()).find((trace) => trace.tx === tx);
}

function namesOf({ peer }: OpenFolder): (id: string) => string {
  const names = new Map(peer.view.roster.map((member) => [member.peer, member.name]));
  return (id) => names.get(id) ?? id;
}

function idOf({ folder, tx }: Subject): string {
  return `${folder}\0${tx}`;
}

function subjectOf(state: unknown): Subject | undefined {
  if (typeof state !== "object" || state === null) return undefined;
  const { folder, tx } = state as Partial<Record<keyof Subject, unknown>>;
  return typeof folder === "string" && typeof tx === "string" ? { folder, tx } : undefined;
}

function shortened(text: string): string {
  return text.length > titleCharactersMax ? `${text.slice(0, titleCharactersMax - 1)}…` : text;
}
