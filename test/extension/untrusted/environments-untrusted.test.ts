import assert from "node:assert/strict";
import { describe, it } from "mocha";
import * as vscode from "vscode";
import { activated, answering, keyRow, onDisk, run, treeText } from "../environments-workspace.ts";

describe("the Environments tree in a workspace that is not trusted", () => {
  it("reads and edits, and says what does not work", async () => {
    assert.equal(vscode.workspace.isTrusted, false);
    const api = await activated();
    assert.deepEqual(await treeText(api), [".env 1 key", "  GREETING ••••"]);
    assert.match(api.environments.view.message ?? "", /Restricted Mode/);
    await answering(["hi"], async () => run("editValue", await keyRow(api, ".env", "GREETING")));
    assert.equal(await onDisk(".env"), "GREETING=hi\n");
  });
});
