import assert from "node:assert/strict";
import { unlinkSync, writeFileSync } from "node:fs";
import { chmod, readdir, readlink, stat, symlink } from "node:fs/promises";
import { describe, it } from "mocha";
import * as vscode from "vscode";
import type { TestApi } from "../../src/extension/extension.ts";
import { environmentCommandIds } from "../../src/extension/ids.ts";
import {
  type Asked,
  answering,
  at,
  box,
  fill,
  inEmptiedWorkspace,
  keyRow,
  onDisk,
  put,
  run,
  treeText,
  typeInto,
} from "./environments-workspace.ts";

const secret = "s3cr3t-value";

describe("commands of the Environments tree", () => {
  let api: TestApi;
  inEmptiedWorkspace((activated) => {
    api = activated;
  });

  it("are all registered", async () => {
    const registered = await vscode.commands.getCommands(true);
    for (const id of Object.values(environmentCommandIds)) assert.ok(registered.includes(id), id);
  });

  it("New Key adds below the row it is called on, with a masked value box", async () => {
    await fill(api, { ".env": "# first\nA=1\nB=2" });
    const asked = await answering(["NEW", "x y"], async () => run("newKey", await keyRow(api, ".env", "A")));
    assert.match(await onDisk(".env"), /^# first\nA=1\nNEW=(x y|"x y"|'x y')\nB=2$/);
    assert.equal(box(asked, 1).options.password, true);
    assert.deepEqual(await treeText(api), [".env 3 keys", "  A ••••", "  NEW ••••", "  B ••••"]);
  });

  it("New Key asks for the environment in the palette, and refuses bad and taken names while typing", async () => {
    await fill(api, { ".env": "A=1\n", ".env.test": "" });
    const refused: unknown[] = [];
    const probe = (asked: Asked): string => {
      const validate = asked.options.validateInput as (text: string) => unknown;
      for (const name of ["", "A", "with space", "a=b", "__proto__"]) refused.push(validate(name));
      return "B";
    };
    await answering([".env", probe, ""], () => run("newKey"));
    assert.ok(refused.length === 5 && refused.every((text) => typeof text === "string"));
    assert.match(await onDisk(".env"), /^A=1\nB=(""|'')?\n$/);
    assert.equal(await onDisk(".env.test"), "");
  });

  it("Edit Value offers the present value in a masked box and changes nothing else", async () => {
    await fill(api, { ".env": `\ufeffexport A = '${secret}' # note\r\nB=2\r\n` });
    const asked = await answering(["new"], async () => run("editValue", await keyRow(api, ".env", "A")));
    assert.equal(await onDisk(".env"), "\ufeffexport A = 'new' # note\r\nB=2\r\n");
    const { options, text } = box(asked, 0);
    assert.equal(options.password, true);
    assert.equal(options.value, secret);
    assert.ok(!`${text}${String(options.title)}`.includes(secret));
  });

  it("Edit Value shows what is typed only where the user has revealed the value", async () => {
    await fill(api, { ".env": `A=${secret}\nB=2\n` });
    await run("reveal", await keyRow(api, ".env", "A"));
    const revealed = await answering([undefined], async () =>
      run("editValue", await keyRow(api, ".env", "A")),
    );
    const hidden = await answering([undefined], async () => run("editValue", await keyRow(api, ".env", "B")));
    assert.equal(box(revealed, 0).options.password, false);
    assert.equal(box(hidden, 0).options.password, true);
  });

  it("Edit Value keeps mode and link of a file that is not open", async function () {
    if (process.platform === "win32") this.skip();
    await put({ "config/real": "A=1\n" });
    await chmod(at("config/real"), 0o640);
    await symlink("config/real", at(".env"));
    await fill(api, {});
    await answering(["2"], async () => run("editValue", await keyRow(api, ".env", "A")));
    assert.equal(await readlink(at(".env")), "config/real");
    assert.equal(await onDisk("config/real"), "A=2\n");
    assert.equal((await stat(at("config/real"))).mode & 0o777, 0o640);
    assert.deepEqual(await readdir(at("config")), ["real"], "something was left behind");
  });

  it("Edit Value goes through the open editor: saved when it was clean, and undo takes it back", async () => {
    await fill(api, { ".env": "A=1\nB=2\n" });
    const document = await vscode.workspace.openTextDocument(at(".env"));
    await vscode.window.showTextDocument(document);
    await answering(["9"], async () => run("editValue", await keyRow(api, ".env", "A")));
    assert.equal(document.getText(), "A=9\nB=2\n");
    assert.equal(document.isDirty, false);
    assert.equal(await onDisk(".env"), "A=9\nB=2\n");
    await vscode.commands.executeCommand("undo");
    assert.equal(document.getText(), "A=1\nB=2\n");
  });

  it("Edit Value leaves other unsaved edits in the editor unsaved", async () => {
    await fill(api, { ".env": "A=1\nB=2\n" });
    const document = await vscode.workspace.openTextDocument(at(".env"));
    const editor = await vscode.window.showTextDocument(document);
    await typeInto(editor, new vscode.Position(2, 0), "DRAFT=1\n");
    await answering(["9"], async () => run("editValue", await keyRow(api, ".env", "A")));
    assert.equal(document.getText(), "A=9\nB=2\nDRAFT=1\n");
    assert.equal(document.isDirty, true);
    assert.equal(await onDisk(".env"), "A=1\nB=2\n");
  });

  it("Edit Value keeps every line end of an open file that mixes them, and undo still works", async () => {
    await fill(api, { ".env": "A=1\r\nB=2\nC=3\r\n" });
    const document = await vscode.workspace.openTextDocument(at(".env"));
    await vscode.window.showTextDocument(document);
    const taken = new Promise<void>((resolve) => {
      const heard = vscode.workspace.onDidChangeTextDocument((event) => {
        if (event.document !== document || !/^B=9\r?$/m.test(document.getText())) return;
        heard.dispose();
        resolve();
      });
    });
    await answering(["9"], async () => run("editValue", await keyRow(api, ".env", "B")));
    assert.equal(await onDisk(".env"), "A=1\r\nB=9\nC=3\r\n");
    await taken;
    await vscode.commands.executeCommand("undo");
    assert.match(document.getText(), /^B=2\r?$/m);
  });

  it("Edit Value says which line of a duplicate counts, and changes that one", async () => {
    await fill(api, { ".env": "A=1\nB=2\nA=3\n" });
    const asked = await answering(["9"], async () => run("editValue", await keyRow(api, ".env", "A")));
    assert.equal(await onDisk(".env"), "A=1\nB=2\nA=9\n");
    assert.match(box(asked, 0).text, /duplicate: line 3, the one that counts, is changed; line 1 stays/);
  });

  it("Edit Value refuses a value that no spelling can hold, while it is typed and without showing it", async () => {
    await fill(api, { ".env": "A=1\n" });
    const impossible = `${secret}'"\`#`;
    let refusal: unknown;
    const tryIt = (asked: Asked): undefined => {
      refusal = (asked.options.validateInput as (text: string) => unknown)(impossible);
    };
    await answering([tryIt], async () => run("editValue", await keyRow(api, ".env", "A")));
    assert.equal(typeof refusal, "string");
    assert.ok(!String(refusal).includes(secret));
    assert.equal(await onDisk(".env"), "A=1\n");
  });

  it("Edit Value leads a value of several lines to the editor instead of losing lines", async () => {
    await fill(api, { ".env": 'A="one\ntwo"\n' });
    const asked = await answering(["Go To Key"], async () =>
      run("editValue", await keyRow(api, ".env", "A")),
    );
    assert.equal(box(asked, 0).kind, "information");
    assert.equal(vscode.window.activeTextEditor?.document.uri.fsPath, at(".env"));
    assert.equal(await onDisk(".env"), 'A="one\ntwo"\n');
  });

  it("Edit Value does not overwrite what somebody else wrote while the box was open", async () => {
    await fill(api, { ".env": "A=1\n" });
    const row = await keyRow(api, ".env", "A");
    const theirs = (): string => {
      writeFileSync(at(".env"), "A=theirs\n");
      return "mine";
    };
    const asked = await answering([theirs], () => run("editValue", row));
    assert.match(asked.at(-1)?.text ?? "", /changed while it was being edited/);
    assert.equal(await onDisk(".env"), "A=theirs\n");
  });

  it("Edit Value of a file that vanished says so", async () => {
    await fill(api, { ".env": "A=1\n" });
    const row = await keyRow(api, ".env", "A");
    const vanish = (): string => {
      unlinkSync(at(".env"));
      return "2";
    };
    const asked = await answering([vanish], () => run("editValue", row));
    assert.match(asked.at(-1)?.text ?? "", /\.env is not there any more\. .+/);
  });

  it("Rename Key keeps the value and refuses a name that is taken", async () => {
    await fill(api, { ".env": "A=1 # one\nB=2\n" });
    let taken: unknown;
    await answering(
      [
        (asked: Asked) => {
          taken = (asked.options.validateInput as (text: string) => unknown)("B");
          return "C";
        },
      ],
      async () => run("renameKey", await keyRow(api, ".env", "A")),
    );
    assert.match(String(taken), /B is in \.env already/);
    assert.equal(await onDisk(".env"), "C=1 # one\nB=2\n");
  });

  it("Delete Key asks first, names no value, and deletes only after the answer", async () => {
    await fill(api, { ".env": `A=${secret}\nB=2\n` });
    const row = await keyRow(api, ".env", "A");
    const asked = await answering([undefined], () => run("deleteKey", row));
    assert.equal(await onDisk(".env"), `A=${secret}\nB=2\n`);
    assert.equal(box(asked, 0).options.modal, true);
    assert.ok(!JSON.stringify(asked).includes(secret));
    await answering(["Delete"], () => run("deleteKey", row));
    assert.equal(await onDisk(".env"), "B=2\n");
  });

  it("Delete Key says of a duplicate which line goes", async () => {
    await fill(api, { ".env": "A=1\nB=2\nA=3\n" });
    const asked = await answering(["Delete"], async () => run("deleteKey", await keyRow(api, ".env", "A")));
    assert.match(String(box(asked, 0).options.detail), /duplicate: line 3.+is deleted; line 1 stays/);
    assert.equal(await onDisk(".env"), "A=1\nB=2\n");
  });

  it("Delete Key takes several rows of several files, without a question when the setting says so", async () => {
    await fill(api, { ".env": "A=1\nB=2\nC=3\n", ".env.test": "A=1\nD=1\n" });
    const rows = [
      await keyRow(api, ".env", "A"),
      await keyRow(api, ".env", "C"),
      await keyRow(api, ".env.test", "A"),
    ];
    const configuration = vscode.workspace.getConfiguration();
    await configuration.update("envpact.confirmDelete", false, vscode.ConfigurationTarget.Global);
    try {
      await answering([], () => run("deleteKey", rows[0], rows));
    } finally {
      await configuration.update("envpact.confirmDelete", undefined, vscode.ConfigurationTarget.Global);
    }
    assert.equal(await onDisk(".env"), "B=2\n");
    assert.equal(await onDisk(".env.test"), "D=1\n");
  });

  it("Comment Out and Uncomment take several keys there and back, lines of values included", async () => {
    const text = 'A=1\nB="x\ny"\nC=3\n';
    await fill(api, { ".env": text });
    const keys = [await keyRow(api, ".env", "A"), await keyRow(api, ".env", "B")];
    await run("commentOutKey", keys[0], keys);
    assert.match(await onDisk(".env"), /^# A=1\n# B="x\n# y"\nC=3\n$/);
    const rows = [await keyRow(api, ".env", "A"), await keyRow(api, ".env", "B")];
    await run("uncommentKey", rows[0], rows);
    assert.equal(await onDisk(".env"), text);
  });

  it("Uncomment offers only commented-out keys in the palette", async () => {
    await fill(api, { ".env": "A=1\n# B=2\n" });
    const asked = await answering(["B"], () => run("uncommentKey"));
    assert.deepEqual(
      box(asked, 0).items.map((item) => item.label),
      ["B"],
    );
    assert.equal(await onDisk(".env"), "A=1\nB=2\n");
  });
});
