import assert from "node:assert/strict";
import { lstat } from "node:fs/promises";
import { describe, it } from "mocha";
import * as vscode from "vscode";
import type { TestApi } from "../../src/extension/extension.ts";
import {
  answering,
  at,
  box,
  fileRow,
  fill,
  inEmptiedWorkspace,
  keyRow,
  onDisk,
  put,
  run,
  treeText,
} from "./environments-workspace.ts";

const secret = "s3cr3t-value";

describe("commands of the Environments tree that copy, show and make", () => {
  let api: TestApi;
  inEmptiedWorkspace((activated) => {
    api = activated;
  });

  it("Copy Value takes what a program would read, Copy Name the names", async () => {
    await fill(api, { ".env": "A=1\nA='two words' # note\nB=2\n" });
    const rows = [await keyRow(api, ".env", "A"), await keyRow(api, ".env", "B")];
    await run("copyValue", rows[0]);
    assert.equal(await vscode.env.clipboard.readText(), "two words");
    await run("copyName", rows[0], rows);
    assert.equal(await vscode.env.clipboard.readText(), "A\nB");
  });

  it("Copy Value masks the values in its picker", async () => {
    await fill(api, { ".env": `A=${secret}\nB=2\n` });
    const asked = await answering(["A"], () => run("copyValue"));
    assert.ok(!JSON.stringify(asked).includes(secret));
    assert.equal(await vscode.env.clipboard.readText(), secret);
  });

  it("Copy Key To Environment asks before it replaces, and gives an example the name only", async () => {
    await fill(api, {
      ".env": `A=${secret}\n`,
      ".env.test": "A=old\n",
      ".env.local": "",
      ".env.example": "X=\n",
    });
    const row = await keyRow(api, ".env", "A");
    const all = [".env.local", ".env.test", ".env.example"];
    const asked = await answering([all, "Keep Existing"], () => run("copyKeyToEnvironment", row));
    assert.equal(box(asked, 1).options.modal, true);
    assert.equal(await onDisk(".env.local"), `A=${secret}\n`);
    assert.equal(await onDisk(".env.test"), "A=old\n");
    assert.match(await onDisk(".env.example"), /^X=\nA=(""|'')?\n$/);
    await answering([[".env.test"], "Replace"], () => run("copyKeyToEnvironment", row));
    assert.equal(await onDisk(".env.test"), `A=${secret}\n`);
  });

  it("Copy Key To Environment and Add Missing Keys keep what readers expand", async () => {
    await fill(api, {
      "compose.yaml": "services: {}\n",
      ".env": 'HOST=h\nURL="http://${HOST}/x"\n',
      ".env.test": "HOST=t\n",
      ".env.local": "URL='old'\n",
      ".env.example": "HOST=\nURL=\nAPI=${URL}/api\n",
    });
    const row = await keyRow(api, ".env", "URL");
    await answering([[".env.test", ".env.local"], "Replace"], () => run("copyKeyToEnvironment", row));
    assert.equal(await onDisk(".env.test"), 'HOST=t\nURL="http://${HOST}/x"\n');
    assert.equal(await onDisk(".env.local"), 'URL="http://${HOST}/x"\n');
    await answering([["API"]], async () => run("addMissingKeys", await fileRow(api, ".env")));
    assert.match(await onDisk(".env"), /\nAPI=\$\{URL\}\/api\n$/);
  });

  it("dragging a key onto another environment copies it there", async () => {
    await fill(api, { ".env": "A=1\nB='x y'\n", ".env.test": "C=3\n" });
    const { drag } = api.environments;
    const transfer = new vscode.DataTransfer();
    drag.handleDrag([await keyRow(api, ".env", "B"), await fileRow(api, ".env")], transfer);
    const { token } = new vscode.CancellationTokenSource();
    await drag.handleDrop(await keyRow(api, ".env", "A"), transfer, token);
    assert.equal(await onDisk(".env"), "A=1\nB='x y'\n");
    await drag.handleDrop(await fileRow(api, ".env.test"), transfer, token);
    assert.match(await onDisk(".env.test"), /^C=3\nB=(x y|'x y'|"x y")\n$/);
  });

  it("Reveal and Hide work from the palette, for a key and for all", async () => {
    await fill(api, { ".env": "A=1\nB=2\n" });
    await answering(["B"], () => run("reveal"));
    assert.deepEqual(await treeText(api), [".env 2 keys", "  A ••••", "  B 2"]);
    await answering(["All keys of .env"], () => run("hide"));
    assert.deepEqual(await treeText(api), [".env 2 keys", "  A ••••", "  B ••••"]);
    const said = await answering([], () => run("hide"));
    assert.equal(box(said, 0).text, "No value is revealed.");
  });

  it("Go To Key selects the key in the editor; a missing one is shown in the example", async () => {
    await fill(api, { ".env": "A=1\nexport B=2\n", ".env.example": "A=\nLACKING=\n" });
    await run("goToKey", await keyRow(api, ".env", "B"));
    let editor = vscode.window.activeTextEditor;
    assert.equal(editor?.document.getText(editor.selection), "B");
    assert.equal(editor?.selection.start.line, 1);
    await run("goToKey", await keyRow(api, ".env", "LACKING"));
    editor = vscode.window.activeTextEditor;
    assert.equal(editor?.document.uri.fsPath, at(".env.example"));
    assert.equal(editor?.document.getText(editor.selection), "LACKING");
  });

  it("Open Environment opens the file, and never a pipe", async function () {
    if (process.platform === "win32") this.skip();
    const { execFileSync } = await import("node:child_process");
    execFileSync("mkfifo", [at(".env.pipe")]);
    await fill(api, { ".env": "A=1\n" });
    await run("openEnvironment", await fileRow(api, ".env"));
    assert.equal(vscode.window.activeTextEditor?.document.uri.fsPath, at(".env"));
    const said = await answering([], async () => run("openEnvironment", await fileRow(api, ".env.pipe")));
    assert.equal(box(said, 0).kind, "error");
  });

  it("Add Missing Keys From Example shows them first and puts each where the example has it", async () => {
    await fill(api, {
      ".env": "A=mine\nD=mine\n",
      ".env.example": "A=\nB=from example\nC=3\nD=\nE=5\n",
    });
    const asked = await answering([["B", "E"]], async () =>
      run("addMissingKeys", await fileRow(api, ".env")),
    );
    assert.deepEqual(
      box(asked, 0).items.map((item) => [item.label, item.picked]),
      [
        ["B", true],
        ["C", true],
        ["E", true],
      ],
    );
    assert.match(await onDisk(".env"), /^A=mine\nB=.?from example.?\nD=mine\nE=5\n$/);
  });

  it("Add Missing Keys From Example says so when nothing is missing or there is no example", async () => {
    await fill(api, { ".env": "A=1\n" });
    let said = await answering([], async () => run("addMissingKeys", await fileRow(api, ".env")));
    assert.match(box(said, 0).text, /no example/);
    await fill(api, { ".env.example": "A=\n" });
    said = await answering([], () => run("addMissingKeys"));
    assert.match(box(said, 0).text, /No environment lacks/);
  });

  it("a missing key's own icon asks for its value, with the example's to begin with", async () => {
    await fill(api, { ".env": "A=1\n", ".env.example": "A=\nB=sample\n" });
    const asked = await answering(["real"], async () => run("addMissingKey", await keyRow(api, ".env", "B")));
    assert.equal(box(asked, 0).options.value, "sample");
    assert.equal(box(asked, 0).options.password, true);
    assert.equal(await onDisk(".env"), "A=1\nB=real\n");
  });

  it("New Environment makes a file that only its owner reads, with the example's text", async () => {
    const example = "# why\nA=1\n";
    await fill(api, { ".env.example": example });
    const asked = await answering([".env.local", "Copy .env.example"], async () => run("newEnvironment"));
    assert.ok(box(asked, 0).items.some((item) => item.label === ".env"));
    assert.ok(!box(asked, 0).items.some((item) => item.label === ".env.example"));
    assert.equal(await onDisk(".env.local"), example);
    if (process.platform !== "win32") assert.equal((await lstat(at(".env.local"))).mode & 0o777, 0o600);
    assert.equal((await treeText(api))[0], ".env.local 1 key");
  });

  it("New Environment can take the names of another environment, never its values or comments", async () => {
    await fill(api, { ".env": `A=${secret}\n# B=${secret}\nC=${secret} # ${secret}\n` });
    await answering(["Other Name…", ".env.staging", "Copy the keys of .env"], () => run("newEnvironment"));
    assert.equal(await onDisk(".env.staging"), "A=\nC=\n");
  });

  it("New Environment in a package asks for no folder when it is called on the package", async () => {
    await fill(api, { ".env": "A=1\n", "api/.env": "A=1\n" });
    const [, node] = await api.environments.tree.getChildren();
    await answering([".env.test", "Start empty"], () => run("newEnvironment", node));
    assert.equal(await onDisk("api/.env.test"), "");
  });

  it("Refresh picks up what no event told", async () => {
    await fill(api, { ".env": "A=1\n" });
    await put({ ".env": "A=1\nB=2\n" });
    await run("refresh");
    assert.deepEqual(await treeText(api), [".env 2 keys", "  A ••••", "  B ••••"]);
  });

  it("say in an empty workspace what to do", async () => {
    await fill(api, { "readme.md": "" });
    for (const command of ["newKey", "editValue", "deleteKey", "copyValue", "reveal", "goToKey"]) {
      const said = await answering([], () => run(command));
      assert.match(box(said, 0).text, /no \.env file.+New Environment/);
    }
  });
});
