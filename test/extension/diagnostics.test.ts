import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, before, describe, it } from "mocha";
import * as vscode from "vscode";
import { typeInto } from "./environments-workspace.ts";

const waitMsMax = 30_000;
const codesOf = (uri: vscode.Uri): string[] => own(uri).map(codeOf);
let created: vscode.Uri[] = [];

function own(uri: vscode.Uri): vscode.Diagnostic[] {
  return vscode.languages.getDiagnostics(uri).filter(({ source }) => source === "envpact");
}

function codeOf({ code }: vscode.Diagnostic): string {
  return typeof code === "object" ? String(code.value) : String(code);
}

/** Resolves once the published findings of a document are the expected rules, in their order. */
async function published(uri: vscode.Uri, ...rules: string[]): Promise<vscode.Diagnostic[]> {
  const wanted = JSON.stringify(rules);
  if (JSON.stringify(codesOf(uri)) !== wanted) {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        listener.dispose();
        reject(new Error(`waited for ${wanted}, there are ${JSON.stringify(codesOf(uri))}`));
      }, waitMsMax);
      const listener = vscode.languages.onDidChangeDiagnostics(() => {
        if (JSON.stringify(codesOf(uri)) !== wanted) return;
        clearTimeout(timer);
        listener.dispose();
        resolve();
      });
    });
  }
  return own(uri);
}

/** Writes a file into the workspace and opens it as a user does, so that closing the editor closes the document. */
async function opened(name: string, text: string): Promise<vscode.TextEditor> {
  const uri = await written(name, text);
  await vscode.commands.executeCommand("vscode.open", uri);
  const editor = vscode.window.activeTextEditor;
  assert.equal(editor?.document.uri.toString(), uri.toString());
  return editor as vscode.TextEditor;
}

async function written(name: string, text: string): Promise<vscode.Uri> {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder);
  const uri = vscode.Uri.file(join(folder.uri.fsPath, name));
  await mkdir(dirname(uri.fsPath), { recursive: true });
  await writeFile(uri.fsPath, text);
  created.push(uri);
  return uri;
}

async function replaceAll(editor: vscode.TextEditor, text: string): Promise<void> {
  const { document } = editor;
  const everything = new vscode.Range(document.positionAt(0), document.positionAt(document.getText().length));
  assert.ok(await editor.edit((edit) => edit.replace(everything, text)));
}

async function actionsAt(uri: vscode.Uri, range: vscode.Range, kind: string): Promise<vscode.CodeAction[]> {
  const command = "vscode.executeCodeActionProvider";
  return await vscode.commands.executeCommand<vscode.CodeAction[]>(command, uri, range, kind);
}

async function quickFixes(document: vscode.TextDocument, line: number): Promise<vscode.CodeAction[]> {
  return await actionsAt(document.uri, document.lineAt(line).range, vscode.CodeActionKind.QuickFix.value);
}

async function apply(action: vscode.CodeAction | undefined): Promise<void> {
  assert.ok(action?.edit, "the fix has no edit");
  assert.ok(await vscode.workspace.applyEdit(action.edit));
}

/** What the test asks of VS Code's git extension, which the test host starts without. */
interface GitApi {
  openRepository(root: vscode.Uri): Promise<unknown>;
  getRepository(uri: vscode.Uri): { status(): Promise<void> } | null;
}

async function gitApi(): Promise<GitApi> {
  const extension = vscode.extensions.getExtension("vscode.git");
  assert.ok(extension, "VS Code's git extension is not there");
  const exports = await extension.activate();
  if (!exports.enabled) {
    await new Promise<void>((resolve) => {
      const waiting = exports.onDidChangeEnablement(() => {
        waiting.dispose();
        resolve();
      });
    });
  }
  return exports.getAPI(1);
}

async function activate(): Promise<void> {
  await vscode.extensions.getExtension("envpact.envpact")?.activate();
}

async function cleanUp(): Promise<void> {
  for (const _ of vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs)) {
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  }
  for (const uri of created) await rm(uri.fsPath, { force: true });
  created = [];
}

