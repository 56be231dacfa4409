import assert from "node:assert/strict";
import { access, readFile, rm, writeFile } from "node:fs/promises";
import { after, afterEach, before, describe, it } from "mocha";
import * as vscode from "vscode";
import type { TestApi } from "../../src/extension/extension.ts";
import { comparisonScheme } from "../../src/extension/spaceIds.ts";
import {
  activated,
  at,
  fill,
  keyRow,
  leaveAsFound,
  onDisk,
  put,
  startAfresh,
  typeInto,
} from "./environments-workspace.ts";
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

/** Every value in these tests holds it; no label, tooltip, message or address may. */
const canary = "c4n4ry";

describe("the space in the editor", () => {
  let api: TestApi;
  let ana: OtherPeer;
  const person = new Person();

  before(async () => {
    api = await activated();
    await startAfresh(api);
    await fill(api, { ".env": `API_URL=${canary}-1\nOTHER=${canary}-mine # note\n` });
    // Tests of the tree put a stand-in into the same socket.
    api.services.shared.connect(api.space.shared);
    person.arrive();
  });

  afterEach(async () => {
    assert.deepEqual(person.surprises.splice(0), []);
    await showsNoValue(api, person, canary);
    for (const { uri } of vscode.workspace.textDocuments) assert.ok(!uri.toString().includes(canary));
  });

  after(async () => {
    person.leave();
    await ana?.leave();
    await leaveAsFound(api);
  });

  const view = () => viewOf(api);

  async function commit(keys: readonly string[], message: string): Promise<number> {
    person.answers(keys, message);
    const since = person.said.length;
    await run("commitChanges");
    const { text } = await person.hears(/^Committed r\d+/, since);
    return Number(/r(\d+)/.exec(text)?.[1]);
  }

  it("says what to do where no folder takes part", async () => {
    await run("commitChanges");
    const said = await person.hears(/No folder of this workspace takes part/);
    assert.deepEqual(said.buttons, ["Host Space", "Join Space"]);
  });

  it("Join Space tells a cut invitation as it is pasted, before it asks for anything else", async () => {
    person.answers("envpact:bm90IGEgd2hvbGUgb25l");
    await run("joinSpace");
    const [told, ...others] = person.surprises.splice(0);
    assert.match(told ?? "", /refused: The invitation is cut or mistyped\. .*ask for a new invitation/);
    assert.deepEqual(others, []);
  });

  it("Host Space makes a space on this machine and joins the folder", async () => {
    person.answers("team", [".env"]);
    await run("hostSpace");
    await person.hears(/Space team is hosted/);
    assert.deepEqual(JSON.parse(await onDisk(".envpact.json")).environments, { default: ".env" });
    await showing(api, "the space", (lines) =>
      lines.some((line) => /^connection: team \| r\d+ · connected$/.test(line)),
    );
    await eventually(api, "the status", () =>
      /^\$\(link\) team r\d+ · 1\/1 peer$/.test(api.space.status.text),
    );
    assert.equal(api.space.status.backgroundColor, undefined);
  });

  it("commands that need a change, a review or a doubt say so where there is none", async () => {
    const said: readonly [command: Parameters<typeof run>[0], pattern: RegExp][] = [
      ["compareChange", /^Nothing to compare: every shared key is as team has it/],
      ["compareThreeWays", /^Nothing to compare: every shared key is as team has it/],
      ["acceptReview", /^No change waits for your answer in team\.$/],
      ["forceOutcome", /^Nothing is in doubt in team\.$/],
      ["allowKeys", /^No change waits for your consent in team\.$/],
      ["resyncSpace", /^No forced outcome waits in team\.$/],
    ];
    for (const [command, pattern] of said) {
      const since = person.said.length;
      await run(command);
      await person.hears(pattern, since);
    }
  });

  it("Copy Invitation gives what another machine joins with", async () => {
    await run("copyInvitation");
    await person.hears(/on the clipboard. It works once/);
    ana = await OtherPeer.join(await vscode.env.clipboard.readText(), "ana", "# ana\nLOCAL=1\n");
    await showing(api, "ana", (lines) => lines.includes("peer: ana | voter"));
    await showing(api, "two peers", (lines) => lines.includes("peers: Peers | 2/2 peers connected"));
  });

  it("Share Key and Commit Changes bring a key into every file", async () => {
    person.answers(["API_URL"]);
    await run("shareKey");
    await person.hears(/^API_URL goes into team/);
    await showing(api, "the mark", (lines) =>
      lines.includes("change: API_URL | default · new, not committed yet"),
    );
    const revision = await commit(["API_URL"], "First address");
    await ana.applied(revision);
    assert.equal(await ana.text(), `# ana\nLOCAL=1\nAPI_URL=${canary}-1\n`);
    assert.match((await spaceRow(api, "revision", `r${revision} `)).label, /First address$/);
    await eventually(api, "the key as shared", async () =>
      (await keyRow(api, ".env", "API_URL")).row.states.includes("shared"),
    );
  });

  it("shows a change made outside as drift in both views, and commits it from its row", async () => {
    await put({ ".env": `API_URL=${canary}-2\nOTHER=${canary}-mine # note\n` });
    await showing(api, "the drift", (lines) => lines.includes("change: API_URL | default · changed here"));
    await eventually(api, "the key as drift", async () =>
      (await keyRow(api, ".env", "API_URL")).row.states.includes("drift"),
    );
    assert.equal(api.space.view.badge?.value, 1);
    person.answers("Second address");
    await run("commitChanges", await spaceRow(api, "change", "API_URL"));
    await ana.applied(view().revision);
    assert.match(await ana.text(), new RegExp(`API_URL=${canary}-2\n`));
  });

  it("a refusal says who, which key and why, and nothing changes anywhere", async () => {
    await ana.run("set", `API_URL=${canary}-anas`);
    await put({ ".env": `API_URL=${canary}-3\nOTHER=${canary}-mine # note\n` });
    await showing(api, "the drift", (lines) => lines.includes("change: API_URL | default · changed here"));
    const { revision } = view();
    person.answers(["API_URL"], "Third address");
    await run("commitChanges");
    const said = await person.hears(/^Not committed, and nothing was changed anywhere:.*ana.*API_URL/);
    assert.deepEqual(said.buttons, ["Retry", "Discard Changes", "Show Log"]);
    assert.equal((await spaceRow(api, "last")).label, "Refused");
    assert.match((await spaceRow(api, "vote", "ana")).description, /^no · .*API_URL/);
    assert.equal(view().revision, revision);
    assert.match(await ana.text(), new RegExp(`API_URL=${canary}-anas\n`));
    assert.match(await onDisk(".env"), new RegExp(`API_URL=${canary}-3\n`));
  });

  it("Discard Change puts the space's value back and keeps the other lines", async () => {
    await ana.run("discard");
    person.presses(/^Discard what differs here in API_URL/, "Discard");
    await run("discardChange", await spaceRow(api, "change", "API_URL"));
    assert.equal(await onDisk(".env"), `API_URL=${canary}-2\nOTHER=${canary}-mine # note\n`);
    await showing(api, "no drift", (lines) => lines.includes("changes: Changes | none, as in the space"));
  });

  it("what others commit arrives in an open document: unsaved edits stay, undo works, a notice names the keys", async () => {
    const document = await vscode.workspace.openTextDocument(at(".env"));
    const editor = await vscode.window.showTextDocument(document);
    const place = document.positionAt(document.getText().indexOf(" # note"));
    await typeInto(editor, place, "-typed");
    assert.ok(document.isDirty);
    const since = person.said.length;
    await ana.run("set", `API_URL=${canary}-4`);
    const { lines } = await ana.run("commit", "-m", "From ana");
    assert.equal(lines.at(-1)?.outcome, "committed");
    const said = await person.hears(/^ana changed API_URL \(r\d+\): From ana/, since);
    assert.deepEqual(said.buttons, ["Show Diff", "Revert"]);
    const received = `API_URL=${canary}-4\nOTHER=${canary}-mine-typed # note\n`;
    assert.equal(document.getText(), received);
    assert.equal(await onDisk(".env"), received);
    await vscode.commands.executeCommand("undo");
    assert.equal(document.getText(), `API_URL=${canary}-2\nOTHER=${canary}-mine-typed # note\n`);
    await showing(api, "the undone key as drift", (all) =>
      all.includes("change: API_URL | default · changed here"),
    );
    await vscode.commands.executeCommand("redo");
    assert.equal(document.getText(), received);
    await document.save();
    await showing(api, "no drift", (all) => all.includes("changes: Changes | none, as in the space"));
  });

  it("a comparison is masked until its values are revealed", async () => {
    await run("showRevision", await spaceRow(api, "revision", "From ana"));
    const texts = (): string[] =>
      vscode.workspace.textDocuments
        .filter(({ uri, isClosed }) => uri.scheme === comparisonScheme && !isClosed)
        .map((document) => document.getText());
    assert.equal(texts().length, 2);
    assert.ok(!texts().join().includes(canary));
    const changed = new Promise<void>((resolve) => {
      const heard = vscode.workspace.onDidChangeTextDocument(() => {
        if (!texts().every((text) => text.includes(canary))) return;
        heard.dispose();
        resolve();
      });
    });
    await run("revealComparison");
    await changed;
    assert.ok(texts().some((text) => text.includes(`${canary}-4`)));
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });

  it("Revert Revision restores the value everywhere after showing the difference", async () => {
    const row = await spaceRow(api, "revision", "From ana");
    person.answers("Revert API_URL");
    const since = person.said.length;
    await run("revertRevision", row);
    const { text } = await person.hears(/^Committed r\d+: API_URL/, since);
    await ana.applied(Number(/r(\d+)/.exec(text)?.[1]));
    assert.match(await ana.text(), new RegExp(`API_URL=${canary}-2\n`));
    assert.match(await onDisk(".env"), new RegExp(`API_URL=${canary}-2\n`));
    const [newest] = (await spaceRows(api)).filter(({ kind }) => kind === "revision");
    assert.match(newest?.description ?? "", new RegExp(`reverts r${row.revision}`));
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });

  it("Unshare takes a key out of the space and leaves every line", async () => {
    await run("unshareKey", await spaceRow(api, "sharedKey", "API_URL"));
    await person.hears(/^API_URL leaves the space with the next commit/);
    const revision = await commit(["API_URL"], "Not shared any more");
    await ana.applied(revision);
    assert.match(await ana.text(), new RegExp(`API_URL=${canary}-2\n`));
    await showing(api, "no shared key", (lines) => lines.includes("sharedKeys: Shared Keys | none yet"));
  });

  it("an absent peer is shown with the time of its leaving", async () => {
    await ana.stop();
    await showing(api, "ana's absence", (lines) =>
      lines.some((line) => /^peer: ana \| voter · absent since/.test(line)),
    );
    await eventually(api, "the status", () => api.space.status.text.endsWith("1/2 peers"));
    await ana.start();
    await showing(api, "ana again", (lines) =>
      lines.some((line) => /^peer: ana \| voter( · at r\d+)?$/.test(line)),
    );
  });

  it("a broken .envpact.json is explained, and mending it brings the space back", async () => {
    const before = await onDisk(".envpact.json");
    await writeFile(at(".envpact.json"), "{ broken");
    await showing(api, "the problem", (lines) =>
      lines.some((line) => /^state: .*\.envpact\.json.*not JSON/.test(line)),
    );
    await eventually(api, "the warning", () => api.space.status.backgroundColor !== undefined);
    await writeFile(at(".envpact.json"), before);
    await showing(api, "the space", (lines) =>
      lines.some((line) => /^connection: team .*connected$/.test(line)),
    );
  });

  it("keys that make programs run other code are refused, until a person allows them in the notice or the view", async () => {
    const refusedOf = async (...keys: string[]): Promise<void> => {
      const { lines } = await ana.run("commit", ...keys, "-m", "Options");
      assert.equal(lines.at(-1)?.outcome, "aborted", JSON.stringify(lines));
    };
    const isAsked = (lines: readonly string[]): boolean =>
      lines.some((line) => line.startsWith("consent: Consent needed"));
    for (const key of ["NODE_OPTIONS", "LD_PRELOAD"]) {
      await ana.run("set", `${key}=--title=${canary}`);
      await ana.run("share", key);
    }
    let since = person.said.length;
    await refusedOf("NODE_OPTIONS", "LD_PRELOAD");
    const asked = await person.hears(/^ana wants to change NODE_OPTIONS, LD_PRELOAD in team/, since);
    assert.deepEqual(asked.buttons, ["Allow", "Keep Refusing"]);
    await showing(api, "the refusal that was not answered", isAsked);
    await eventually(api, "the status", () => api.space.status.text.endsWith("ana needs consent"));
    person.presses(/^Allow others to change NODE_OPTIONS, LD_PRELOAD/, "Keep Refusing");
    await run("allowKeys", await spaceRow(api, "consent"));
    await showing(api, "nothing to answer", (lines) => !isAsked(lines));
    since = person.said.length;
    await refusedOf("NODE_OPTIONS", "LD_PRELOAD");
    await showing(api, "the second refusal", isAsked);
    person.presses(/^Allow others to change NODE_OPTIONS, LD_PRELOAD/, "Allow");
    await run("allowKeys", await spaceRow(api, "consent"));
    await person.hears(/^Others may change NODE_OPTIONS, LD_PRELOAD here from now on/, since);
    await showing(api, "nothing to answer", (lines) => !isAsked(lines));
    await ana.run("unshare", "LD_PRELOAD");
    await ana.run("set", "PATH=/usr/bin");
    await ana.run("share", "PATH");
    since = person.said.length;
    person.presses(/^ana wants to change PATH in team/, "Allow");
    await refusedOf("PATH");
    await person.hears(/^Others may change PATH here from now on/, since);
    await ana.run("unshare", "PATH");
    const committed = await ana.run("commit", "NODE_OPTIONS", "-m", "Options again");
    assert.equal(committed.lines.at(-1)?.outcome, "committed", JSON.stringify(committed.lines));
    await eventually(api, "the key here", async () => (await onDisk(".env")).includes("NODE_OPTIONS="));
  });

  it("Leave Space asks first, ends the membership and keeps the file", async () => {
    const before = await onDisk(".env");
    await run("leaveSpace");
    assert.match((await person.hears(/^Leave the space team\?/)).detail, /stay as they are/);
    assert.equal(view().space, "team");
    person.presses(/^Leave the space team\?/, "Leave Space");
    await run("leaveSpace");
    await person.hears(/has left team/);
    assert.equal(await readFile(at(".env"), "utf8"), before);
    await showing(api, "no membership", (lines) => !lines.some((line) => line.startsWith("connection")));
    await rm(at(".envpact.json"), { force: true });
    await assert.rejects(access(at(".envpact.json")));
  });
});
