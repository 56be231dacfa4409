import assert from "node:assert/strict";
import { access } from "node:fs/promises";
import { describe, it } from "mocha";
import * as vscode from "vscode";
import type { TestApi } from "../../src/extension/extension.ts";
import {
  allNodes,
  answering,
  at,
  fileRow,
  fill,
  inEmptiedWorkspace,
  onDisk,
  put,
  run,
} from "./environments-workspace.ts";

const secret = "s3cr3t-value";

describe("schemas in the editor", () => {
  let api: TestApi;
  inEmptiedWorkspace((activated) => {
    api = activated;
  });

  function shown(): vscode.TextDocument {
    const document = vscode.window.activeTextEditor?.document;
    assert.ok(document, "no editor is active");
    return document;
  }

  it("Create Schema proposes an unsaved .env.schema without any value", async () => {
    await fill(api, { ".env": `TOKEN=${secret}\nPORT=3000\n`, ".env.production": "TOKEN=other\nPORT=80\n" });
    const asked = await answering([[".env", ".env.production"]], () => run("createSchema"));
    assert.ok(!JSON.stringify(asked).includes(secret));
    const document = shown();
    assert.equal(document.uri.scheme, "untitled");
    assert.equal(document.uri.fsPath, at(".env.schema"));
    assert.equal(document.languageId, "dotenv");
    const text = document.getText();
    assert.match(text, /# @required @sensitive\nTOKEN=\n/);
    assert.match(text, /# @required @public @type=port\nPORT=\n/);
    assert.ok(!text.includes(secret));
    await assert.rejects(access(at(".env.schema")));
  });

  it("Create Schema takes the folder of the row it was called on", async () => {
    await fill(api, { ".env": "A=x\n", "apps/web/.env": "WEB=x\n", "apps/web/.env.test": "WEB=x\n" });
    const row = await fileRow(api, "apps/web/.env");
    await answering([[".env"]], () => run("createSchema", row));
    assert.equal(shown().uri.fsPath, at("apps/web/.env.schema"));
    assert.match(shown().getText(), /\nWEB=\n$/);
    const folder = (await allNodes(api)).find((node) => node.kind === "folder" && node.directoryPath === "");
    await answering([], () => run("createSchema", folder));
    assert.equal(shown().uri.fsPath, at(".env.schema"));
  });

  it("Create Schema does not ask production to repeat what .env sets, unless files are read by themselves", async () => {
    const setting = vscode.workspace.getConfiguration("envpact");
    await fill(api, { ".env": "A=x\nB=x\n", ".env.production": "B=y\n" });
    const all = [".env", ".env.production"];
    await answering([all], () => run("createSchema"));
    assert.match(shown().getText(), /# @required @sensitive\nA=|# @required\nA=/);
    await setting.update("convention", "plain", vscode.ConfigurationTarget.Workspace);
    await answering([all, "Replace Its Text"], () => run("createSchema"));
    assert.match(shown().getText(), /# @optional\nA=/);
    await setting.update("convention", undefined, vscode.ConfigurationTarget.Workspace);
  });

  it("Create Schema keeps a schema that is there, shows it with the keys that it lacks, and adds them", async () => {
    const present = "# mine, see the wiki\n# @required\nA=\n";
    await fill(api, { ".env": "A=x\nB=1\n", ".env.schema": present });
    const asked = await answering([undefined], () => run("createSchema"));
    assert.match(asked.at(-1)?.text ?? "", /^\.env\.schema lacks 1 key\. What it says stays as it is/);
    assert.equal(await onDisk(".env.schema"), present);
    const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    assert.ok(input instanceof vscode.TabInputTextDiff);
    assert.equal(input.original.fsPath, at(".env.schema"));
    assert.equal(input.modified.scheme, "untitled");
    const proposal = vscode.workspace.textDocuments.find(
      ({ uri }) => uri.toString() === input.modified.toString(),
    );
    const expected = `${present}\n# @required @public @type=number\nB=\n`;
    assert.equal(proposal?.getText(), expected);
    await answering(["Add the Key"], () => run("createSchema"));
    assert.equal(shown().uri.fsPath, at(".env.schema"));
    assert.equal(shown().getText(), expected);
    assert.ok(shown().isDirty);
    await shown().save();
    const again = await answering([], () => run("createSchema"));
    assert.match(again.at(-1)?.text ?? "", /has every key of these files already/);
  });

  it("Create Schema asks before it replaces an unsaved proposal", async () => {
    await fill(api, { ".env": "A=x\n" });
    await run("createSchema");
    const document = shown();
    const edit = new vscode.WorkspaceEdit();
    edit.insert(document.uri, new vscode.Position(0, 0), "# mine\n");
    await vscode.workspace.applyEdit(edit);
    const asked = await answering([undefined], () => run("createSchema"));
    assert.equal(asked[0]?.options.modal, true);
    assert.match(document.getText(), /^# mine\n/);
    await answering(["Replace Its Text"], () => run("createSchema"));
    assert.match(document.getText(), /^# Schema of/);
  });

  it("Create Schema says which file it cannot read, and makes nothing", async () => {
    await fill(api, { ".env": "A=x\n", ".env.test": new Uint8Array([0x41, 0x3d, 0xff, 0xfe]) });
    const asked = await answering([[".env", ".env.test"]], () => run("createSchema"));
    assert.equal(asked.at(-1)?.kind, "error");
    assert.match(asked.at(-1)?.text ?? "", /\.env\.test/);
  });

  it("the schema of a file is the .env.schema beside it, else a decorated example", async () => {
    const uri = vscode.Uri.file(at(".env"));
    await fill(api, { ".env": "A=x\n", ".env.example": "A=\n" });
    assert.equal(await api.services.schemas.schemaFor(uri), undefined);
    await fill(api, { ".env.example": "# @type=port\nA=\n" });
    const byExample = await api.services.schemas.schemaFor(uri);
    assert.equal(byExample?.name, ".env.example");
    assert.equal(byExample?.schema.items.get("A")?.type.name, "port");
    await put({ ".env.schema": "# @type=url\nA=\n" });
    const bySchema = await api.services.schemas.schemaFor(uri);
    assert.equal(bySchema?.name, ".env.schema");
    assert.equal(bySchema?.schema.items.get("A")?.type.name, "url");
    assert.equal(await api.services.schemas.schemaFor(uri), bySchema);
  });

  it("a schema counts as it stands in the editor, and says when it changes", async () => {
    // Editors hold on to a text for a while, so the folder is one that no other test wrote a schema to.
    const uri = vscode.Uri.file(at("typed/.env"));
    await fill(api, { "typed/.env": "A=x\n", "typed/.env.schema": "# @type=url\nA=\n" });
    await api.services.schemas.schemaFor(uri);
    const document = await vscode.workspace.openTextDocument(at("typed/.env.schema"));
    await vscode.window.showTextDocument(document);
    const changed = new Promise<vscode.Uri>((resolve) => {
      const heard = api.services.schemas.onDidChange((which) => {
        if (!document.isDirty) return;
        heard.dispose();
        resolve(which);
      });
    });
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, new vscode.Range(0, 8, 0, 11), "port");
    await vscode.workspace.applyEdit(edit);
    assert.equal((await changed).fsPath, at("typed/.env.schema"));
    const found = await api.services.schemas.schemaFor(uri);
    assert.equal(found?.schema.items.get("A")?.type.name, "port");
  });
});