describe("diagnostics in the editor", () => {
  before(activate);

  afterEach(async () => {
    const setting = vscode.workspace.getConfiguration("envpact");
    await setting.update("lint.severity", undefined, vscode.ConfigurationTarget.Workspace);
    await cleanUp();
  });

  it("follow typing, without a save", async () => {
    const editor = await opened(".env.typing", "A=1\n");
    const { uri } = editor.document;
    editor.selection = new vscode.Selection(1, 0, 1, 0);
    for (const character of "A=2") await vscode.commands.executeCommand("type", { text: character });
    const [duplicate] = await published(uri, "duplicate-key");
    assert.deepEqual(duplicate?.range, new vscode.Range(0, 0, 0, 3));
    assert.ok(editor.document.isDirty);
    assert.equal(await readFile(uri.fsPath, "utf8"), "A=1\n");
    await vscode.commands.executeCommand("deleteLeft");
    await vscode.commands.executeCommand("deleteLeft");
    await published(uri, "invalid-line");
    await replaceAll(editor, "A=1\n");
    await published(uri);
  });

  it("belong to the last of many quick edits", async () => {
    const editor = await opened(".env.quick", "");
    for (let round = 0; round < 30; round++) {
      await replaceAll(editor, round % 2 === 0 ? "nonsense\n" : "A = 1\n");
    }
    await published(editor.document.uri, "space-around-equals");
    await replaceAll(editor, "A=1\nA=2\nB=x#y\n");
    await published(editor.document.uri, "duplicate-key", "value-cut-by-hash");
  });

  it("carry rule, page, related place and fading", async () => {
    const { document } = await opened(".env.carry", "A=1\nA=2\n");
    const [duplicate] = await published(document.uri, "duplicate-key");
    const code = duplicate?.code;
    assert.ok(typeof code === "object");
    assert.equal(
      code.target.toString(true),
      "https://github.com/envpact/envpact/blob/main/docs/DIAGNOSTICS.md#duplicate-key",
    );
    assert.equal(duplicate?.severity, vscode.DiagnosticSeverity.Warning);
    assert.deepEqual(duplicate?.tags, [vscode.DiagnosticTag.Unnecessary]);
    assert.deepEqual(duplicate?.relatedInformation?.[0]?.location.range, new vscode.Range(1, 0, 1, 1));
  });

  it("go when the document is closed", async () => {
    const { document } = await opened(".env.close", "nonsense\n");
    await published(document.uri, "invalid-line");
    await vscode.commands.executeCommand("workbench.action.closeActiveEditor");
    await published(document.uri);
  });

  it("go when the file is deleted from outside, and from the explorer", async () => {
    const outside = await opened(".env.outside", "nonsense\n");
    await published(outside.document.uri, "invalid-line");
    await rm(outside.document.uri.fsPath);
    await published(outside.document.uri);
    const inside = await opened(".env.inside", "nonsense\n");
    await published(inside.document.uri, "invalid-line");
    const edit = new vscode.WorkspaceEdit();
    edit.deleteFile(inside.document.uri);
    assert.ok(await vscode.workspace.applyEdit(edit));
    await published(inside.document.uri);
    // What makes every document checked again brings nothing back, until somebody goes on typing.
    const other = await opened(".env.beside", "nonsense\n");
    await published(other.document.uri, "invalid-line");
    const setting = vscode.workspace.getConfiguration("envpact");
    await setting.update("lint.severity", { "invalid-line": "off" }, vscode.ConfigurationTarget.Workspace);
    await published(other.document.uri);
    await setting.update("lint.severity", undefined, vscode.ConfigurationTarget.Workspace);
    await published(other.document.uri, "invalid-line");
    assert.deepEqual([...codesOf(outside.document.uri), ...codesOf(inside.document.uri)], []);
    const left = new vscode.WorkspaceEdit();
    left.insert(outside.document.uri, new vscode.Position(0, 0), "A=1\n");
    assert.ok(await vscode.workspace.applyEdit(left));
    await published(outside.document.uri, "invalid-line");
    await vscode.window.showTextDocument(outside.document);
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  });

  it("stay with a file that another program replaces by renaming", async () => {
    const { document } = await opened(".env.replaced", "nonsense\n");
    await published(document.uri, "invalid-line");
    const next = await written(".env.replaced.tmp", "A = 1\n");
    await rename(next.fsPath, document.uri.fsPath);
    await published(document.uri, "space-around-equals");
  });

  it("are there for untitled documents of the language, and for other files by name only", async () => {
    const untitled = await vscode.workspace.openTextDocument({ language: "dotenv", content: 'A="x\n' });
    await vscode.window.showTextDocument(untitled);
    await published(untitled.uri, "unclosed-quote");
    const named = await opened("service.env", "nonsense\n");
    await published(named.document.uri, "invalid-line");
    const shell = await opened(".envrc", "nonsense\n");
    const keys = await opened(".env.keys", "nonsense\n");
    const proof = await opened(".env.proof", "nonsense\n");
    await published(proof.document.uri, "invalid-line");
    assert.deepEqual([...codesOf(shell.document.uri), ...codesOf(keys.document.uri)], []);
  });

  it("follow the severity setting while the file is open", async () => {
    const { document } = await opened(".env.severity", "A = 1\nnonsense\n");
    await published(document.uri, "space-around-equals", "invalid-line");
    const setting = vscode.workspace.getConfiguration("envpact");
    const chosen = { "space-around-equals": "off", "invalid-line": "hint" };
    await setting.update("lint.severity", chosen, vscode.ConfigurationTarget.Workspace);
    const [invalid] = await published(document.uri, "invalid-line");
    assert.equal(invalid?.severity, vscode.DiagnosticSeverity.Hint);
    await setting.update("lint.severity", undefined, vscode.ConfigurationTarget.Workspace);
    await published(document.uri, "space-around-equals", "invalid-line");
  });

  it("see a byte order mark, which VS Code takes off the text", async () => {
    const { document } = await opened(".env.mark", "\uFEFFA=1\n");
    await published(document.uri, "byte-order-mark");
    const [action] = await quickFixes(document, 0);
    assert.equal(action?.command?.command, "workbench.action.editor.changeEncoding");
  });

  it("say that a file over 5 MB is checked only for what readers lose", async () => {
    const { document } = await opened(
      ".env.large",
      `${`# ${"x".repeat(100)}\n`.repeat(52_000)}A = 1\nnonsense\n`,
    );
    const [finding] = await published(document.uri, "file-too-large", "invalid-line");
    assert.equal(finding?.severity, vscode.DiagnosticSeverity.Information);
  });

  it("report the keys of the example beside the file, and add them", async () => {
    await written(".env.asked.example", "A=1\nB=two\nC=3\nD=4\n");
    const { document } = await opened(".env.asked", "A=x\nD=y\n");
    const [finding] = await published(document.uri, "missing-key");
    assert.equal(finding?.message, "2 keys of .env.asked.example are not set here: B, C.");
    assert.deepEqual(finding.range, new vscode.Range(0, 0, 0, 1), "pointing at a key does not open it");
    const actions = await quickFixes(document, 0);
    assert.deepEqual(
      actions.map(({ title }) => title),
      [
        "Add all 2 missing keys with their values from .env.asked.example",
        "Add B with its value from .env.asked.example",
        "Add C with its value from .env.asked.example",
        "Ignore missing-key in this file",
      ],
    );
    await apply(actions[0]);
    assert.equal(document.getText(), "A=x\nB=two\nC=3\nD=y\n");
    await published(document.uri);
  });

  it("say what the schema says, while that is edited, and what is wrong in the schema itself", async () => {
    const { document } = await opened("schema/.env", "PORT=high\n");
    await published(document.uri);
    const schema = await opened("schema/.env.schema", "# @required @type=port\nPORT=80\n");
    await published(document.uri, "schema-violation");
    await replaceAll(schema, "# @required @type=string\nPORT=80\n# @required\nHOST=\n");
    await published(document.uri, "missing-key");
    await replaceAll(schema, "# @required @type=prot\nPORT=80\n");
    await published(schema.document.uri, "schema-error");
  });

  it("know who else reads the file, by the files around", async () => {
    await written("readers/requirements.txt", "python-dotenv==1.2.0\n");
    const { document } = await opened("readers/.env", "A=`x y`\nB=1\n");
    const [finding] = await published(document.uri, "reads-differently");
    assert.match(finding?.message ?? "", /python-dotenv/);
    await apply((await quickFixes(document, 0))[0]);
    assert.equal(document.getText(), 'A="x y"\nB=1\n');
    await published(document.uri);
  });

  it("ask for the keys of other environments of the folder", async () => {
    await written("peers/.env.staging", "A=1\nB=2\n");
    const { document } = await opened("peers/.env.production", "A=1\n");
    const [finding] = await published(document.uri, "missing-in-siblings");
    assert.equal(finding?.severity, vscode.DiagnosticSeverity.Hint);
    assert.match(finding?.message ?? "", /^B is set in \.env\.staging/);
    const staging = await opened("peers/.env.staging", "A=1\nB=2\n");
    await replaceAll(staging, "A=1\nB=2\nC=3\n");
    const end = Date.now() + waitMsMax;
    while (!own(document.uri)[0]?.message.endsWith("B, C.")) {
      assert.ok(Date.now() < end, "the key that the other file got is not asked for");
      await new Promise<void>((resolve) => {
        const heard = vscode.languages.onDidChangeDiagnostics(() => {
          heard.dispose();
          resolve();
        });
      });
    }
    assert.deepEqual(codesOf(document.uri), ["missing-in-siblings"]);
  });

  it("tell of a secret from the moment that git has the file", async () => {
    const { document } = await opened("tracked/.env", "API_TOKEN=q7Gz2LpV9sKd4WxYb8Nf3RtM\n");
    await published(document.uri);
    const folder = vscode.Uri.joinPath(document.uri, "..").fsPath;
    const setting = vscode.workspace.getConfiguration("git");
    execFileSync("git", ["init", "--quiet"], { cwd: folder });
    try {
      await setting.update("enabled", true, vscode.ConfigurationTarget.Global);
      const api = await gitApi();
      await api.openRepository(vscode.Uri.file(folder));
      await published(document.uri);
      execFileSync("git", ["add", "--force", ".env"], { cwd: folder });
      await api.getRepository(document.uri)?.status();
      await published(document.uri, "secret-in-tracked-file");
    } finally {
      await setting.update("enabled", undefined, vscode.ConfigurationTarget.Global);
      await rm(join(folder, ".git"), { recursive: true, force: true });
    }
  });

  it("follow the example while that is edited", async () => {
    const { document } = await opened(".env.follows", "A=x\n");
    const example = await opened(".env.follows.example", "A=\n");
    await replaceAll(example, "A=\nB=\n");
    await published(document.uri, "missing-key");
  });
});

