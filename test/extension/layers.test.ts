import assert from "node:assert/strict";
import { afterEach, describe, it } from "mocha";
import * as vscode from "vscode";
import type { TestApi } from "../../src/extension/extension.ts";
import {
  answering,
  at,
  fileRow,
  fill,
  inEditor,
  inEmptiedWorkspace,
  put,
  run,
  treeText,
  until,
} from "./environments-workspace.ts";

const waitMsMax = 30_000;

/** Resolves once the keys that the diagnostics of a file ask for are the expected ones. */
async function askedFor(name: string, expected: string): Promise<void> {
  const uri = vscode.Uri.file(at(name));
  const messages = () =>
    vscode.languages
      .getDiagnostics(uri)
      .filter(({ code }) => typeof code === "object" && code.value === "missing-key")
      .map(({ message }) => message)
      .join(" ");
  const end = Date.now() + waitMsMax;
  while (messages() !== expected) {
    assert.ok(Date.now() < end, `waited for "${expected}", there is "${messages()}"`);
    await new Promise<void>((resolve) => {
      const done = (): void => {
        heard.dispose();
        clearTimeout(timer);
        resolve();
      };
      const heard = vscode.languages.onDidChangeDiagnostics(done);
      const timer = setTimeout(done, end - Date.now());
    });
  }
}

describe("files that lie under others", () => {
  let api: TestApi;
  inEmptiedWorkspace((activated) => {
    api = activated;
  });
  const setting = () => vscode.workspace.getConfiguration("envpact");

  afterEach(() => setting().update("convention", undefined, vscode.ConfigurationTarget.Workspace));

  const files = {
    ".env": "A=1\nB=2\nC=3\n",
    ".env.local": "A=own\n",
    ".env.production": "A=live\n",
    ".env.production.local": "",
    ".env.example": "A=\nB=\nC=\n",
  };
  const modes = [".env.local", ".env.production", ".env.production.local"];

  it("give a file what it need not repeat: in diagnostics, the tree and commands alike", async () => {
    await fill(api, { "package.json": '{"dependencies":{"next":"15.0.0"}}', ...files });
    await inEditor(".env.production");
    await inEditor(".env.local");
    assert.doesNotMatch((await treeText(api)).join("\n"), /missing/);
    for (const name of modes) {
      const { file } = await fileRow(api, name);
      assert.deepEqual(await api.services.summaries.missingIn(file), [], name);
    }
    for (const name of [".env.production", ".env.local"]) await askedFor(name, "");
    // The other way round, so that the silence above is one of files that were checked.
    await put({ ".env": "A=1\nB=2\n" });
    for (const name of [".env.production", ".env.local"]) {
      await askedFor(name, "C is in .env.example but not set here.");
    }
    await until(api, "the tree misses C", async () =>
      (await treeText(api)).some((line) => /^\.env\.production .*1 missing/.test(line)),
    );
    const [told] = await answering([undefined], async () =>
      run("addMissingKeys", await fileRow(api, ".env.production")),
    );
    assert.deepEqual(
      told?.items.map(({ label, description }) => [label, description]),
      [["C", "empty there"]],
    );
  });

  it("are none where the user says that each file is read by itself, and are again at once", async () => {
    await fill(api, files);
    await inEditor(".env.production");
    await askedFor(".env.production", "");
    await setting().update("convention", "plain", vscode.ConfigurationTarget.Workspace);
    await askedFor(".env.production", "2 keys of .env.example are not set here: B, C.");
    await until(api, "the tree misses both", async () =>
      (await treeText(api)).some((line) => /^\.env\.production .*2 missing/.test(line)),
    );
    await setting().update("convention", "next", vscode.ConfigurationTarget.Workspace);
    await askedFor(".env.production", "");
  });

  it("follow the package that reads them, while it is changed", async () => {
    await fill(api, {
      "package.json": '{"devDependencies":{"vite":"7.0.0"}}',
      ".env.production": "",
      ".env.local": "A=1\n",
      ".env.example": "A=1\n",
    });
    const { file } = await fileRow(api, ".env.production");
    const missing = async () => (await api.services.summaries.missingIn(file)).join();
    await until(api, "Vite's .env.local gives A", async () => (await missing()) === "");
    await inEditor(".env.production");
    await askedFor(".env.production", "");
    await put({ "package.json": '{"dependencies":{"next":"15.0.0"}}' });
    await askedFor(".env.production", "A is in .env.example but not set here.");
    assert.equal(await missing(), "A");
  });
});
