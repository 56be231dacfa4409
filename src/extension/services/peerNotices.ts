import * as vscode from "vscode";
import type { KeyRef } from "../../peer/api.ts";
import { spaceSettingIds } from "../spaceIds.ts";
import { keyNames, withStop } from "../views/spaceWords.ts";
import { type AppliedEvent, appliedWords } from "./peerNoticeWords.ts";
import type { OpenFolder, PeerService } from "./peerService.ts";

/** Revisions that arrive within this long are told in one notice, in milliseconds. */
const gatherMs = 400;

/** What the buttons of notices do. */
export interface NoticeActions {
  readonly compare: (open: OpenFolder, revision: number) => Promise<void>;
  readonly revert: (open: OpenFolder, revision: number) => Promise<void>;
  readonly history: () => Promise<void>;
  readonly restore: () => Promise<void>;
  readonly failed: (error: unknown) => void;
}

/** Says quietly what other peers' commits did here, and asks where a peer's consent is needed. */
export class PeerNotices implements vscode.Disposable {
  readonly #actions: NoticeActions;
  readonly #listening: vscode.Disposable;
  readonly #gathered = new Map<string, { open: OpenFolder; events: AppliedEvent[]; timer: NodeJS.Timeout }>();

  constructor(peers: PeerService, actions: NoticeActions) {
    this.#actions = actions;
    this.#listening = peers.onEvent(({ folder, peer, event }) => {
      const open = { folder, peer };
      if (event.kind === "applied" && !event.mine) this.#gather(open, event);
      if (event.kind === "superseded") this.#tellSuperseded(event.keys);
      if (event.kind === "vote" && event.code === "CONSENT_NEEDED")
        this.#askConsent(open, event.author, event.tx);
    });
  }

  dispose(): void {
    this.#listening.dispose();
    for (const { timer } of this.#gathered.values()) clearTimeout(timer);
    this.#gathered.clear();
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

  #askConsent({ peer }: OpenFolder, author: string, tx: string): void {
    const keys = peer.view.transactions.find((transaction) => transaction.id === tx)?.keys ?? [];
    if (keys.length === 0) return;
    const allow = "Allow";
    const text = `${author} wants to change ${keyNames(keys)} in ${peer.view.space}. Such keys can make programs run other code, so this folder refused. Allow others to change them here?`;
    this.#answer(vscode.window.showWarningMessage(text, allow), async (choice) => {
      if (choice === allow) await peer.allow(keys.map(({ key }) => key));
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
