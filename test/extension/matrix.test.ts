import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { afterEach, beforeEach, describe, it } from "mocha";
import * as vscode from "vscode";
import type { TestApi } from "../../src/extension/extension.ts";
import {
  answering,
  at,
  fill,
  inEmptiedWorkspace,
  keyRow,
  onDisk,
  put,
  run,
  typeInto,
  until,
} from "./environments-workspace.ts";

/** In every value; nothing that is not asked for may hold it. */
const canary = "c4n4ry";
/** How often file events may overtake a question. */
const attemptsMax = 20;

type Answers = Awaited<ReturnType<TestApi["comparing"]["matrices"]["ask"]>>;

describe("the environment matrix", () => {
  let api: TestApi;
  const folder = (): vscode.Uri => vscode.Uri.file(at());
  const uri = (name: string): string => vscode.Uri.file(at(name)).toString();
  const ask = (message: unknown): Promise<Answers> => api.comparing.matrices.ask(folder(), message);
  const act = (action: string, name: string, key: string): Promise<Answers> =>
    ask({ ask: "cell", action, file: uri(name), key });

  inEmptiedWorkspace((activated) => {
    api = activated;
  });

  beforeEach(async () => {
    await fill(api, {
      ".env": `URL=${canary}-a\nLEVEL=${canary}-info\nONLY=${canary}-1\n`,
      ".env.staging": `URL=${canary}-b\nLEVEL=${canary}-info\n`,
      ".env.example": "URL=\nLEVEL=\nDOCUMENTED=\n",
    });
    await run("openMatrix", folder());
    await restarted();
  });

  afterEach(async () => {
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });

  /** The matrix as a page that starts gets it; a load that file events overtook is asked for again. */
  async function restarted(): Promise<Extract<Answers[number], { kind: "matrix" }>> {
    for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
      const [matrix] = await ask({ ask: "ready", text: "", states: [] });
      if (matrix?.kind === "matrix") return matrix;
    }
    return assert.fail("the matrix is never loaded");
  }

  /** Every row as its key and the letters of its states. */
  async function drawn(): Promise<string[]> {
    for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
      const { revision } = await restarted();
      const [rows] = await ask({ ask: "rows", revision, from: 0 });
      if (rows?.kind === "rows") return rows.rows.map(({ key, states }) => `${key} ${states}`);
    }
    return assert.fail("the rows are never those of the matrix");
  }

  it("opens one panel a folder, with states and without any value in a message", async () => {
    await run("openMatrix", folder());
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs.map(({ label }) => label));
    assert.deepEqual(tabs, ["Environment Matrix"]);
    assert.deepEqual(await drawn(), ["URL =!0", "LEVEL ==0", "DOCUMENTED --0", "ONLY 1^-"]);
    const [matrix] = await ask({ ask: "view", text: "", states: [] });
    const [detail] = await ask({ ask: "detail", key: "URL", file: uri(".env.staging") });
    assert.equal(detail?.kind === "detail" && detail.words, "line 1 · differs from .env");
    assert.doesNotMatch(JSON.stringify([matrix, detail]), new RegExp(canary));
  });

  it("gives out the value of a cell only after that cell was revealed, and masks a page that starts", async () => {
    const [revealed] = await act("reveal", ".env.staging", "URL");
    assert.equal(revealed?.kind === "matrix" && revealed.revealed, 1);
    assert.equal(revealed?.kind, "matrix");
    const rows = await ask({ ask: "rows", revision: revealed.revision, from: 0 });
    assert.deepEqual(JSON.stringify(rows).match(new RegExp(`${canary}-?\\w*`, "g")), [`${canary}-b`]);
    const [detail] = await ask({ ask: "detail", key: "URL", file: uri(".env.staging") });
    assert.equal(detail?.kind === "detail" && detail.value, `${canary}-b`);
    await restarted();
    const [masked] = await ask({ ask: "detail", key: "URL", file: uri(".env.staging") });
    assert.equal(masked?.kind === "detail" && masked.value, undefined);
  });

  it("answers nothing for rows of a state that has passed", async () => {
    assert.deepEqual(await ask({ ask: "rows", revision: -1, from: 0 }), []);
  });

  it("edits a value, adds a missing key beside its neighbours, and copies it across", async () => {
    await answering([`${canary}-c`], () => act("edit", ".env.staging", "URL"));
    assert.equal(await onDisk(".env.staging"), `URL=${canary}-c\nLEVEL=${canary}-info\n`);
    await answering([`${canary}-2`], () => act("edit", ".env.staging", "ONLY"));
    assert.equal(await onDisk(".env.staging"), `URL=${canary}-c\nLEVEL=${canary}-info\nONLY=${canary}-2\n`);
    await answering([[".env"], "Replace"], () => act("copyTo", ".env.staging", "URL"));
    assert.match(await onDisk(".env"), new RegExp(`^URL=${canary}-c$`, "m"));
    assert.deepEqual((await drawn())[0], "URL ==0");
  });

  it("changes an open document through the editor, so that unsaved edits stay", async () => {
    const document = await vscode.workspace.openTextDocument(at(".env.staging"));
    const editor = await vscode.window.showTextDocument(document);
    await typeInto(editor, new vscode.Position(2, 0), "TYPED=1\n");
    await answering([`${canary}-d`], () => act("edit", ".env.staging", "URL"));
    assert.equal(document.getText(), `URL=${canary}-d\nLEVEL=${canary}-info\nTYPED=1\n`);
    assert.equal(await onDisk(".env.staging"), `URL=${canary}-b\nLEVEL=${canary}-info\n`);
    assert.ok((await drawn()).includes("TYPED -1-"));
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  });

  it("fills what is missing from a chosen file after a look, and an example without values", async () => {
    const loaded = until(api, "the key is there", async () => (await drawn()).includes("STAGED -1-"));
    await put({ ".env.staging": `URL=${canary}-b\nLEVEL=${canary}-info\nSTAGED=${canary}-3\n` });
    await loaded;
    const asked = await answering([".env.staging", ["STAGED"]], () =>
      ask({ ask: "column", action: "fillMissing", file: uri(".env") }),
    );
    assert.match(await onDisk(".env"), new RegExp(`^STAGED=${canary}-3$`, "m"));
    await answering([".env", ["ONLY"]], () =>
      ask({ ask: "column", action: "fillMissing", file: uri(".env.example") }),
    );
    assert.match(await onDisk(".env.example"), /^ONLY=$/m);
    await answering([".env.example"], () => act("fill", ".env", "DOCUMENTED"));
    assert.match(await onDisk(".env"), /^DOCUMENTED=$/m);
    assert.doesNotMatch(JSON.stringify(asked), new RegExp(canary));
  });

  it("follows files that change on disk, and leaves out what cannot be read", async () => {
    const panelChanged = until(api, "the tree hears of it", async () => (await drawn())[0] === "URL ==0");
    await put({ ".env.staging": `URL=${canary}-a\nLEVEL=${canary}-info\n` });
    await panelChanged;
    await put({ ".env.binary": new Uint8Array([65, 61, 0, 1, 10]) });
    await run("refresh");
    const { notices } = await restarted();
    assert.deepEqual(notices, [".env.binary is left out: binary, read-only."]);
    await rm(at(".env.binary"));
  });

  it("explains a value by key and URI and from a row of the tree, masked", async () => {
    await put({ "package.json": '{"dependencies":{"next":"16"}}' });
    await run("explainValue", "URL", vscode.Uri.file(at(".env.staging")));
    const html = api.comparing.explanations.html("URL") ?? "";
    assert.match(html, /\.env\.staging<\/button> wins and shadows \.env\./);
    assert.match(html, /Next\.js was found/);
    await run("explainValue", await keyRow(api, ".env", "ONLY"));
    assert.match(api.comparing.explanations.html("ONLY") ?? "", /\.env<\/button> wins/);
    assert.doesNotMatch(html, new RegExp(canary));
  });

  it("follows the setting of the convention", async () => {
    const configuration = vscode.workspace.getConfiguration("envpact");
    await configuration.update("convention", "vite", vscode.ConfigurationTarget.Global);
    try {
      await run("explainValue", "LEVEL", vscode.Uri.file(at(".env")));
      const html = api.comparing.explanations.html("LEVEL") ?? "";
      assert.match(html, /As the setting envpact\.convention says\./);
      const [local, own] = [html.indexOf(".env.local"), html.indexOf(">.env.development<")];
      assert.ok(own > 0 && own < local, "the mode's file stands above .env.local");
    } finally {
      await configuration.update("convention", undefined, vscode.ConfigurationTarget.Global);
    }
  });
});
