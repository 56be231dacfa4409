import assert from "node:assert/strict";
import { rename, rm } from "node:fs/promises";
import { after, before, beforeEach, describe, it } from "mocha";
import * as vscode from "vscode";
import type { TestApi } from "../../src/extension/extension.ts";
import {
  activated,
  answering,
  at,
  fill,
  keyRow,
  onDisk,
  put,
  run,
  startAfresh,
} from "./environments-workspace.ts";

const waitMsMax = 15_000;
/** Stands as a value in every file of these tests, and must be seen nowhere. */
const secret = "s3cr3t-canary";

let api: TestApi;

function uri(path: string): vscode.Uri {
  return vscode.Uri.file(at(path));
}

/** Opens a file of the workspace in an editor. */
async function shown(path: string): Promise<vscode.TextEditor> {
  await vscode.commands.executeCommand("vscode.open", uri(path));
  const editor = vscode.window.activeTextEditor;
  assert.equal(editor?.document.uri.fsPath, at(path));
  return editor as vscode.TextEditor;
}

/** The position of `|` in the marked text of a line. */
function position(document: vscode.TextDocument, marked: string): vscode.Position {
  const offset = document.getText().indexOf(marked.replace("|", ""));
  assert.ok(offset >= 0, `there is no “${marked}”`);
  return document.positionAt(offset + marked.indexOf("|"));
}

async function ask<T>(command: string, document: vscode.TextDocument, marked: string): Promise<T> {
  const found = await vscode.commands.executeCommand<T>(
    `vscode.execute${command}`,
    document.uri,
    position(document, marked),
  );
  assert.ok(!JSON.stringify(found ?? "").includes(secret), `${command} holds a value`);
  return found;
}

/** Places as `file:line:character`, lines from 1, sorted. */
function places(locations: readonly (vscode.Location | vscode.LocationLink)[]): string[] {
  const told = locations.map((each) => {
    const [target, range] =
      "targetUri" in each
        ? [each.targetUri, each.targetSelectionRange ?? each.targetRange]
        : [each.uri, each.range];
    const path = vscode.workspace.asRelativePath(target);
    return `${path}:${range.start.line + 1}:${range.start.character}`;
  });
  return [...new Set(told)].sort();
}

function findings(path: string): string[] {
  return vscode.languages
    .getDiagnostics(uri(path))
    .filter(
      ({ source, code }) => source === "envpact" && (code === "undefined-variable" || code === "unused-key"),
    )
    .map(({ code, message }) => {
      assert.ok(!message.includes(secret));
      return `${String(code)} ${message.split(" ")[0]}`;
    });
}

/** Waits until the findings of a file are the expected ones. */
async function found(path: string, ...expected: string[]): Promise<void> {
  const holds = () => JSON.stringify(findings(path)) === JSON.stringify(expected);
  if (holds()) return;
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      listener.dispose();
      reject(new Error(`waited for ${expected.join(", ")}; there are: ${findings(path).join(", ")}`));
    }, waitMsMax);
    const listener = vscode.languages.onDidChangeDiagnostics(() => {
      if (!holds()) return;
      clearTimeout(timer);
      listener.dispose();
      resolve();
    });
  });
}

/** Waits until the index tells these usages of a name. */
async function indexed(name: string, ...expected: string[]): Promise<void> {
  const end = Date.now() + waitMsMax;
  for (;;) {
    const changed = new Promise<void>((resolve) => {
      const listener = api.code.index.onDidChange(() => {
        listener.dispose();
        resolve();
      });
    });
    const files = await api.code.index.usagesOf(name);
    const told = files.flatMap(({ file, usages }) =>
      usages.map(({ line }) => `${vscode.workspace.asRelativePath(vscode.Uri.parse(file))}:${line + 1}`),
    );
    if (JSON.stringify(told) === JSON.stringify(expected)) return;
    const left = end - Date.now();
    assert.ok(left > 0, `expected ${expected.join(", ")}; the index has ${told.join(", ")}`);
    await Promise.race([changed, new Promise((resolve) => setTimeout(resolve, left))]);
  }
}

/** Runs an act that ends in VS Code's review of changes, and answers the review as soon as it is there. */
async function reviewing(answer: "apply" | "discard", act: () => Thenable<unknown>): Promise<void> {
  let isDone = false;
  const acting = Promise.resolve(act()).finally(() => {
    isDone = true;
  });
  // No event tells that the review is there; a command without one does nothing.
  const end = Date.now() + waitMsMax;
  while (!isDone && Date.now() < end) await vscode.commands.executeCommand(`refactorPreview.${answer}`);
  await acting;
}

const environments = {
  ".env": `DATABASE_URL=${secret}\nPORT=3000\nFULL=\${DATABASE_URL}/x\n`,
  ".env.production": `DATABASE_URL=${secret}-2\n`,
  ".env.example": "# the database\nDATABASE_URL=\nPORT=\n",
};

