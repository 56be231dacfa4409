import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "dotenv";
import type { Browser } from "playwright-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { launchBrowser, openWindow } from "../host/browser.ts";
import { StartRun } from "../process/start-run.ts";
import { VscodeWindow } from "./window.ts";

let run: StartRun;
let browser: Browser;
beforeEach(async () => {
  browser = await launchBrowser();
  run = await StartRun.start(["--editor", "browser"]);
});
afterEach(async () => {
  await browser.close();
  await run.dispose();
});

describe("a newcomer who follows what npm start prints", () => {
  it("opens both links, commits a key in the first window, and sees it in the second", async () => {
    const [, webLink = ""] = await run.waitFor(/^ +web +(http:\S+)$/m);
    const [, apiLink = ""] = await run.waitFor(/^ +api +(http:\S+)$/m);
    const [web, api] = await Promise.all(
      [webLink, apiLink].map(async (link) => new VscodeWindow(await openWindow(browser, link))),
    );
    if (!web || !api) throw new Error("There are two links.");
    await web.statusItem(/shop r\d+ · 3\/3 peers/).waitFor({ timeout: 60_000 });
    await api.statusItem(/shop r\d+ · 3\/3 peers/).waitFor({ timeout: 60_000 });
    await web.editor.replaceLine(6, 'API_URL="https://api.example.test/v3" # ends without a slash');
    await web.editor.save();
    await web.showActivity("Envpact");
    await web.clickInlineAction(web.row("API_URL", "Space"), "Commit Changes");
    await web.quickInput.answer("Version 3 of the API", /What changes/);
    await web.waitForNotification(/Committed r\d+/);
    await api.editor.waitForText("export API_URL='https://api.example.test/v3'");
    await api.waitForNotification(/web changed API_URL/);
    const worker = await readFile(join(await run.root(), "worker", ".env"), "utf8");
    expect(parse(worker)).toMatchObject({ API_URL: "https://api.example.test/v3", LOG_LEVEL: "debug" });
    run.signal("SIGINT");
    expect(await run.ended()).toBe(0);
    expect(await run.leftProcesses()).toEqual([]);
    expect(await run.leftFolders()).toEqual([]);
  });
});
