import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, rename, rm, symlink, truncate, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "mocha";
import * as vscode from "vscode";
import type { TestApi } from "../../src/extension/extension.ts";
import {
  activated,
  allNodes,
  answering,
  at,
  fileRow,
  fill,
  inEmptiedWorkspace,
  keyRow,
  onDisk,
  put,
  run,
  showMsMax,
  startAfresh,
  treeText,
  typeInto,
  until,
} from "./environments-workspace.ts";

const secret = "s3cr3t-value";

describe("the Environments tree", () => {
  let api: TestApi;
  inEmptiedWorkspace((activated) => {
    api = activated;
  });

  it("shows environments, then examples, with hidden values of one length", async () => {
    await fill(api, {
      ".env.example": "A=\n",
      ".env.test": "A=x\n",
      ".env": "A=1\nLONG=1234567890\nNONE=\n",
    });
    assert.deepEqual(await treeText(api), [
      ".env 3 keys",
      "  A ••••",
      "  LONG ••••",
      "  NONE ••••",
      ".env.test 1 key",
      "  A ••••",
      ".env.example 1 key",
      "  A ••••",
    ]);
  });

  it("leaves out what is no environment, dependencies, virtual environments and build output", async () => {
    await fill(api, {
      ".env": "A=1\n",
      ".envrc": "export A=1\n",
      ".env.keys": "A=1\n",
      ".env.vault": "A=1\n",
      ".env.schema": "A=\n",
      "node_modules/x/.env": "A=1\n",
      ".venv/.env": "A=1\n",
      "venv/.env": "A=1\n",
      "tools/pyvenv.cfg": "",
      "tools/.env": "A=1\n",
      "dist/.env": "A=1\n",
      ".git/.env": "A=1\n",
    });
    assert.deepEqual(await treeText(api), [".env 1 key", "  A ••••"]);
  });

  it("finds files that git ignores and that files.exclude hides", async () => {
    const configuration = vscode.workspace.getConfiguration("files");
    await configuration.update("exclude", { "**/.env": true }, vscode.ConfigurationTarget.Global);
    try {
      execFileSync("git", ["init", "--quiet", at()]);
      await fill(api, { ".gitignore": ".env\n", ".env": "A=1\n" });
      const hidden = await vscode.workspace.findFiles("**/.env", "**/node_modules/**");
      assert.deepEqual(hidden, [], "findFiles sees the file now: the walk of our own may not be needed");
      assert.deepEqual(await treeText(api), [".env 1 key", "  A ••••"]);
    } finally {
      await configuration.update("exclude", undefined, vscode.ConfigurationTarget.Global);
    }
  });

  it("groups by package when packages have files of their own, and knows each row's parent", async () => {
    await fill(api, { ".env": "A=1\n", "packages/api/.env": "B=1\n", "packages/web/.env.local": "C=1\n" });
    const root = vscode.workspace.workspaceFolders?.[0]?.name;
    assert.deepEqual(await treeText(api), [
      `${root}`,
      "  .env 1 key",
      "    A ••••",
      "packages/api",
      "  .env 1 key",
      "    B ••••",
      "packages/web",
      "  .env.local 1 key",
      "    C ••••",
    ]);
    const { tree } = api.environments;
    for (const parent of await allNodes(api)) {
      for (const child of await tree.getChildren(parent)) {
        assert.equal((await tree.getParent(child))?.id, parent.id);
      }
    }
  });

  it("has an id for every row, all different and without a value", async () => {
    await fill(api, { ".env": `A=${secret}\n# B=${secret}\n`, "api/.env": `A=${secret}\n` });
    const ids = (await allNodes(api)).map((node) => node.id);
    assert.equal(new Set(ids).size, ids.length);
    assert.ok(!ids.join().includes(secret));
  });

  it("says every state in words, for the eye and for a screen reader", async () => {
    await fill(api, {
      ".env": 'DOUBLE=1\nPLAIN=1\nDOUBLE=2\n# OFF=1\nOPEN="x\n',
      ".env.example": "PLAIN=\nLACKING=\n",
    });
    assert.deepEqual((await treeText(api)).slice(0, 6), [
      ".env 3 keys · 1 missing · 1 problem",
      "  PLAIN ••••",
      "  DOUBLE •••• · duplicate, lines 1, 3",
      "  OFF •••• · commented out",
      "  OPEN •••• · problem",
      "  LACKING missing",
    ]);
    const item = await api.environments.tree.getTreeItem(await keyRow(api, ".env", "LACKING"));
    assert.equal(item.accessibilityInformation?.label, "LACKING, missing");
    assert.match(String(item.tooltip), /named in \.env\.example/);
  });

  it("shows what the space knows, as soon as it knows it", async () => {
    await fill(api, { ".env": "A=1\nB=1\nC=1\n" });
    const states: Record<string, "shared" | "drift"> = { A: "shared", B: "drift" };
    const told = new vscode.EventEmitter<void>();
    const connected = api.services.shared.connect({
      stateOf: (_file, key) => states[key],
      onDidChange: told.event,
    });
    try {
      assert.deepEqual((await treeText(api)).slice(1), ["  A •••• · shared", "  B •••• · drift", "  C ••••"]);
      let asksAnew = false;
      const heard = api.environments.tree.onDidChangeTreeData(() => {
        asksAnew = true;
      });
      states.C = "drift";
      told.fire();
      heard.dispose();
      assert.ok(asksAnew, "the tree did not hear of the space's news");
      assert.equal((await treeText(api))[3], "  C •••• · drift");
    } finally {
      connected.dispose();
    }
    assert.equal((await treeText(api))[3], "  C ••••");
  });

  it("reveals a key or an environment on demand, and never in a tooltip, id or label", async () => {
    await fill(api, { ".env": `A=${secret}\nB="two\nlines"\n` });
    await run("reveal", await keyRow(api, ".env", "A"));
    assert.deepEqual(await treeText(api), [".env 2 keys", `  A ${secret}`, "  B ••••"]);
    await run("reveal", await fileRow(api, ".env"));
    assert.deepEqual(await treeText(api), [".env 2 keys · revealed", `  A ${secret}`, "  B two⏎lines"]);
    await run("hide", await keyRow(api, ".env", "A"));
    assert.equal((await treeText(api))[1], "  A ••••");
    await run("reveal", await keyRow(api, ".env", "A"));
    for (const node of await allNodes(api)) {
      const { description: _, ...rest } = await api.environments.tree.getTreeItem(node);
      assert.ok(!JSON.stringify(rest).includes(secret));
    }
    await run("hide", await fileRow(api, ".env"));
    assert.deepEqual(await treeText(api), [".env 2 keys", "  A ••••", "  B ••••"]);
  });

  it("opens the rows of a large environment up to a limit, and leads to the file for the rest", async () => {
    const lines = Array.from({ length: 5_100 }, (_, index) => `KEY_${index}=x`);
    await fill(api, { ".env": `${lines.join("\n")}\n` });
    const rows = await api.environments.tree.getChildren(await fileRow(api, ".env"));
    assert.equal(rows.length, 5_001);
    const last = rows.at(-1);
    assert.ok(last);
    assert.equal((await api.environments.tree.getTreeItem(last)).label, "100 more keys");
  });

  it("finds hundreds of packages and reads none of them before it is opened", async () => {
    const files: Record<string, string> = {};
    for (let index = 0; index < 400; index += 1) files[`packages/p${index}/.env`] = "A=1\n";
    await put(files);
    const { summaries } = api.services;
    const { summaryOf } = summaries;
    const read: string[] = [];
    summaries.summaryOf = (file) => {
      read.push(file.uri.path);
      return summaryOf.call(summaries, file);
    };
    await vscode.commands.executeCommand("envpact.refresh");
    const roots = await api.environments.tree.getChildren();
    const items = await Promise.all(roots.map((node) => api.environments.tree.getTreeItem(node)));
    assert.equal(roots.length, 400);
    assert.ok(items.every((item) => item.collapsibleState === vscode.TreeItemCollapsibleState.Collapsed));
    assert.deepEqual(read, []);
    const [opened] = roots;
    assert.ok(opened);
    for (const file of await api.environments.tree.getChildren(opened)) {
      await api.environments.tree.getTreeItem(file);
    }
    assert.deepEqual(read, [at("packages/p0/.env")]);
    summaries.summaryOf = summaryOf;
  });

  it("gives the answer of the newest search when several run at once", async () => {
    await fill(api, { ".env": "A=1\n" });
    const first = run("refresh");
    await put({ ".env.local": "B=1\n" });
    await Promise.all([first, run("refresh"), run("refresh")]);
    assert.deepEqual(await treeText(api), [".env 1 key", "  A ••••", ".env.local 1 key", "  B ••••"]);
  });
});

