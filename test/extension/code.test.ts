import assert from "node:assert/strict";
import { rename, rm } from "node:fs/promises";
import { describe, it } from "mocha";
import * as vscode from "vscode";
import type { TestApi } from "../../src/extension/extension.ts";
import {
  answering,
  at,
  fill,
  inEditor,
  inEmptiedWorkspace,
  keyRow,
  onDisk,
  put,
  run,
  typeInto,
} from "./environments-workspace.ts";

const waitMsMax = 30_000;
/** Stands as a value in every file of these tests, and must be seen nowhere. */
const secret = "s3cr3t-canary";

let api: TestApi;

function uri(path: string): vscode.Uri {
  return vscode.Uri.file(at(path));
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
  return vscode.languages.getDiagnostics(uri(path)).flatMap(({ source, code, message }) => {
    if (source !== "envpact" || typeof code !== "object") return [];
    if (code.value !== "undefined-variable" && code.value !== "unused-key") return [];
    assert.ok(!message.includes(secret));
    assert.ok(code.target.toString(true).endsWith(`/docs/DIAGNOSTICS.md#${code.value}`));
    return [`${code.value} ${message.split(" ")[0]}`];
  });
}

/** The quick fixes at a word of a document. */
async function quickFixes(document: vscode.TextDocument, word: string): Promise<vscode.CodeAction[]> {
  const range = new vscode.Range(position(document, `|${word}`), position(document, `${word}|`));
  return vscode.commands.executeCommand<vscode.CodeAction[]>(
    "vscode.executeCodeActionProvider",
    document.uri,
    range,
    vscode.CodeActionKind.QuickFix.value,
  );
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
  inEmptiedWorkspace((activated) => {
    api = activated;
  });

  it("is offered names, and no values", async () => {
    await fill(api, { ...environments, "a.ts": "process.env.\n", "b.py": 'import os\nos.environ[""]\n' });
    for (const [path, marked] of [
      ["a.ts", "process.env.|"],
      ["b.py", 'os.environ["|"]'],
    ] as const) {
      const { document } = await inEditor(path);
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
    const { document } = await inEditor("a.ts");
    const hovers = await ask<vscode.Hover[]>("HoverProvider", document, "process.env.PO|RT");
    const text = hovers.flatMap(({ contents }) =>
      contents.map((part) => (typeof part === "string" ? part : part.value)),
    );
    assert.match(text.join("\n"), /PORT[\s\S]*\.env[\s\S]*production.*taken from .*\.env/);
    const definitions = await ask<vscode.Location[]>(
      "DefinitionProvider",
      document,
      "process.env.DATA|BASE_URL",
    );
    assert.deepEqual(
      definitions.map((definition) => places([definition])[0]),
      [".env:1:0", ".env.production:1:0"],
    );
  });

  it("leads to the example only where no environment sets a variable", async () => {
    await fill(api, {
      ...environments,
      ".env.example": "PORT=\nPLANNED=\n",
      "a.ts": "process.env.PLANNED;\n",
    });
    const { document } = await inEditor("a.ts");
    const definitions = await ask<vscode.Location[]>("DefinitionProvider", document, "process.env.PLAN|NED");
    assert.deepEqual(places(definitions), [".env.example:2:0"]);
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
    const { document } = await inEditor("a.ts");
    const all = places(await ask("ReferenceProvider", document, "process.env.DATA|BASE_URL"));
    for (const place of [...inCode, ".env:1:0", ".env:3:7", ".env.production:1:0", ".env.example:2:0"]) {
      assert.ok(all.includes(place), `${place} is not among ${all.join(", ")}`);
    }
    assert.ok(!all.some((place) => place.includes("node_modules")));
    const environment = await inEditor(".env");
    const fromKey = places(await ask("ReferenceProvider", environment.document, "DATA|BASE_URL="));
    for (const place of inCode)
      assert.ok(fromKey.includes(place), `${place} is not among ${fromKey.join(", ")}`);
  });

  it("is found where it is typed, moved and deleted", async () => {
    await fill(api, { ...environments, "a.ts": "process.env.PORT;\n" });
    await indexed("PORT", "a.ts:1");
    const editor = await inEditor("a.ts");
    await typeInto(editor, new vscode.Position(0, 0), "// first\nprocess.env.PORT;\n");
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
    const { document } = await inEditor("a.ts");
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
    await inEditor("a.ts");
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
    await inEditor(".env");
    await indexed("PORT", "a.ts:1");
    await found(".env", "unused-key OLD", "unused-key URL");
    await put({ "b.sh": "echo $OLD $URL\n" });
    await found(".env");
  });

  it("does not fade keys that code names by a string, nor those that a library reads", async () => {
    await fill(api, {
      ...environments,
      ".env": "PORT=1\nOLD=2\nSTRIPE_WEBHOOK_SECRET=3\nNEXTAUTH_URL=4\n",
      "a.ts":
        "const need = (name: string) => process.env[name];\nneed('STRIPE_WEBHOOK_SECRET');\nneed('PORT');\nf('utf8', 'utf8');\n",
    });
    await inEditor(".env");
    await indexed("STRIPE_WEBHOOK_SECRET", "a.ts:2");
    await found(".env", "unused-key OLD");
    const { document } = await inEditor("a.ts");
    const references = places(await ask("ReferenceProvider", document, "STRIPE_WEB|HOOK_SECRET"));
    assert.ok(references.includes("a.ts:2:6") && references.includes(".env:3:0"), references.join(", "));
    // Another string of that file is no variable.
    assert.ok(!places(await ask("ReferenceProvider", document, "'ut|f8', '")).includes("a.ts:4:11"));
    const row = await keyRow(api, ".env", "STRIPE_WEBHOOK_SECRET");
    await answering(["HOOK_SECRET"], () => reviewing("apply", () => run("renameKeyEverywhere", row)));
    assert.match(document.getText(), /need\('HOOK_SECRET'\)/);
    await vscode.workspace.saveAll(false);
  });

  it("has findings that comments and quick fixes silence", async () => {
    const setting = vscode.workspace.getConfiguration("envpact.code");
    await fill(api, {
      ...environments,
      ".env": "PORT=1\nOLD=2\nOLDER=3\n# envpact-ignore unused-key -- read by cron\nCRON=4\n",
      "a.ts": "process.env.PORT;\nprocess.env.A; // envpact-ignore undefined-variable\nprocess.env.B;\n",
    });
    const { document } = await inEditor(".env");
    await indexed("PORT", "a.ts:1");
    await found(".env", "unused-key OLD", "unused-key OLDER");
    const fixes = await quickFixes(document, "OLDER");
    const titles = fixes.map(({ title }) => title);
    for (const title of [
      "Ignore unused-key on this line",
      "Ignore unused-key in this file",
      "Do not show unused keys",
    ]) {
      assert.ok(titles.includes(title), titles.join(", "));
    }
    await vscode.workspace.applyEdit(
      fixes.find(({ title }) => title === "Ignore unused-key on this line")!.edit!,
    );
    assert.match(document.getText(), /OLD=2\n# envpact-ignore unused-key\nOLDER=3\n/);
    await found(".env", "unused-key OLD");
    const hide = fixes.find(({ title }) => title === "Do not show unused keys")!.command!;
    await vscode.commands.executeCommand(hide.command, ...(hide.arguments ?? []));
    await found(".env");
    assert.equal(vscode.workspace.getConfiguration("envpact.code").get("unusedKey"), "off");
    await setting.update("unusedKey", undefined, vscode.ConfigurationTarget.Workspace);
    await document.save();
    const code = await inEditor("a.ts");
    await found("a.ts", "undefined-variable B");
    const offered = (await quickFixes(code.document, "B")).map(({ title }) => title);
    assert.ok(offered.includes("Do not show undefined variables"), offered.join(", "));
  });

  it("is renamed with its key everywhere, in one reviewed change", async () => {
    await fill(api, {
      ...environments,
      ".env.schema": "# @required\nDATABASE_URL=\n",
      "a.ts": "const { DATABASE_URL } = process.env;\nf(process.env['DATABASE_URL']);\n",
      "b.py": "import os\nos.environ['DATABASE_URL']\n",
      "compose.yaml": "a: ${DATABASE_URL:-x}\n",
    });
    const editor = await inEditor("b.py");
    await typeInto(editor, new vscode.Position(2, 0), "os.getenv('DATABASE_URL')\n");
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

  it("is followed into files that import the object of variables, for as long as it is exported", async () => {
    await fill(api, {
      ...environments,
      ".env": `DATABASE_URL=${secret}\nOLD=3000\n`,
      "config/env.ts": "export const env: NodeJS.ProcessEnv = process.env;\n",
      "config/index.ts": 'export * from "./env";\n',
      "a.ts":
        'import { env } from "./config/index.js";\nf(env.DATABASE_URL, env.MISSING);\nexport const g = (env: { OLD: number }) => env.OLD;\n',
      "b.js": 'const { env } = require("./config");\nconst { DATABASE_URL } = env;\nenv.\n',
    });
    const { document } = await inEditor("a.ts");
    await found("a.ts", "undefined-variable MISSING");
    const definitions = await ask<vscode.Location[]>("DefinitionProvider", document, "env.DATA|BASE_URL");
    assert.ok(places(definitions).includes(".env:1:0"), places(definitions).join(", "));
    const hovers = await ask<vscode.Hover[]>("HoverProvider", document, "env.DATA|BASE_URL");
    const told = hovers.flatMap(({ contents }) =>
      contents.map((part) => (typeof part === "string" ? part : part.value)),
    );
    assert.match(told.join("\n"), /\.env\\\.production/);
    await indexed("DATABASE_URL", "a.ts:2", "b.js:2");
    await indexed("OLD");
    const typing = await inEditor("b.js");
    const list = await ask<vscode.CompletionList>("CompletionItemProvider", typing.document, "\nenv.|");
    assert.ok(list.items.some(({ label }) => label === "OLD"));
    await inEditor(".env");
    await found(".env", "unused-key OLD");

    const row = await keyRow(api, ".env", "DATABASE_URL");
    await answering(["STORE_URL"], () => reviewing("apply", () => run("renameKeyEverywhere", row)));
    assert.match(document.getText(), /f\(env\.STORE_URL, env\.MISSING\);/);
    assert.match(typing.document.getText(), /const \{ STORE_URL: DATABASE_URL \} = env;/);
    await vscode.workspace.saveAll(false);

    await inEditor("a.ts");
    await put({ "config/env.ts": "export const env = { STORE_URL: 1, MISSING: 2 };\n" });
    await indexed("STORE_URL");
    await found("a.ts");
  });

  it("is not renamed to a name that is taken, nor to one that it cannot hold", async () => {
    await fill(api, { ...environments, "a.ts": "process.env.DATABASE_URL;\n" });
    const row = await keyRow(api, ".env", "DATABASE_URL");
    const asked = await answering([undefined], () => run("renameKeyEverywhere", row));
    assert.equal(asked.length, 1);
    const { validateInput } = asked[0]!.options as vscode.InputBoxOptions;
    assert.match(String(await validateInput?.("PORT")), /PORT is set already in \.env, line 2/);
    assert.match(String(await validateInput?.("not a key")), /letters, digits/);
    assert.equal(await validateInput?.("STORE_URL"), undefined);
    const dotted = await answering(["STORE.URL"], () => run("renameKeyEverywhere", row));
    assert.match(dotted.at(-1)?.text ?? "", /a\.ts, line 1/);
    assert.equal(await onDisk("a.ts"), "process.env.DATABASE_URL;\n");
    assert.equal(await onDisk(".env"), environments[".env"]);
  });

  it("is not renamed when the review is discarded", async () => {
    await fill(api, { ...environments, "a.ts": "process.env.DATABASE_URL;\n" });
    const row = await keyRow(api, ".env", "DATABASE_URL");
    await answering(["STORE_URL"], () => reviewing("discard", () => run("renameKeyEverywhere", row)));
    const { document } = await inEditor("a.ts");
    assert.equal(document.getText(), "process.env.DATABASE_URL;\n");
    assert.equal((await inEditor(".env")).document.getText(), environments[".env"]);
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

  it("that still has the old name after F2 is told, and renamed as well when asked", async () => {
    await fill(api, {
      ...environments,
      "a.ts": "f(process.env.DATABASE_URL, process.env.DATABASE_URL);\n",
      "compose.yaml": "a: ${DATABASE_URL}\n",
    });
    await indexed("DATABASE_URL", "a.ts:1", "a.ts:1", "compose.yaml:1");
    const { document: code } = await inEditor("a.ts");
    const { promise: isAsked, resolve: ask } = Promise.withResolvers<void>();
    const answer = (): string => {
      ask();
      return "Rename Everywhere…";
    };
    const asked = await answering([answer], async () => {
      const { document } = await inEditor(".env");
      const edit = await vscode.commands.executeCommand<vscode.WorkspaceEdit>(
        "vscode.executeDocumentRenameProvider",
        document.uri,
        new vscode.Position(0, 2),
        "STORE_URL",
      );
      assert.ok(await vscode.workspace.applyEdit(edit));
      await isAsked;
      const renamed = new Promise<void>((resolve) => {
        const listener = vscode.workspace.onDidChangeTextDocument(({ document }) => {
          if (document !== code) return;
          listener.dispose();
          resolve();
        });
      });
      await reviewing("apply", () => renamed);
    });
    assert.equal(
      asked[0]?.text,
      "DATABASE_URL is also used in 3 other places: a.ts, compose.yaml. The rename has not changed them.",
    );
    assert.equal(code.getText(), "f(process.env.STORE_URL, process.env.STORE_URL);\n");
    const compose = await vscode.workspace.openTextDocument(uri("compose.yaml"));
    assert.equal(compose.getText(), "a: ${STORE_URL}\n");
    assert.match(
      (await inEditor(".env")).document.getText(),
      /^STORE_URL=.*\nPORT=3000\nFULL=\$\{STORE_URL\}/,
    );
    for (const each of vscode.workspace.textDocuments) if (each.isDirty) assert.ok(await each.save());
  });
});