describe("code that reads environment variables", () => {
  before(async () => {
    api = await activated();
  });
  beforeEach(async () => {
    await startAfresh(api);
  });
  after(async () => {
    await startAfresh(api);
  });

  it("is offered names, and no values", async () => {
    await fill(api, { ...environments, "a.ts": "process.env.\n", "b.py": 'import os\nos.environ[""]\n' });
    for (const [path, marked] of [
      ["a.ts", "process.env.|"],
      ["b.py", 'os.environ["|"]'],
    ] as const) {
      const { document } = await shown(path);
      const list = await ask<vscode.CompletionList>("CompletionItemProvider", document, marked);
      const labels = list.items.map(({ label }) => (typeof label === "string" ? label : label.label));
      for (const key of ["DATABASE_URL", "PORT", "FULL"]) assert.ok(labels.includes(key), `${path}: ${key}`);
      const resolved = await vscode.commands.executeCommand<vscode.CompletionList>(
        "vscode.executeCompletionItemProvider",
        document.uri,
        position(document, marked),
        undefined,
        50,
      );
      assert.ok(!JSON.stringify(resolved).includes(secret));
    }
  });

  it("is told where a variable is set and where it is missing", async () => {
    await fill(api, { ...environments, "a.ts": "f(process.env.PORT, process.env.DATABASE_URL);\n" });
    const { document } = await shown("a.ts");
    const hovers = await ask<vscode.Hover[]>("HoverProvider", document, "process.env.PO|RT");
    const text = hovers.flatMap(({ contents }) =>
      contents.map((part) => (typeof part === "string" ? part : part.value)),
    );
    assert.match(text.join("\n"), /PORT[\s\S]*\.env[\s\S]*production.*missing/);
    const definitions = await ask<vscode.Location[]>(
      "DefinitionProvider",
      document,
      "process.env.DATA|BASE_URL",
    );
    assert.deepEqual(places(definitions), [".env.example:2:0", ".env.production:1:0", ".env:1:0"]);
  });

  it("leads to everything that names a variable, and is led to from environments", async () => {
    await fill(api, {
      ...environments,
      "a.ts": "f(process.env.DATABASE_URL);\n",
      "lib/b.py": "import os\n# os.environ['DATABASE_URL']\nos.environ['DATABASE_URL']\n",
      "compose.yaml": "a: ${DATABASE_URL}\n",
      "node_modules/c/c.js": "process.env.DATABASE_URL;\n",
    });
    const inCode = ["a.ts:1:14", "compose.yaml:1:5", "lib/b.py:3:12"];
    const { document } = await shown("a.ts");
    const all = places(await ask("ReferenceProvider", document, "process.env.DATA|BASE_URL"));
    for (const place of [...inCode, ".env:1:0", ".env:3:7", ".env.production:1:0", ".env.example:2:0"]) {
      assert.ok(all.includes(place), `${place} is not among ${all.join(", ")}`);
    }
    assert.ok(!all.some((place) => place.includes("node_modules")));
    const environment = await shown(".env");
    const fromKey = places(await ask("ReferenceProvider", environment.document, "DATA|BASE_URL="));
    for (const place of inCode)
      assert.ok(fromKey.includes(place), `${place} is not among ${fromKey.join(", ")}`);
  });

  it("is found where it is typed, moved and deleted", async () => {
    await fill(api, { ...environments, "a.ts": "process.env.PORT;\n" });
    await indexed("PORT", "a.ts:1");
    const editor = await shown("a.ts");
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), "// first\nprocess.env.PORT;\n"));
    await indexed("PORT", "a.ts:2", "a.ts:3");
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
    await indexed("PORT", "a.ts:1");
    await put({ "lib/b.js": "process.env.PORT;\n" });
    await indexed("PORT", "a.ts:1", "lib/b.js:1");
    await rename(at("lib"), at("moved"));
    await indexed("PORT", "a.ts:1", "moved/b.js:1");
    await rm(at("moved"), { recursive: true });
    await indexed("PORT", "a.ts:1");
  });

  it("gets a hint for an undefined variable, and the key by its fix", async () => {
    await fill(api, {
      ...environments,
      "a.ts": "f(process.env.TOKEN, process.env.PORT, process.env.OTHER ?? 1, process.env.NODE_ENV);\n",
    });
    const { document } = await shown("a.ts");
    await found("a.ts", "undefined-variable TOKEN");
    const range = new vscode.Range(position(document, "|TOKEN"), position(document, "TOKEN|"));
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      "vscode.executeCodeActionProvider",
      document.uri,
      range,
      vscode.CodeActionKind.QuickFix.value,
    );
    const action = actions.find(({ title }) => title === "Add TOKEN to environment…");
    assert.ok(action?.command, actions.map(({ title }) => title).join(", "));
    const { command, arguments: args = [] } = action.command;
    const asked = await answering([[".env", ".env.example"], secret], () =>
      vscode.commands.executeCommand(command, ...args),
    );
    assert.ok(asked.some(({ options }) => options.password === true));
    assert.ok((await onDisk(".env")).includes(`TOKEN=${secret}\n`));
    assert.ok((await onDisk(".env.example")).includes("TOKEN=\n"));
    assert.ok(!(await onDisk(".env.production")).includes("TOKEN"));
    await found("a.ts");
  });

  it("says nothing of variables where the setting is off", async () => {
    const setting = vscode.workspace.getConfiguration("envpact.code");
    await fill(api, { ...environments, "a.ts": "process.env.TOKEN;\n" });
    await shown("a.ts");
    await found("a.ts", "undefined-variable TOKEN");
    await setting.update("undefinedVariable", "off", vscode.ConfigurationTarget.Workspace);
    await found("a.ts");
    await setting.update("undefinedVariable", undefined, vscode.ConfigurationTarget.Workspace);
    await found("a.ts", "undefined-variable TOKEN");
  });

  it("fades keys that nothing names, once all code was searched", async () => {
    await fill(api, {
      ...environments,
      ".env": "PORT=1\nOLD=2\nBASE=3\nURL=${BASE}/x\n",
      "a.ts": "process.env.PORT;\n",
    });
    await shown(".env");
    await indexed("PORT", "a.ts:1");
    await found(".env", "unused-key OLD", "unused-key URL");
    await put({ "b.sh": "echo $OLD $URL\n" });
    await found(".env");
  });

  it("is renamed with its key everywhere, in one reviewed change", async () => {
    await fill(api, {
      ...environments,
      ".env.schema": "# @required\nDATABASE_URL=\n",
      "a.ts": "const { DATABASE_URL } = process.env;\nf(process.env['DATABASE_URL']);\n",
      "b.py": "import os\nos.environ['DATABASE_URL']\n",
      "compose.yaml": "a: ${DATABASE_URL:-x}\n",
    });
    const editor = await shown("b.py");
    await editor.edit((edit) => edit.insert(new vscode.Position(2, 0), "os.getenv('DATABASE_URL')\n"));
    const row = await keyRow(api, ".env", "DATABASE_URL");
    await answering(["STORE_URL"], () => reviewing("apply", () => run("renameKeyEverywhere", row)));
    const text = async (path: string) => (await vscode.workspace.openTextDocument(uri(path))).getText();
    assert.equal(await text(".env"), `STORE_URL=${secret}\nPORT=3000\nFULL=\${STORE_URL}/x\n`);
    assert.equal(await text(".env.production"), `STORE_URL=${secret}-2\n`);
    assert.equal(await text(".env.example"), "# the database\nSTORE_URL=\nPORT=\n");
    assert.equal(await text(".env.schema"), "# @required\nSTORE_URL=\n");
    assert.equal(
      await text("a.ts"),
      "const { STORE_URL: DATABASE_URL } = process.env;\nf(process.env['STORE_URL']);\n",
    );
    assert.equal(await text("b.py"), "import os\nos.environ['STORE_URL']\nos.getenv('STORE_URL')\n");
    assert.equal(await text("compose.yaml"), "a: ${STORE_URL:-x}\n");
    await vscode.workspace.saveAll(false);
  });

  it("is not renamed to a name that is taken, nor to one that it cannot hold", async () => {
    await fill(api, { ...environments, "a.ts": "process.env.DATABASE_URL;\n" });
    const row = await keyRow(api, ".env", "DATABASE_URL");
    const taken = await answering(["PORT"], () => run("renameKeyEverywhere", row));
    assert.match(taken.at(-1)?.text ?? "", /PORT is set already in \.env/);
    const dotted = await answering(["STORE.URL"], () => run("renameKeyEverywhere", row));
    assert.match(dotted.at(-1)?.text ?? "", /a\.ts, line 1/);
    assert.equal(await onDisk("a.ts"), "process.env.DATABASE_URL;\n");
    assert.equal(await onDisk(".env"), environments[".env"]);
  });

  it("is not renamed when the review is discarded", async () => {
    await fill(api, { ...environments, "a.ts": "process.env.DATABASE_URL;\n" });
    const row = await keyRow(api, ".env", "DATABASE_URL");
    await answering(["STORE_URL"], () => reviewing("discard", () => run("renameKeyEverywhere", row)));
    const { document } = await shown("a.ts");
    assert.equal(document.getText(), "process.env.DATABASE_URL;\n");
    assert.equal((await shown(".env")).document.getText(), environments[".env"]);
    assert.ok(!vscode.workspace.textDocuments.some(({ isDirty }) => isDirty));
  });

  it("is not renamed before the user knows that a space shares the key", async () => {
    await fill(api, { ...environments, "a.ts": "process.env.DATABASE_URL;\n" });
    const changed = new vscode.EventEmitter<void>();
    const connected = api.services.shared.connect({
      stateOf: (file, key) => (file.path.endsWith("/.env") && key === "DATABASE_URL" ? "shared" : undefined),
      onDidChange: changed.event,
    });
    try {
      const row = await keyRow(api, ".env", "DATABASE_URL");
      const asked = await answering(["STORE_URL", undefined], () => run("renameKeyEverywhere", row));
      assert.match(asked.at(-1)?.text ?? "", /DATABASE_URL is shared in a space/);
      assert.match(String(asked.at(-1)?.options.detail), /Shared in \.env\. /);
      assert.equal(await onDisk(".env"), environments[".env"]);
    } finally {
      connected.dispose();
      changed.dispose();
    }
  });
});