describe("files that are no ordinary text", () => {
  let api: TestApi;
  let outside = "";

  before(async () => {
    api = await activated();
  });

  beforeEach(() => startAfresh(api));

  afterEach(async () => {
    if (outside !== "") await rm(outside, { recursive: true, force: true });
    outside = "";
    await startAfresh(api);
  });

  it("are rows that say why, and are refused with a message and the next step", async function () {
    if (process.platform === "win32") this.skip();
    await put({
      ".env.wide": Buffer.from("\ufeffA=1\n", "utf16le"),
      ".env.binary": Uint8Array.from([1, 0, 2, 255, 254, 9]),
      ".env.latin": Uint8Array.from([0x41, 0x3d, 0xe9, 0x0a]),
      ".env.huge": "",
    });
    await truncate(at(".env.huge"), 50 * 1024 * 1024);
    execFileSync("mkfifo", [at(".env.pipe")]);
    await mkdir(at(".env"));
    await symlink("nowhere", at(".env.lost"));
    await fill(api, {});
    assert.deepEqual(await treeText(api), [
      ".env a folder, not a file",
      ".env.binary binary, read-only",
      ".env.huge too large to show",
      ".env.latin not valid UTF-8, read-only",
      ".env.lost link to nothing",
      ".env.pipe not a regular file, read-only",
      ".env.wide UTF-16, read-only",
    ]);
    for (const name of [".env", ".env.binary", ".env.huge", ".env.latin", ".env.pipe", ".env.wide"]) {
      const said = await answering([], async () => run("newKey", await fileRow(api, name)));
      assert.equal(said.length, 1);
      assert.equal(said[0]?.kind, "error");
      assert.ok(said[0]?.text.startsWith(`${name} `), said[0]?.text);
    }
  });

  it("that are links out of the workspace are shown and not changed", async () => {
    outside = join(tmpdir(), `envpact-outside-${process.pid}`);
    await mkdir(outside, { recursive: true });
    await writeFile(join(outside, "real"), "A=1\n");
    await symlink(join(outside, "real"), at(".env"));
    await fill(api, {});
    assert.deepEqual(await treeText(api), [".env 1 key · link out of the workspace, read-only", "  A ••••"]);
    const said = await answering([], async () => run("editValue", await keyRow(api, ".env", "A")));
    assert.match(said[0]?.text ?? "", /outside this workspace/);
    assert.equal(await onDisk(".env"), "A=1\n");
  });
});

