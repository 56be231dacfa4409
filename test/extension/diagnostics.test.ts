import assert from "node:assert/strict";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, before, describe, it } from "mocha";
import * as vscode from "vscode";

const waitMsMax = 10_000;
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

  it("say that a file over 5 MB is not checked", async () => {
    const { document } = await opened(".env.large", `${`# ${"x".repeat(100)}\n`.repeat(52_000)}nonsense\n`);
    const [finding] = await published(document.uri, "file-too-large");
    assert.equal(finding?.severity, vscode.DiagnosticSeverity.Information);
  });

  it("report the keys of the example beside the file, and add them", async () => {
    await written(".env.asked.example", "A=1\nB=two\nC=3\nD=4\n");
    const { document } = await opened(".env.asked", "A=x\nD=y\n");
    await published(document.uri, "missing-key", "missing-key");
    const actions = await quickFixes(document, 0);
    const all = actions.filter(({ title }) => title.startsWith("Add all 2"));
    assert.equal(all.length, 1, "the fix of both findings stands in the list once");
    await apply(all[0]);
    assert.equal(document.getText(), "A=x\nB=two\nC=3\nD=y\n");
    await published(document.uri);
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
      actions.map(({ isPreferred }) => isPreferred ?? false),
      [false, false],
    );
    await apply(actions.find(({ title }) => title.includes("changes what is read")));
    assert.equal(document.getText(), 'A="ab#cd"\r\nB=2\r\n');
  });

  it("are made for the present text, though the findings are still those before the last key", async () => {
    const editor = await opened(".env.stale", "A = 1\n");
    await published(editor.document.uri, "space-around-equals");
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), "# head\n"));
    const [action] = await quickFixes(editor.document, 1);
    await apply(action);
    assert.equal(editor.document.getText(), "# head\nA=1\n");
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
