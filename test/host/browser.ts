import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { ensureChromium } from "./install.ts";

const readyMillisecondsMax = 60_000;

/** What a test run inside a window reports while it goes on. */
export interface WindowReports {
  /** Every console line of the extension host while extension tests run. */
  onLog?(type: string, message: readonly unknown[]): void;
  /** The end of an extension test run: 0, or 1 when `run()` rejected. */
  onExit?(code: number): void;
}

export interface WindowOptions extends WindowReports {
  /** Windows of one context share what one user's browser keeps, secrets among it. A new one when left out. */
  readonly context?: BrowserContext;
  readonly width?: number;
  readonly height?: number;
}

/** Starts a headless Chromium that asks nothing of the network by itself; `browser.close()` ends it. */
export async function launchBrowser(): Promise<Browser> {
  return await chromium.launch({
    executablePath: await ensureChromium(),
    // Playwright's handlers would end this process before its owner has cleaned up; the browser ends with the
    // pipe that leads to it in any case.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--disable-dev-shm-usage",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ],
  });
}

/**
 * Opens a VS Code window and waits until its workbench has been restored.
 * @param url from `windowUrl`
 * @returns the page; close it with {@link closeWindow}
 */
export async function openWindow(browser: Browser, url: string, options: WindowOptions = {}): Promise<Page> {
  const page = await openPage(browser, url, options);
  await waitUntilReady(page);
  return page;
}

/** Opens a window without waiting for its workbench: a test run may be over before that. */
export async function openPage(browser: Browser, url: string, options: WindowOptions = {}): Promise<Page> {
  const context = options.context ?? (await newContext(browser, options));
  const page = await context.newPage();
  page.on("dialog", (dialog) => void dialog.accept().catch(reportClosedPage));
  const { onLog, onExit } = options;
  if (onLog) await page.exposeFunction("codeAutomationLog", onLog.bind(options));
  if (onExit) await page.exposeFunction("codeAutomationExit", onExit.bind(options));
  await page.goto(url);
  return page;
}

/** A user's browser of its own: windows opened in it share storage and clipboard rights. */
export async function newContext(
  browser: Browser,
  size: { readonly width?: number; readonly height?: number } = {},
): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: { width: size.width ?? 1280, height: size.height ?? 800 },
    permissions: ["clipboard-read", "clipboard-write"],
    locale: "en-US",
  });
  context.setDefaultTimeout(15_000);
  return context;
}

/** Waits until the workbench has restored its editors and its contributions are there. */
export async function waitUntilReady(page: Page): Promise<void> {
  const timeout = readyMillisecondsMax;
  const restored = `performance.getEntriesByName("code/LifecyclePhase/Restored").length > 0`;
  await page.waitForFunction(restored, undefined, { timeout });
  await page.locator(".monaco-workbench .part.statusbar [id='status.notifications']").waitFor({ timeout });
}

/** Closes a window as a person does, so that its extension host deactivates its extensions and leaves. */
export async function closeWindow(page: Page): Promise<void> {
  await page.close({ runBeforeUnload: false });
}

function reportClosedPage(error: unknown): void {
  // A dialog of a page that is being closed can no longer be answered; anything else deserves to be seen.
  if (!String(error).includes("closed")) throw error;
}
