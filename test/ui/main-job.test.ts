import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "dotenv";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { newContext } from "../host/browser.ts";
import { type Scene, startAgent } from "../process/harness.ts";
import type { Running } from "../process/processes.ts";
import { EditorScene } from "./editor-scene.ts";
import type { VscodeWindow } from "./window.ts";

const commitDeadlineMs = 60_000;
const anaText =
  '# the web shop\nAPI_URL="https://api.test/v1" # ends without a slash\nTOKEN=canary-ana\nBROKEN LINE\nTOKEN=canary-ana-2\n';
const boText = "export API_URL='https://api.test/v1'\r\nTOKEN=canary-bo\r\n";
const workerText = "API_URL=https://api.test/v1\nTOKEN=canary-worker\n";

let editor: EditorScene;
let ana: VscodeWindow;
let bo: VscodeWindow;
let scene: Scene;
let agent: Running;
const folders = { ana: "", bo: "", worker: "" };

beforeAll(async () => {
  editor = await EditorScene.open();
  scene = editor.machine;
  folders.ana = await scene.folder("ana", {
    ".env": anaText,
    ".env.example": "API_URL=\nTOKEN=\nLOG_LEVEL=\n",
  });
  folders.bo = await scene.folder("bo", { ".env": boText });
  folders.worker = await scene.folder("worker", { ".env": workerText });
  const context = await newContext(editor.browser);
  ana = await editor.window(folders.ana, { context });
  bo = await editor.window(folders.bo, { context });
});

afterAll(async () => editor?.close());

afterEach(async ({ task }) => {
  await ana.screenshotFailure(task, "-ana");
  await bo.screenshotFailure(task, "-bo");
});

/** What a person sees in the window, all of it. */
async function shownText(window: VscodeWindow): Promise<string> {
  return window.page.evaluate<string>("document.body.innerText");
}

async function fileOf(name: keyof typeof folders): Promise<string> {
  return readFile(join(folders[name], ".env"), "utf8");
}

describe("Two windows and an agent, by a person's clicks and keys, on the packaged extension", () => {
  it("shows environments and keys without a value, and reveals one that is asked for", async () => {
    await ana.showActivity("Envpact");
    const environment = ana.row(".env", "Environments");
    await environment.waitFor();
    await ana.expandRow(environment);
    await ana.row("API_URL", "Environments").waitFor();
    expect(await shownText(ana)).not.toContain("canary");
    await ana.screenshot("tree");
    await ana.clickInlineAction(ana.row("API_URL", "Environments"), "Reveal");
    await ana.row(/API_URL.*https:\/\/api\.test\/v1/, "Environments").waitFor();
    await ana.screenshot("tree-revealed");
    await ana.clickInlineAction(ana.row("API_URL", "Environments"), "Hide");
  });

  it("marks what is wrong in the file while one looks at it", async () => {
    await ana.editor.open(".env");
    await expect.poll(() => ana.editor.squiggles("error"), { timeout: 15_000 }).toBeGreaterThan(0);
    await expect.poll(() => ana.editor.squiggles("warning"), { timeout: 15_000 }).toBeGreaterThan(0);
    await ana.screenshot("diagnostics");
  });

  it("hosts a space in the first window and joins it in the second and on a machine without an editor", async () => {
    await ana.runCommand("Envpact: Host Space");
    await ana.quickInput.answer("shop", /Name of the space/);
    await ana.quickInput.waitFor(/Files that take part/);
    await ana.quickInput.accept();
    await ana.statusItem(/shop r\d+ · 1\/1/).waitFor({ timeout: 60_000 });
    await ana.runCommand("Envpact: Copy Invitation");
    await ana.waitForNotification(/invitation to shop is on the clipboard/i);
    const invitation = await ana.page.evaluate("navigator.clipboard.readText()");
    expect(invitation).toMatch(/^envpact:/);
    await bo.runCommand("Envpact: Join Space");
    await bo.quickInput.answer(String(invitation), /Paste the invitation/);
    await bo.quickInput.answer("bo", /Name of this peer/);
    await bo.quickInput.waitFor(/Files that take part/);
    await bo.quickInput.accept();
    await bo.statusItem(/shop r\d+ · 2\/2/).waitFor({ timeout: 60_000 });

    const { lines } = await scene.json(["space", "invite", "shop"]);
    await scene.ok(["join", String(lines[0]?.invite), "--dir", folders.worker, "--name", "worker"]);
    agent = await startAgent(scene, folders.worker);
    await ana.statusItem(/shop r\d+ · 3\/3/).waitFor({ timeout: 60_000 });
  });

  it("commits a key from the first window, and the second one's open editor shows it", async () => {
    await bo.editor.open(".env");
    await ana.showActivity("Envpact");
    await ana.chooseFromContextMenu(ana.row("API_URL", "Environments"), "Share Key");
    await ana.editor.open(".env");
    await ana.editor.replaceLine(2, 'API_URL="https://api.test/v2" # ends without a slash');
    await ana.editor.save();
    await ana.runCommand("Envpact: Commit Changes");
    await ana.quickInput.waitFor(/API_URL/);
    await ana.quickInput.accept();
    await ana.quickInput.answer("Version 2 of the API", /What changes/);
    await ana.waitForNotification(/committed r\d+/i, commitDeadlineMs);
    await ana.expandRow(ana.row(/^\s*Committed/, "Space"));
    await ana.screenshot("commit-votes");
    await bo.editor.waitForText("https://api.test/v2");
    await bo.waitForNotification(/changed API_URL/);
    await bo.screenshot("received");
    await agent.waitForEvent("applied", {});
    expect(await fileOf("ana")).toBe(anaText.replace("/v1", "/v2"));
    expect(await fileOf("bo")).toBe(boText.replace("/v1", "/v2"));
    expect(await fileOf("worker")).toBe(workerText.replace("/v1", "/v2"));
  });

  it("refuses as a whole when one of them has a change of its own, and says who and why", async () => {
    await scene.ok(["set", "API_URL=https://mine.test", "--dir", folders.worker]);
    const workerBefore = await fileOf("worker");
    await ana.editor.open(".env");
    await ana.editor.replaceLine(2, 'API_URL="https://api.test/v3" # ends without a slash');
    await ana.editor.save();
    await ana.runCommand("Envpact: Commit Changes");
    await ana.quickInput.waitFor(/API_URL/);
    await ana.quickInput.accept();
    await ana.quickInput.answer("Version 3 of the API", /What changes/);
    await ana.waitForNotification(/worker.*API_URL/, commitDeadlineMs);
    await ana.showActivity("Envpact");
    await ana.screenshot("commit-refused");
    expect(parse(await fileOf("bo")).API_URL).toBe("https://api.test/v2");
    expect(await fileOf("worker")).toBe(workerBefore);
  });

  it("keeps the history, in the view and without values", async () => {
    await ana.closeNotifications();
    await ana.runCommand("Envpact: Show History");
    await ana.page.waitForFunction("document.body.innerText.includes('Version 2 of the API')");
    await ana.screenshot("history");
    await ana.quickInput.cancel();
    await ana.runCommand("View: Close All Editors");
    expect(await shownText(ana)).not.toContain("canary");
  });
});