describe("quick fixes in the editor", () => {
  before(activate);

  afterEach(cleanUp);

  it("mend the finding, and are undone as one step", async () => {
    const { document } = await opened(".env.fix", "A=1\nB=2\nA=3\n");
    await published(document.uri, "duplicate-key");
    const actions = await quickFixes(document, 0);
    const preferred = actions.filter(({ isPreferred }) => isPreferred);
    assert.deepEqual(
      preferred.map(({ title }) => title),
      ["Remove this A, which is never read"],
    );
    await apply(preferred[0]);
    assert.equal(document.getText(), "B=2\nA=3\n");
    await published(document.uri);
    await vscode.commands.executeCommand("undo");
    assert.equal(document.getText(), "A=1\nB=2\nA=3\n");
  });

  it("offer both readings of a value cut by #, none of them as the preferred one", async () => {
    const { document } = await opened(".env.hash", "A=ab#cd\r\nB=2\r\n");
    await published(document.uri, "value-cut-by-hash");
    const actions = await quickFixes(document, 0);
    assert.deepEqual(
      actions
        .filter(({ title }) => !title.startsWith("Ignore "))
        .map(({ isPreferred }) => isPreferred ?? false),
      [false, false],
    );
    await apply(actions.find(({ title }) => title.includes("changes what is read")));
    assert.equal(document.getText(), 'A="ab#cd"\r\nB=2\r\n');
  });

  it("are made for the present text, though the findings are still those before the last key", async () => {
    const editor = await opened(".env.stale", "A = 1\n");
    await published(editor.document.uri, "space-around-equals");
    await typeInto(editor, new vscode.Position(0, 0), "# head\n");
    const [action] = await quickFixes(editor.document, 1);
    await apply(action);
    assert.equal(editor.document.getText(), "# head\nA=1\n");
  });

  it("silence a rule by a comment above the line, or for the file", async () => {
    const { document } = await opened(".env.ignored", "A=1\nB=x#y\n");
    await published(document.uri, "value-cut-by-hash");
    const titled = async (title: string) =>
      (await quickFixes(document, 1)).find((action) => action.title === `Ignore value-cut-by-hash ${title}`);
    assert.ok(await titled("in this file"));
    const action = await titled("on this line");
    assert.ok(!action?.isPreferred);
    await apply(action);
    assert.equal(document.getText(), "A=1\n# envpact-ignore value-cut-by-hash\nB=x#y\n");
    await published(document.uri);
  });

  it("stand before every comment that silences, whichever finding they are for", async () => {
    const { document } = await opened(".env.order", "A = x#y\n");
    await published(document.uri, "space-around-equals", "value-cut-by-hash");
    const titles = (await quickFixes(document, 0)).map(({ title }) => title);
    const silencing = titles.map((title) => title.startsWith("Ignore "));
    assert.ok(silencing.includes(false) && silencing.includes(true));
    assert.deepEqual(silencing, silencing.toSorted(), titles.join("; "));
  });

  it("do everything that changes no value as one source action", async () => {
    const { document } = await opened(".env.all", "A = 1\nA=2\nnonsense\nB = b # note\nC=c#d\n");
    const everything = new vscode.Range(0, 0, document.lineCount, 0);
    const [action] = await actionsAt(document.uri, everything, "source.fixAll.envpact");
    assert.equal(action?.kind?.value, "source.fixAll.envpact");
    await apply(action);
    assert.equal(document.getText(), "A=2\n# nonsense\nB=b # note\nC=c#d\n");
    await published(document.uri, "value-cut-by-hash");
  });
});
