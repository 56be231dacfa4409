import assert from "node:assert/strict";
import { afterEach, before, describe, it } from "mocha";
import * as vscode from "vscode";
import { activated, answering, onDisk } from "./environments-workspace.ts";
import { canary, leaveScene, open, pathOf, positionOf, scene, told, uriOf } from "./language-scene.ts";

const files = {
  ".env": `API=${canary}\nURL="\${API}/$API"\n# API=old\n`,
  ".env.local": `\uFEFFexport API=${canary}\r\nNOTE='$API'\r\n`,
  ".env.example": "API=\nOTHER=\n",
  ".env.schema": "# @required\nAPI=\n",
  "packages/a/.env": "API=elsewhere\n",
};

async function rename(path: string, position: vscode.Position, name: string): Promise<vscode.WorkspaceEdit> {
  return await vscode.commands.executeCommand<vscode.WorkspaceEdit>(
    "vscode.executeDocumentRenameProvider",
    uriOf(path),
    position,
    name,
  );
}

async function textAfter(path: string): Promise<string> {
  const document = await vscode.workspace.openTextDocument(uriOf(path));
  return document.getText();
}

describe("language features: changing a .env file", () => {
  before(activated);
  afterEach(leaveScene);

  it("finds a key in the environments of the folder, its example and its schema", async () => {
    await scene(files);
    const { document } = await open(".env");
    const locations = await vscode.commands.executeCommand<vscode.Location[]>(
      "vscode.executeReferenceProvider",
      document.uri,
      positionOf(document, "${API", 3),
    );
    const all = await Promise.all(locations.map(told));
    assert.deepEqual(all.sort(), [
      ".env.example:1 API",
      ".env.local:1 API",
      ".env.local:2 API",
      ".env.schema:2 API",
      ".env:1 API",
      ".env:2 API",
      ".env:2 API",
      ".env:3 API",
    ]);
  });

  it("renames a key everywhere in its folder in one edit that can be undone", async () => {
    await scene(files);
    const { document } = await open(".env");
    const edit = await rename(".env", positionOf(document, "API"), "API_HOST");
    assert.ok(await vscode.workspace.applyEdit(edit));
    assert.equal(
      await textAfter(".env"),
      `API_HOST=${canary}\nURL="\${API_HOST}/$API_HOST"\n# API_HOST=old\n`,
    );
    assert.equal(await textAfter(".env.local"), `export API_HOST=${canary}\r\nNOTE='$API_HOST'\r\n`);
    assert.equal(await textAfter(".env.example"), "API_HOST=\nOTHER=\n");
    assert.equal(await textAfter(".env.schema"), "# @required\nAPI_HOST=\n");
    assert.equal(await textAfter("packages/a/.env"), "API=elsewhere\n");
    for (const document of vscode.workspace.textDocuments)
      if (document.isDirty) assert.ok(await document.save());
    assert.equal(
      await onDisk(pathOf(".env.local")),
      `\uFEFFexport API_HOST=${canary}\r\nNOTE='$API_HOST'\r\n`,
    );
  });

  it("refuses a name that is taken in any of the files, and changes none", async () => {
    await scene(files);
    const { document } = await open(".env");
    const taken = rename(".env", positionOf(document, "API"), "OTHER");
    await assert.rejects(taken, /OTHER is set already in \.env\.example, line 2\. Choose another name\./);
    await assert.rejects(rename(".env", positionOf(document, "API"), `X=${canary}`), (error: Error) => {
      assert.match(error.message, /dotenv cannot read a key of this name/);
      return !error.message.includes(canary);
    });
    await assert.rejects(rename(".env", new vscode.Position(0, 7), "NEW"), /There is no key here/);
  });

  it("puts no piece of a password into the box that asks for a new name", async () => {
    await scene({ ".env": `PASSWORD=pa$${canary}\nURL=$API\n`, ".env.local": "API=1\n" });
    const { document } = await open(".env");
    const prepare = async (text: string) =>
      await vscode.commands.executeCommand<{ placeholder: string }>(
        "vscode.prepareRename",
        document.uri,
        positionOf(document, text, 2),
      );
    await assert.rejects(prepare(`$${canary}`), /There is no key here/);
    assert.equal((await prepare("$API")).placeholder, "API");
  });

  it("leaves out a file that is no UTF-8 text, and says so", async () => {
    await scene({ ...files, ".env.legacy": new Uint8Array([0x41, 0x3d, 0xe4, 0x0a]) });
    const { document } = await open(".env");
    const window = vscode.window as unknown as Record<string, unknown>;
    const genuine = window.showWarningMessage;
    const said: string[] = [];
    window.showWarningMessage = async (text: string) => void said.push(text);
    try {
      const edit = await rename(".env", positionOf(document, "API"), "API_HOST");
      assert.equal(edit.entries().length, 4);
    } finally {
      window.showWarningMessage = genuine;
    }
    assert.match(said.join(), /Not renamed in \.env\.legacy/);
  });

  it("formats only where the setting asks for it, and changes no value", async () => {
    const text = '\n\nA = 1  \n#note\nB="two  \n  lines"\n\n\n\nC=x#y\n';
    await scene({ ".env": text });
    const { document } = await open(".env");
    await vscode.commands.executeCommand("editor.action.formatDocument");
    assert.equal(document.getText(), text);
    const setting = vscode.workspace.getConfiguration("envpact");
    await setting.update("format.enable", true, vscode.ConfigurationTarget.Workspace);
    try {
      const edits = await vscode.commands.executeCommand<vscode.TextEdit[]>(
        "vscode.executeFormatDocumentProvider",
        document.uri,
        { tabSize: 2, insertSpaces: true },
      );
      const edit = new vscode.WorkspaceEdit();
      edit.set(document.uri, edits);
      assert.ok(await vscode.workspace.applyEdit(edit));
      assert.equal(document.getText(), 'A=1\n# note\nB="two  \n  lines"\n\nC=x#y\n');
    } finally {
      await setting.update("format.enable", undefined, vscode.ConfigurationTarget.Workspace);
    }
  });

  it("formats at its own command without any setting, and says once how to have it always", async () => {
    await scene({ ".env": "A = 1  \n", ".env.test": "B =2\n" });
    const { document } = await open(".env");
    const asked = await answering([undefined], () =>
      vscode.commands.executeCommand("envpact.formatDocument"),
    );
    assert.equal(document.getText(), "A=1\n");
    assert.match(asked.map(({ text }) => text).join(), /Shall Format Document .* use Envpact/);
    const second = (await open(".env.test")).document;
    assert.deepEqual(await answering([], () => vscode.commands.executeCommand("envpact.formatDocument")), []);
    assert.equal(second.getText(), "B=2\n");
  });

  it("says nothing after a rename that no code has to follow", async () => {
    await scene({ ...files, "src/a.ts": "process.env.OTHER;\n" });
    const { document } = await open(".env");
    const { code } = await activated();
    const asked = await answering([], async () => {
      assert.ok(
        await vscode.workspace.applyEdit(await rename(".env", positionOf(document, "API"), "API_HOST")),
      );
      assert.deepEqual(await code.index.usagesOf("API"), []);
    });
    assert.deepEqual(asked, []);
  });
});
