import * as vscode from "vscode";
import type { ConsentView, HeuristicView, KeyRef, PeerEvent } from "../../peer/api.ts";
import { limits } from "../../protocol/limits.ts";
import { type SpaceCommandId, spaceCommandIds, spaceSettingIds } from "../spaceIds.ts";
import { keyNames, withStop } from "../views/spaceWords.ts";
import {
  type AppliedEvent,
  appliedWords,
  consentWords,
  doubtWords,
  heuristicNotice,
  reviewWords,
} from "./peerNoticeWords.ts";
import type { OpenFolder, PeerService } from "./peerService.ts";

/** Revisions that arrive within this long are told in one notice, in milliseconds. */
const gatherMs = 400;
/** A doubt that ends within this long is not spoken of, in milliseconds: a restart of the coordinator takes less. */
const doubtPatienceMs = 3_000;

/** What the buttons of notices do. */
export interface NoticeActions {
  readonly compare: (open: OpenFolder, revision: number) => Promise<void>;
  readonly revert: (open: OpenFolder, revision: number) => Promise<void>;
  readonly history: () => Promise<void>;
  readonly allow: (open: OpenFolder, consent: ConsentView) => Promise<void>;
  readonly restore: () => Promise<void>;
  /** Runs a command for a transaction of a folder; `words` as the row of the view would have them. */
  readonly run: (
    open: OpenFolder,
    command: SpaceCommandId,
    tx: string,
    words: readonly string[],
  ) => Promise<void>;
  readonly failed: (error: unknown) => void;
}

/** Says quietly what other peers' commits did here, and asks where a peer's consent is needed. */
export class PeerNotices implements vscode.Disposable {
  readonly #peers: PeerService;
  readonly #actions: NoticeActions;
  readonly #listening: vscode.Disposable;
  readonly #gathered = new Map<string, { open: OpenFolder; events: AppliedEvent[]; timer: NodeJS.Timeout }>();

  /** Doubts that may end before they are spoken of, and those that were, with their keys. */
  readonly #doubts = new Map<string, NodeJS.Timeout>();
  readonly #toldConsents = new Set<string>();
  readonly #toldDoubts = new Map<string, { readonly folder: string; readonly keys: readonly KeyRef[] }>();

