import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { after, afterEach, before, describe, it } from "mocha";
import * as vscode from "vscode";
import type { TestApi } from "../../src/extension/extension.ts";
import { comparisonScheme, spaceSettingIds } from "../../src/extension/spaceIds.ts";
import { activated, at, fill, leaveAsFound, onDisk, put, startAfresh } from "./environments-workspace.ts";
import { OwnCoordinator } from "./space-coordinator.ts";
import { eventually, OtherPeer, Person, run, showing, spaceRow } from "./space-scene.ts";

const testMs = 120_000;
/** After this absence the coordinator of these tests goes on without a voter, in seconds. */
const detachAfterSeconds = 2;

describe("a commit that waits for a person or for an absent peer", () => {
  let api: TestApi;
  let ana: OtherPeer;
  let coordinator: OwnCoordinator;
  const person = new Person();

  before(async function () {
    this.timeout(testMs);
    api = await activated();
    await startAfresh(api);
    await fill(api, { ".env": "API_URL=one\nTIMEOUT=5\n" });
    coordinator = await OwnCoordinator.make();
    const url = await coordinator.start(undefined, ["--detach-after", String(detachAfterSeconds)]);
    person.arrive();
    person.answers(await coordinator.createSpace("patient", url), "me", [".env"]);
    await run("joinSpace");
    await person.hears(/takes part in patient as me/);
    ana = await OtherPeer.join(await coordinator.invite("patient"), "ana", "API_URL=one\nTIMEOUT=5\n");
    person.answers(["API_URL", "TIMEOUT"]);
    await run("shareKey");
    person.answers(["API_URL", "TIMEOUT"], "First values");
    await run("commitChanges");
    await ana.applied(await committed(0));
  });

  afterEach(() => assert.deepEqual(person.surprises.splice(0), []));

  after(async function () {
    this.timeout(testMs);
    for (const id of [spaceSettingIds.review, spaceSettingIds.absentVoters]) await setting(id, undefined);
    await api.space.peers.settled();
    person.presses(/^Leave the space patient\?/, "Leave Space");
    await run("leaveSpace");
    person.leave();
    await ana?.leave();
    await coordinator?.leave();
    await rm(at(".envpact.json"), { force: true });
    await rm(at(".vscode"), { recursive: true, force: true });
    await leaveAsFound(api);
  });

  const setting = (id: string, value: unknown): Thenable<void> =>
    vscode.workspace.getConfiguration().update(id, value, vscode.ConfigurationTarget.Workspace);
  const view = () => {
    const [open] = api.space.peers.open;
    return open?.peer.view;
  };

  async function committed(since: number): Promise<number> {
    const { text } = await person.hears(/^Committed r\d+/, since);
    return Number(/r(\d+)/.exec(text)?.[1]);
  }

  /** Commits from this window without waiting for the answer. */
  async function send(timeout: string): Promise<void> {
    await put({ ".env": (await onDisk(".env")).replace(/TIMEOUT=.*/, `TIMEOUT=${timeout}`) });
    await showing(api, "the change", (lines) => lines.some((line) => line.startsWith("change: TIMEOUT")));
    person.answers(`Timeout ${timeout}`);
    void run("commitChanges", await spaceRow(api, "change", "TIMEOUT"));
  }

  it("asks this person with envpact.review, and goes on once it is accepted", async function () {
    this.timeout(testMs);
    await setting(spaceSettingIds.review, true);
    await eventually(api, "the greeting", () => view()?.connection === "connected");
    await api.space.peers.settled();
    await eventually(api, "the greeting", () => view()?.connection === "connected");
    await ana.run("set", "API_URL=two");
    const answer = ana.run("commit", "-m", "Second address");
    const said = await person.hears(
      /^ana wants to change API_URL in patient and asks you to look at it until/,
    );
    assert.deepEqual(said.buttons, ["Accept", "Decline…"]);
    await showing(api, "the review", (lines) =>
      lines.some((line) => /^review: ana asks for review \| API_URL · answer until \d\d:\d\d$/.test(line)),
    );
    await eventually(api, "the status", () => api.space.status.text.endsWith("ana asks for review"));
    assert.match(await onDisk(".env"), /API_URL=one/);
    await run("compareReview", await spaceRow(api, "review"));
    const sides = () =>
      vscode.workspace.textDocuments
        .filter(({ uri, isClosed }) => uri.scheme === comparisonScheme && !isClosed)
        .map((document) => document.getText())
        .sort();
    assert.ok(sides().length === 2 && sides().every((text) => text.includes("API_URL")));
    assert.ok(!/=\s*(one|two)/.test(sides().join()), "a value is shown before it is revealed");
    const revealed = new Promise<void>((resolve) => {
      const heard = vscode.workspace.onDidChangeTextDocument(() => {
        if (!sides().join().includes("= one") || !sides().join().includes("= two")) return;
        heard.dispose();
        resolve();
      });
    });
    await run("revealComparison");
    await revealed;
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await run("acceptReview", await spaceRow(api, "review"));
    assert.equal((await answer).lines.at(-1)?.outcome, "committed");
    await eventually(api, "the file", async () => (await onDisk(".env")).includes("API_URL=two"));
    await showing(api, "no review", (lines) => !lines.some((line) => line.startsWith("review")));
  });

  it("tells the author why it was declined, and changes nothing", async function () {
    this.timeout(testMs);
    await ana.run("set", "API_URL=three");
    const answer = ana.run("commit", "-m", "Third address");
    await showing(api, "the review", (lines) => lines.some((line) => line.startsWith("review: ana asks")));
    person.answers("after the release");
    await run("declineReview", await spaceRow(api, "review"));
    const { lines } = await answer;
    assert.match(JSON.stringify(lines), /after the release/);
    assert.match(await onDisk(".env"), /API_URL=two/);
    await ana.run("discard");
    await setting(spaceSettingIds.review, undefined);
    await api.space.peers.settled();
    await eventually(api, "the greeting", () => view()?.connection === "connected");
  });

  it("with strict it fails at once, by name", async function () {
    this.timeout(testMs);
    await ana.stop();
    await showing(api, "ana's absence", (lines) =>
      lines.some((line) => /^peer: ana .*absent since/.test(line)),
    );
    await setting(spaceSettingIds.absentVoters, "strict");
    const since = person.said.length;
    await send("6");
    await person.hears(/^Not committed, and nothing was changed anywhere: .*ana/, since);
  });

  it("with wait it says for whom and until when, and can be cancelled", async function () {
    this.timeout(testMs);
    await setting(spaceSettingIds.absentVoters, "wait");
    const since = person.said.length;
    await send("7");
    await showing(api, "whom it waits for", (lines) =>
      lines.some((line) => /^wait: Waits for ana \| absent since \d\d:\d\d$/.test(line)),
    );
    await showing(api, "what happens then", (lines) =>
      lines.some((line) =>
        /^note: Until \S+ \| then it is given up, and nothing is changed anywhere$/.test(line),
      ),
    );
    await eventually(api, "the status", () => api.space.status.text.endsWith("waiting for ana"));
    await run("cancelCommit", await spaceRow(api, "action", "Cancel"));
    await person.hears(/^Cancelled. Nothing was changed anywhere.$/, since);
  });

  it("Go On Without … sends it again, and the absent peer gets it on return", async function () {
    this.timeout(testMs);
    const since = person.said.length;
    await send("8");
    await showing(api, "the way out", (lines) =>
      lines.some((line) => line.startsWith("action: Go On Without ana")),
    );
    await run("goOnWithout", await spaceRow(api, "action", "Go On Without ana"));
    const { text } = await person.hears(
      /^Committed r\d+: TIMEOUT\. ana was away and gets it on return\.$/,
      since,
    );
    await ana.start();
    await ana.applied(Number(/r(\d+)/.exec(text)?.[1]));
    assert.match(await ana.text(), /TIMEOUT=8/);
  });

  it("Revert Keys Of Revision restores the keys that are picked, after a preview", async function () {
    this.timeout(testMs);
    await put({ ".env": "API_URL=nine\nTIMEOUT=9\n" });
    await showing(
      api,
      "the changes",
      (lines) => lines.filter((line) => line.startsWith("change: ")).length === 2,
    );
    let since = person.said.length;
    person.answers(["API_URL", "TIMEOUT"], "Everything nine");
    await run("commitChanges");
    await committed(since);
    since = person.said.length;
    person.answers(["TIMEOUT"], "Revert TIMEOUT");
    await run("revertKeys", await spaceRow(api, "revision", "Everything nine"));
    await ana.applied(await committed(since));
    assert.equal(await onDisk(".env"), "API_URL=nine\nTIMEOUT=8\n");
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });
});
