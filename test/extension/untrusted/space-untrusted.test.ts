import assert from "node:assert/strict";
import { readdir, writeFile } from "node:fs/promises";
import { after, before, describe, it } from "mocha";
import * as vscode from "vscode";
import type { TestApi } from "../../../src/extension/extension.ts";
import { spaceCommandIds } from "../../../src/extension/spaceIds.ts";
import { activated, at } from "../environments-workspace.ts";
import { Person, showing, spaceRows } from "../space-scene.ts";

describe("the space in an untrusted workspace", () => {
  let api: TestApi;
  const person = new Person();

  before(async () => {
    api = await activated();
    person.arrive();
  });

  after(() => person.leave());

  it("a folder that names a space is not opened; the view says why", async () => {
    await writeFile(
      at(".envpact.json"),
      JSON.stringify({ space: "team", environments: { default: ".env" } }),
    );
    await spaceRows(api);
    await showing(api, "the reason", (lines) =>
      lines.includes("state: Restricted Mode | trust this workspace to take part"),
    );
    assert.deepEqual(api.space.peers.open, []);
  });

  for (const id of ["hostSpace", "joinSpace", "commitChanges", "shareKey", "leaveSpace"] as const) {
    it(`${id} explains that the workspace must be trusted, and asks nothing else`, async () => {
      const since = person.said.length;
      await vscode.commands.executeCommand(spaceCommandIds[id]);
      const said = await person.hears(/Restricted Mode/, since);
      assert.deepEqual(said.buttons, ["Manage Workspace Trust"]);
      assert.deepEqual(person.surprises, []);
    });
  }

  it("nothing was started and nothing was written", async () => {
    assert.deepEqual((await readdir(at())).sort(), [".env", ".envpact.json"]);
  });
});
