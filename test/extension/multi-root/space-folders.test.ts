import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { after, before, describe, it } from "mocha";
import * as vscode from "vscode";
import type { TestApi } from "../../../src/extension/extension.ts";
import { spaceCommandIds } from "../../../src/extension/spaceIds.ts";
import { activated, at } from "../environments-workspace.ts";
import { eventually, Person, showing } from "../space-scene.ts";

describe("a space between two folders of one window", () => {
  let api: TestApi;
  const person = new Person();

  before(async () => {
    api = await activated();
    for (const folder of [0, 1]) await writeFile(at(".env", folder), "GREETING=hello\n");
    await vscode.commands.executeCommand("envpact.refresh");
    person.arrive();
  });

  after(() => person.leave());

  const run = (id: keyof typeof spaceCommandIds): Thenable<unknown> =>
    vscode.commands.executeCommand(spaceCommandIds[id]);

  it("is hosted for the folder that the user picks and joined by the other one", async () => {
    person.answers("api", "team", [".env"]);
    await run("hostSpace");
    await person.hears(/Space team is hosted/);
    await run("copyInvitation");
    await person.hears(/on the clipboard/);
    person.answers("web", await vscode.env.clipboard.readText(), "web", [".env"]);
    await run("joinSpace");
    await person.hears(/^web takes part in team as web/);
    await showing(
      api,
      "two folders",
      (lines) => lines.filter((line) => line.startsWith("folder: ")).length === 2,
    );
    await eventually(api, "both in the status", () => api.space.status.text.includes("+1 space"));
  });

  it("a commit from one of them reaches the other one's file", async () => {
    person.answers("team", ["GREETING"]);
    await run("shareKey");
    person.answers("team", ["GREETING"], "Share the greeting");
    await run("commitChanges");
    await person.hears(/^Committed r\d+: GREETING/);
    await showing(
      api,
      "both at head",
      (lines) => lines.filter((line) => /^connection: team \| r\d+ · connected$/.test(line)).length === 2,
    );
    assert.equal(await readFile(at(".env", 1), "utf8"), "GREETING=hello\n");
    assert.deepEqual(person.surprises, []);
  });

  it("each folder leaves for itself", async () => {
    person.answers("team");
    person.presses(/^Leave the space team\?/, "Leave Space");
    await run("leaveSpace");
    await person.hears(/has left team/);
    await eventually(api, "one peer", () => api.space.peers.open.length === 1);
  });
});
