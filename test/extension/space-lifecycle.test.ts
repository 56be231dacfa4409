import assert from "node:assert/strict";
import { realpath, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "mocha";
import * as vscode from "vscode";
import { listEndpoints } from "../../src/drivers/rendezvous.ts";
import type { TestApi } from "../../src/extension/extension.ts";
import { activated, at, fill, leaveAsFound, onDisk, put, startAfresh } from "./environments-workspace.ts";
import { eventually, OtherPeer, Person, run, showing, spaceRow } from "./space-scene.ts";

describe("the space when processes come and go", () => {
  let api: TestApi;
  let ana: OtherPeer;
  const person = new Person();

  before(async () => {
    api = await activated();
    await startAfresh(api);
    await fill(api, { ".env": "API_URL=one\n" });
    person.arrive();
    person.answers("crew", [".env"]);
    await run("hostSpace");
    await person.hears(/Space crew is hosted/);
    await run("copyInvitation");
    await person.hears(/on the clipboard/);
    ana = await OtherPeer.join(await vscode.env.clipboard.readText(), "ana", "API_URL=one\n");
    await share();
  });

  afterEach(() => assert.deepEqual(person.surprises.splice(0), []));

  after(async () => {
    person.presses(/^Leave the space crew\?/, "Leave Space");
    await run("leaveSpace");
    person.leave();
    await ana.leave();
    await rm(at(".envpact.json"), { force: true });
    await leaveAsFound(api);
  });

  async function share(): Promise<void> {
    person.answers(["API_URL"]);
    await run("shareKey");
    await commitRow("Share it");
  }

  async function commitRow(message: string): Promise<number> {
    await showing(api, "the change", (lines) => lines.some((line) => line.startsWith("change: API_URL")));
    const since = person.said.length;
    person.answers(message);
    await run("commitChanges", await spaceRow(api, "change", "API_URL"));
    const { text } = await person.hears(/^Committed r\d+/, since);
    return Number(/r(\d+)/.exec(text)?.[1]);
  }

  const isConnected = (lines: readonly string[]): boolean =>
    lines.some((line) => /^connection: crew \| r\d+ · connected$/.test(line));

  it("a killed coordinator shows as offline, is started again, and commits go on", async () => {
    const data = await realpath(join(process.env.ENVPACT_HOME ?? "", "state", "coordinator"));
    const endpoint = (await listEndpoints()).find(({ dataDir }) => dataDir === data);
    assert.ok(endpoint, "the bundled coordinator is not to be found");
    const warned = eventually(api, "the warning", () => api.space.status.backgroundColor !== undefined);
    process.kill(endpoint.pid, "SIGKILL");
    await warned;
    await showing(api, "the connection", isConnected);
    await showing(api, "ana", (lines) => lines.includes("peers: Peers | 2/2 peers connected"));
    await put({ ".env": "API_URL=two\n" });
    await ana.applied(await commitRow("After the restart"));
    assert.equal(await ana.text(), "API_URL=two\n");
  });

  it("with nobody to wait for, a cancelled commit changes nothing", async () => {
    await put({ ".env": "API_URL=three\n" });
    await showing(api, "the change", (lines) => lines.some((line) => line.startsWith("change: API_URL")));
    const [open] = api.space.peers.open;
    assert.ok(open);
    const abort = new AbortController();
    abort.abort();
    const outcome = await open.peer.commit(undefined, { message: "Never", signal: abort.signal });
    assert.equal(outcome.outcome === "aborted" && outcome.code, "CANCELLED");
    assert.equal(await ana.text(), "API_URL=two\n");
    await commitRow("Now");
  });

  it("beside an agent the window speaks for the same peer, and takes part when the agent ends", async () => {
    const [before] = api.space.peers.open;
    assert.ok(before);
    await before.peer.close();
    const agent = OtherPeer.beside(at());
    await agent.start();
    await run("retryConnection");
    await showing(api, "the companion", (lines) =>
      lines.some((line) => /^connection: crew \| r\d+ · connected · beside another process$/.test(line)),
    );
    await put({ ".env": "API_URL=four\n" });
    await ana.applied(await commitRow("From beside"));
    assert.equal(await ana.text(), "API_URL=four\n");
    await ana.run("set", "NODE_OPTIONS=--no-warnings");
    await ana.run("share", "NODE_OPTIONS");
    person.presses(/^ana wants to change NODE_OPTIONS in crew/, "Allow");
    assert.equal((await ana.run("commit")).lines.at(-1)?.code, "CONSENT_NEEDED");
    await person.hears(/^Others may change NODE_OPTIONS here from now on/);
    await ana.run("unshare", "NODE_OPTIONS");
    await agent.stop();
    await showing(api, "the participant", isConnected);
    assert.equal(api.space.peers.open[0]?.peer.mode, "participant");
    assert.equal(await onDisk(".env"), "API_URL=four\n");
  });
});
