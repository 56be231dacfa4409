import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { after, afterEach, before, describe, it } from "mocha";
import * as vscode from "vscode";
import type { TestApi } from "../../src/extension/extension.ts";
import { comparisonScheme, threeWayViewType } from "../../src/extension/spaceIds.ts";
import { activated, at, fill, leaveAsFound, onDisk, put, startAfresh } from "./environments-workspace.ts";
import { OwnCoordinator } from "./space-coordinator.ts";
import {
  eventually,
  OtherPeer,
  Person,
  run,
  showing,
  showsNoValue,
  spaceRow,
  spaceRows,
  viewOf,
} from "./space-scene.ts";

/** Every value in these tests holds it; no label, tooltip, message or page may. */
const canary = "c4n4ry";
const decidedAndUntold = "coordinator.before-commit-send";
const testMs = 120_000;

describe("a commit whose coordinator dies", () => {
  let api: TestApi;
  let ana: OtherPeer;
  let coordinator: OwnCoordinator;
  const person = new Person();

  before(async function () {
    this.timeout(testMs);
    api = await activated();
    await startAfresh(api);
    await fill(api, { ".env": `API_URL=${canary}-1\n` });
    coordinator = await OwnCoordinator.make();
    const url = await coordinator.start();
    person.arrive();
    person.answers(await coordinator.createSpace("doubtful", url), "me", [".env"]);
    await run("joinSpace");
    await person.hears(/takes part in doubtful as me/);
    ana = await OtherPeer.join(await coordinator.invite("doubtful"), "ana", `API_URL=${canary}-1\n`);
    person.answers(["API_URL"]);
    await run("shareKey");
    await commit("First address");
  });

  afterEach(async () => {
    assert.deepEqual(person.surprises.splice(0), []);
    await showsNoValue(api, person, canary);
  });

  after(async function () {
    this.timeout(testMs);
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    person.presses(/^Leave the space doubtful\?/, "Leave Space");
    await run("leaveSpace");
    person.leave();
    await ana?.leave();
    await coordinator?.leave();
    await rm(at(".envpact.json"), { force: true });
    await leaveAsFound(api);
  });

  const view = () => viewOf(api);
  const connected = (): Promise<void> =>
    eventually(api, "the connection", () => view().connection === "connected" && view().inDoubt.length === 0);
  const below = async (label: string): Promise<readonly string[]> => {
    const rows = await spaceRows(api);
    const row = rows.find((each) => each.label.startsWith(label));
    assert.ok(row, rows.map((each) => each.label).join("\n"));
    return (row.children ?? []).map((each) => each.label);
  };

  const status = (pattern: RegExp): Promise<void> =>
    eventually(
      api,
      `the status ${pattern}`,
      () => pattern.test(api.space.status.text),
      () => api.space.status.text,
    );

  async function commit(message: string): Promise<number> {
    await showing(api, "the change", (lines) => lines.some((line) => line.startsWith("change: API_URL")));
    const since = person.said.length;
    person.answers(message);
    await run("commitChanges", await spaceRow(api, "change", "API_URL"));
    const { text } = await person.hears(/^Committed r\d+/, since);
    const revision = Number(/r(\d+)/.exec(text)?.[1]);
    await ana.applied(revision);
    return revision;
  }

  /** Ana commits `value`, and the coordinator dies with the decision on its disk, before anybody hears of it. */
  async function loseDecision(value: string): Promise<void> {
    await coordinator.kill();
    await coordinator.start(decidedAndUntold);
    await run("retryConnection");
    await connected();
    await eventually(api, "ana", () => view().roster.every((peer) => peer.connected));
    await ana.run("set", `API_URL=${canary}-${value}`);
    void ana.run("commit", "-m", `Address ${value}`);
    await coordinator.died();
    await eventually(
      api,
      "the doubt",
      () => view().inDoubt.length === 1 && view().connection !== "connected",
    );
  }

  it("is in doubt: the view, the status bar and a notice say since when, which keys and what it waits for", async function () {
    this.timeout(testMs);
    await loseDecision("2");
    await showing(api, "the doubt", (lines) =>
      lines.some((line) => /^indoubt: In doubt since \d\d:\d\d \| API_URL$/.test(line)),
    );
    await showing(api, "what it waits for", (lines) =>
      lines.some((line) =>
        /^note: Coordinator offline since \d\d:\d\d \| asked again by itself, at least every 5 s$/.test(line),
      ),
    );
    const labels = await below("In doubt since");
    assert.ok(
      labels.includes("A commit by ana was prepared here") || labels.includes("A commit was prepared here"),
    );
    for (const label of [
      "Waits for the coordinator",
      "The file stays as it is",
      "API_URL",
      "Retry Now",
      "Show Timeline",
      "Force Outcome Locally…",
      "What Is This?",
    ]) {
      assert.ok(labels.includes(label), `${label} in ${labels.join(", ")}`);
    }
    await status(/^\$\(question\) doubtful r\d+ · in doubt since \d\d:\d\d$/);
    assert.ok(api.space.status.backgroundColor);
    const tooltip = (api.space.status.tooltip as vscode.MarkdownString).value;
    assert.match(tooltip, /Waits for the coordinator's answer/);
    assert.equal(await onDisk(".env"), `API_URL=${canary}-1\n`);
    const said = await person.hears(/^In doubt since \d\d:\d\d: API_URL in doubtful\. Waits for/);
    assert.deepEqual([said.kind, said.buttons], ["warning", ["Show Timeline", "What Is This?"]]);
  });

  it("has a timeline that stays open until the outcome is known", async function () {
    this.timeout(testMs);
    const row = await spaceRow(api, "indoubt", "In doubt");
    assert.ok(row.tx);
    await run("showTimeline", row);
    const subject = { folder: row.folder, tx: row.tx };
    const page = api.space.timelines.html(subject);
    assert.match(page ?? "", /votes yes/);
    assert.match(page ?? "", /in doubt/);
    assert.ok(!page?.includes(canary));
    await shownTab((tab) => tab.label.startsWith("Timeline: "));
    await coordinator.start();
    await run("retryConnection");
    await connected();
    await eventually(api, "the file", async () => (await onDisk(".env")) === `API_URL=${canary}-2\n`);
    await person.hears(/^No longer in doubt: API_URL was committed/);
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });

  it("Force Outcome Locally asks twice and for the space's name, and does nothing until it is typed", async function () {
    this.timeout(testMs);
    await loseDecision("3");
    const row = await spaceRow(api, "indoubt", "In doubt");
    await run("forceOutcome", row);
    const asked = await person.hears(/^Force the outcome of API_URL in this folder\?$/);
    assert.match(asked.detail, /If you wait, nothing can go wrong/);
    assert.match(asked.detail, /may have decided the other way/);
    assert.equal(view().inDoubt.length, 1);

    person.presses(/^Force the outcome of API_URL/, "Choose Outcome…");
    person.answers("Abort", "doubtfu");
    await run("forceOutcome", row);
    assert.equal(person.surprises.splice(0).length, 1);
    assert.equal(view().inDoubt.length, 1);

    person.presses(/^Force the outcome of API_URL/, "Choose Outcome…");
    person.answers("Abort", "doubtful");
    await run("forceOutcome", row);
    await person.hears(/stays as it is. This was forced/);
    assert.equal(view().inDoubt.length, 0);
    assert.equal(await onDisk(".env"), `API_URL=${canary}-2\n`);
    await showing(api, "the forced outcome", (lines) =>
      lines.includes(
        "heuristic: Forced outcome | API_URL · aborted here by force; the coordinator's word is awaited",
      ),
    );
  });

  it("turns red when the space decided otherwise, and one click brings the space's value", async function () {
    this.timeout(testMs);
    const since = person.said.length;
    await coordinator.start();
    await run("retryConnection");
    const said = await person.hears(/^Heuristic mixed: API_URL was aborted here by force/, since);
    assert.deepEqual([said.kind, said.buttons], ["error", ["Resync To The Space", "What Is This?"]]);
    await showing(api, "the mixed outcome", (lines) =>
      lines.some((line) =>
        /^heuristic: Heuristic mixed.* \| API_URL · aborted here by force, but the space committed r\d+$/.test(
          line,
        ),
      ),
    );
    await status(/^\$\(error\) doubtful r\d+ · heuristic mixed, resync$/);
    assert.equal((api.space.status.backgroundColor as vscode.ThemeColor).id, "statusBarItem.errorBackground");
    assert.equal(await onDisk(".env"), `API_URL=${canary}-2\n`);
    await run("resyncSpace", await spaceRow(api, "action", "Resync To The Space"));
    assert.equal(await onDisk(".env"), `API_URL=${canary}-3\n`);
    await showing(api, "peace", (lines) => !lines.some((line) => line.startsWith("heuristic")));
    await eventually(api, "the status", () => api.space.status.backgroundColor === undefined);
  });

  it("Compare Revisions shows two revisions masked", async () => {
    const rows = (await spaceRows(api)).filter(
      ({ kind, words }) => kind === "revision" && words.includes("commit"),
    );
    const [newest] = rows;
    const oldest = rows.at(-1);
    assert.ok(newest?.revision !== undefined && oldest?.revision !== undefined);
    await run("compareRevisions", newest, [newest, oldest]);
    const shown = vscode.workspace.textDocuments.filter(
      ({ uri, isClosed }) => uri.scheme === comparisonScheme && !isClosed,
    );
    assert.equal(shown.length, 2);
    for (const document of shown) {
      assert.match(
        document.getText(),
        new RegExp(`left:\\s+r${oldest.revision}\\n.*right: r${newest.revision}`),
      );
      assert.match(document.getText(), /^API_URL = ••••/m);
      assert.ok(!document.getText().includes(canary));
    }
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });

  it("Compare Three Ways opens a page for a key that differs", async () => {
    await put({ ".env": `API_URL=${canary}-mine\n` });
    await showing(api, "the change", (lines) => lines.some((line) => line.startsWith("change: API_URL")));
    await run("compareThreeWays", await spaceRow(api, "change", "API_URL"));
    await shownTab(
      ({ input }) => input instanceof vscode.TabInputWebview && input.viewType.endsWith(threeWayViewType),
    );
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    person.presses(/^Discard what differs here in API_URL/, "Discard");
    await run("discardChange", await spaceRow(api, "change", "API_URL"));
  });

  it("the timelines of past transactions can be picked from the palette", async () => {
    person.answers("Address 3");
    await run("showTimeline");
    await shownTab(({ label }) => label === "Timeline: Address 3");
  });
});

/** Resolves when the active tab is the one that is meant; VS Code tells of tabs a moment after they opened. */
async function shownTab(isMeant: (tab: vscode.Tab) => boolean): Promise<void> {
  const active = (): boolean => {
    const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
    return tab !== undefined && isMeant(tab);
  };
  while (!active()) {
    await new Promise<void>((changed) => {
      const heard = vscode.window.tabGroups.onDidChangeTabs(() => {
        heard.dispose();
        changed();
      });
    });
  }
}
