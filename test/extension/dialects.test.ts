import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "mocha";
import * as vscode from "vscode";
import type { TestApi } from "../../src/extension/extension.ts";
import {
  answering,
  at,
  fill,
  inEmptiedWorkspace,
  keyRow,
  onDisk,
  put,
  run,
} from "./environments-workspace.ts";

/** How long a file event may take to be heard, in milliseconds. */
const heardMsMax = 30_000;

describe("the readers of a .env file", () => {
  let api: TestApi;
  inEmptiedWorkspace((activated) => {
    api = activated;
  });

  beforeEach(() => choose(undefined));
  after(() => choose(undefined));

  async function choose(dialects: unknown): Promise<void> {
    const settings = vscode.workspace.getConfiguration("envpact");
    await settings.update("dialects", dialects, vscode.ConfigurationTarget.Global);
  }

  function dialectsOf(path: string): Promise<readonly string[]> {
    return api.services.dialects.dialectsFor(vscode.Uri.file(at(path)));
  }

  /** Waits for the event of a change until the readers of a file are as expected. */
  async function untilReaders(path: string, expected: readonly string[]): Promise<void> {
    const end = Date.now() + heardMsMax;
    for (;;) {
      const heard = new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(false), Math.max(0, end - Date.now()));
        const event = api.services.dialects.onDidChange(() => {
          clearTimeout(timer);
          event.dispose();
          resolve(true);
        });
      });
      const dialects = await dialectsOf(path);
      if (dialects.join() === expected.join()) return;
      assert.ok(await heard, `${path} is read by ${dialects.join(", ")}`);
    }
  }

  it("are found by the files near it, and found again when those change", async () => {
    await fill(api, {
      ".env": "A=1\n",
      "api/.env": "A=1\n",
      "api/go.mod": "require github.com/joho/godotenv v1.5.1\n",
    });
    await untilReaders(".env", ["dotenv"]);
    await untilReaders("api/.env", ["dotenv", "godotenv"]);
    await put({ "compose.yaml": "services:\n  api:\n    env_file: api/.env\n" });
    await untilReaders(".env", ["dotenv", "compose"]);
    await untilReaders("api/.env", ["dotenv", "godotenv", "compose"]);
    await put({ "api/go.mod": "module api\n" });
    await untilReaders("api/.env", ["dotenv", "compose"]);
  });

  it("have a package that expands for them where package.json names one", async () => {
    const expands = () => api.services.dialects.expandsFor(vscode.Uri.file(at(".env")));
    await fill(api, { ".env": "A=pa$word\n", "package.json": '{"dependencies":{"dotenv":"18"}}' });
    assert.equal(await expands(), false);
    await put({ "package.json": '{"devDependencies":{"vite":"8"}}' });
    await untilReaders(".env", ["dotenv", "node"]);
    assert.equal(await expands(), true);
  });

  it("are those that the setting names, when it does", async () => {
    await fill(api, { ".env": "A=1\n", Pipfile: "" });
    await untilReaders(".env", ["dotenv", "python-dotenv"]);
    await choose(["ruby-dotenv", "compose"]);
    await untilReaders(".env", ["dotenv", "ruby-dotenv", "compose"]);
    await choose("auto");
    await untilReaders(".env", ["dotenv", "python-dotenv"]);
  });

  it("all get the value that Edit Value and New Key write", async () => {
    await fill(api, { ".env": "A=1\nB=2\n", "compose.yaml": "services: {}\n" });
    await untilReaders(".env", ["dotenv", "compose"]);
    await answering(["pa$$word"], async () => run("editValue", await keyRow(api, ".env", "A")));
    await answering(["C", "$x"], async () => run("newKey", await keyRow(api, ".env", "A")));
    assert.equal(await onDisk(".env"), "A='pa$$word'\nC='$x'\nB=2\n");
    await choose(["dotenv"]);
    await answering(["1$2"], async () => run("editValue", await keyRow(api, ".env", "B")));
    assert.match(await onDisk(".env"), /\nB=1\$2\n$/);
  });
});