  constructor(peers: PeerService, actions: NoticeActions) {
    this.#peers = peers;
    this.#actions = actions;
    this.#listening = vscode.Disposable.from(
      peers.onDidChange(() => {
        this.#tellResolved();
        this.#tellConsents();
      }),
      this.#listenTo(peers),
    );
  }

  #listenTo(peers: PeerService): vscode.Disposable {
    return peers.onEvent(({ folder, peer, event }) => {
      const open = { folder, peer };
      if (event.kind === "applied" && !event.mine) this.#gather(open, event);
      if (event.kind === "superseded") this.#tellSuperseded(event.keys);
      if (event.kind === "in-doubt") this.#expectDoubt(open, event.tx);
      if (event.kind === "review") this.#askReview(open, event);
      if (event.kind === "heuristic") this.#tellHeuristic(open, event.heuristic);
    });
  }

  dispose(): void {
    this.#listening.dispose();
    for (const { timer } of this.#gathered.values()) clearTimeout(timer);
    this.#gathered.clear();
    for (const timer of this.#doubts.values()) clearTimeout(timer);
    this.#doubts.clear();
  }

  #expectDoubt(open: OpenFolder, tx: string): void {
    if (this.#doubts.has(tx) || this.#toldDoubts.has(tx)) return;
    const timer = setTimeout(() => {
      this.#doubts.delete(tx);
      const id = open.folder.uri.toString();
      const present = this.#peers.openAt(id);
      const doubt = present?.peer.view.inDoubt.find((each) => each.tx === tx);
      if (present === undefined || doubt === undefined) return;
      this.#toldDoubts.set(tx, { folder: id, keys: doubt.keys });
      const [timeline, what] = ["Show Timeline", "What Is This?"] as const;
      const text = doubtWords(present.peer.view, doubt, Date.now());
      this.#answer(vscode.window.showWarningMessage(text, timeline, what), async (choice) => {
        if (choice === timeline) await this.#actions.run(open, spaceCommandIds.showTimeline, tx, []);
        if (choice === what) await this.#actions.run(open, spaceCommandIds.whatIsThis, tx, ["in-doubt"]);
      });
    }, doubtPatienceMs);
    this.#doubts.set(tx, timer);
  }

  /**
   * Takes back what was spoken of once its outcome is known. Not by an event: a folder's peer may have been opened
   * anew meanwhile, and the new one finds the outcome in the log.
   */
  #tellResolved(): void {
    for (const [tx, { folder, keys }] of this.#toldDoubts) {
      const open = this.#peers.openAt(folder);
      if (open === undefined) continue;
      const { connection, revision, head, inDoubt, heuristics } = open.peer.view;
      const isForced = heuristics.some((heuristic) => heuristic.tx === tx);
      if (!isForced && (connection !== "connected" || revision < head)) continue;
      if (inDoubt.some((doubt) => doubt.tx === tx)) continue;
      this.#toldDoubts.delete(tx);
      // A forced outcome has words of its own.
      if (isForced) continue;
      this.#tellOutcome(open, tx, keys).catch(this.#actions.failed);
    }
  }

  async #tellOutcome({ peer }: OpenFolder, tx: string, keys: readonly KeyRef[]): Promise<void> {
    const history = await peer.history(limits.catchupRecordsMax);
    const what = history.some((revision) => revision.tx === tx)
      ? `${keyNames(keys)} was committed, and the file has it`
      : `${keyNames(keys)} was not committed, and the file is as it was`;
    await vscode.window.showInformationMessage(`No longer in doubt: ${what}.`);
  }

  #askReview(open: OpenFolder, event: Extract<PeerEvent, { kind: "review" }>): void {
    const [accept, decline] = ["Accept", "Decline…"] as const;
    const text = reviewWords(open.peer.view, event, Date.now());
    this.#answer(vscode.window.showInformationMessage(text, accept, decline), async (choice) => {
      if (choice === accept) await this.#actions.run(open, spaceCommandIds.acceptReview, event.tx, []);
      if (choice === decline) await this.#actions.run(open, spaceCommandIds.declineReview, event.tx, []);
    });
  }

  #tellHeuristic(open: OpenFolder, heuristic: HeuristicView): void {
    const text = heuristicNotice(heuristic);
    if (heuristic.status !== "mixed") {
      if (heuristic.status === "same")
        this.#answer(vscode.window.showInformationMessage(text), async () => undefined);
      return;
    }
    const [resync, what] = ["Resync To The Space", "What Is This?"] as const;
    this.#answer(vscode.window.showErrorMessage(text, resync, what), async (choice) => {
      if (choice === resync) await this.#actions.run(open, spaceCommandIds.resyncSpace, heuristic.tx, []);
      if (choice === what)
        await this.#actions.run(open, spaceCommandIds.whatIsThis, heuristic.tx, ["forced"]);
    });
  }

  #gather(open: OpenFolder, event: AppliedEvent): void {
    const id = open.folder.uri.toString();
    const known = this.#gathered.get(id);
    if (known !== undefined) {
      known.events.push(event);
      return;
    }
    const timer = setTimeout(() => {
      const gathered = this.#gathered.get(id);
      this.#gathered.delete(id);
      if (gathered !== undefined) this.#tellApplied(gathered.open, gathered.events);
    }, gatherMs);
    this.#gathered.set(id, { open, events: [event], timer });
  }

  #tellApplied(open: OpenFolder, events: readonly AppliedEvent[]): void {
    const [only] = events;
    if (isSilent() || only === undefined) return;
    const text = withStop(appliedWords(events));
    const [diff, revert, history] = ["Show Diff", "Revert", "Show History"] as const;
    const shown =
      events.length === 1
        ? vscode.window.showInformationMessage(text, diff, revert)
        : vscode.window.showInformationMessage(text, history);
    this.#answer(shown, (choice) => {
      if (choice === diff) return this.#actions.compare(open, only.revision);
      if (choice === revert) return this.#actions.revert(open, only.revision);
      return choice === history ? this.#actions.history() : Promise.resolve();
    });
  }

  /** Told even in silence: a value that the user wrote is not in the file any more. */
  #tellSuperseded(keys: readonly KeyRef[]): void {
    const restore = "Restore…";
    const text = `A commit replaced what you had written for ${keyNames(keys)}. Your value was kept.`;
    this.#answer(vscode.window.showWarningMessage(text, restore), (choice) =>
      choice === restore ? this.#actions.restore() : Promise.resolve(),
    );
  }

  /** Not by an event: beside an agent, and in a second window on a folder, only the view tells. */
  #tellConsents(): void {
    for (const open of this.#peers.open) {
      for (const consent of open.peer.view.consents) {
        if (this.#toldConsents.has(consent.tx)) continue;
        this.#toldConsents.add(consent.tx);
        this.#askConsent(open, consent);
      }
    }
  }

  #askConsent(open: OpenFolder, consent: ConsentView): void {
    const [allow, refuse] = ["Allow", "Keep Refusing"] as const;
    const text = consentWords(open.peer.view, consent);
    this.#answer(vscode.window.showWarningMessage(text, allow, refuse), async (choice) => {
      const present = this.#peers.openAt(open.folder.uri.toString());
      if (choice === allow && present !== undefined) await this.#actions.allow(present, consent);
      if (choice === refuse) this.#peers.keepRefusing(consent.tx);
    });
  }

  #answer(shown: Thenable<string | undefined>, act: (choice: string | undefined) => Promise<void>): void {
    shown.then(act).then(undefined, this.#actions.failed);
  }
}

function isSilent(): boolean {
  const [section = "", name = ""] = spaceSettingIds.notifications.split(".");
  return vscode.workspace.getConfiguration(section).get<string>(name) === "none";
}
