import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "mocha";
import * as vscode from "vscode";

describe("Envpact in this VS Code", () => {
  it("is installed and activates", async () => {
    const extension = vscode.extensions.getExtension("envpact.envpact");
    assert.ok(extension, "envpact.envpact is not among the extensions");
    await extension.activate();
    assert.equal(extension.isActive, true);
  });

  it("sees the workspace folder it was opened on", () => {
    assert.equal(vscode.workspace.workspaceFolders?.length, 1);
  });

  it("gets `.env` files under VS Code's own language id", async () => {
    const folder = vscode.workspace.workspaceFolders?.[0];
    assert.ok(folder);
    const document = await vscode.workspace.openTextDocument(join(folder.uri.fsPath, ".env"));
    assert.equal(document.languageId, "dotenv");
  });

  it("has the SQLite of Node that the coordinator's log needs", async () => {
    const { DatabaseSync } = await import("node:sqlite");
    const database = new DatabaseSync(":memory:");
    const row = database.prepare("select 6 * 7 as answer").get();
    database.close();
    assert.equal(row?.answer, 42);
  });
});