describe("changes from outside", () => {
  let api: TestApi;

  before(async () => {
    api = await activated();
  });

  beforeEach(() => startAfresh(api));
  after(() => startAfresh(api));

  async function shows(expected: readonly string[], what: string): Promise<void> {
    const wanted = expected.join("\n");
    await until(api, what, async () => (await treeText(api)).join("\n") === wanted);
  }

  it("show within a second: a changed, a new and a deleted file", async () => {
    await fill(api, { ".env": "A=1\n" });
    // The quickest of several: what else the machine does may hold up one of them, not each.
    let quickestMs = Number.POSITIVE_INFINITY;
    for (const key of ["X", "Y", "Z", "B"]) {
      const begun = performance.now();
      await put({ ".env": `A=1\n${key}=2\n` });
      await shows([".env 2 keys", "  A ••••", `  ${key} ••••`], `${key} should have appeared`);
      quickestMs = Math.min(quickestMs, performance.now() - begun);
    }
    assert.ok(quickestMs < showMsMax, "a change took longer than a second to show");
    await put({ ".env.local": "C=1\n" });
    await shows([".env 2 keys", "  A ••••", "  B ••••", ".env.local 1 key", "  C ••••"], "C should be there");
    await unlink(at(".env"));
    await shows([".env.local 1 key", "  C ••••"], ".env should be gone");
  });

  it("show when a file is replaced by renaming another over it", async () => {
    await fill(api, { ".env": "A=1\n", "new.txt": "B=1\n" });
    await rename(at("new.txt"), at(".env"));
    await shows([".env 1 key", "  B ••••"], "B should have replaced A");
  });

  it("show when a whole folder comes and goes", async () => {
    await fill(api, { ".env": "A=1\n", "node_modules/moved/.env": "B=1\n" });
    const root = vscode.workspace.workspaceFolders?.[0]?.name ?? "";
    await rename(at("node_modules/moved"), at("moved"));
    await shows(
      [root, "  .env 1 key", "    A ••••", "moved", "  .env 1 key", "    B ••••"],
      "moved/.env came",
    );
    await rm(at("moved"), { recursive: true });
    await shows([".env 1 key", "  A ••••"], "moved/.env went");
  });

  it("show what is missing when the example changes", async () => {
    await fill(api, { ".env": "A=1\n", ".env.example": "A=\n" });
    await put({ ".env.example": "A=\nB=\n" });
    await until(api, "B should be missing", async () => (await treeText(api)).includes("  B missing"));
  });

  it("show while they are typed into an editor, before they are saved", async () => {
    await fill(api, { ".env": "A=1\n" });
    const document = await vscode.workspace.openTextDocument(at(".env"));
    const editor = await vscode.window.showTextDocument(document);
    await typeInto(editor, new vscode.Position(1, 0), "TYPED=1\n");
    await shows([".env 2 keys · unsaved", "  A ••••", "  TYPED ••••"], "TYPED should be there");
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
    await shows([".env 1 key", "  A ••••"], "TYPED should be gone");
  });
});
