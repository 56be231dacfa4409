import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { closeWindow, openWindow, waitUntilReady } from "../host/browser.ts";
import { repositoryRoot } from "../host/install.ts";
import { type VscodeServer, windowUrl } from "../host/server.ts";
import { Editor } from "./editor.ts";
import { escapePattern, exactly, QuickInput } from "./quick-input.ts";

const appearMillisecondsMax = 30_000;

/** What a window opens. */
export interface OpenOptions {
  /** Absolute path of a folder or `.code-workspace` file; an empty window when left out. */
  readonly target?: string;
  /** Windows of one context are of one user; a user of its own when left out. */
  readonly context?: BrowserContext;
  /** See `windowUrl`. */
  readonly payload?: readonly (readonly [string, string])[];
}

/** What is looked at of a test of Vitest that has ended. */
interface EndedTest {
  readonly name: string;
  readonly result?: { readonly state: string } | undefined;
}

/** One VS Code window under the hands of a test: every method does or reads what a person can do or read. */
export class VscodeWindow {
  /** Palette, pickers and input boxes. */
  readonly quickInput: QuickInput;
  /** The active text editor. */
  readonly editor: Editor;
  /** Playwright's page, for what these helpers do not cover. */
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    this.quickInput = new QuickInput(page);
    this.editor = new Editor(page, this.quickInput);
  }

  /** Opens a window and waits until its workbench is ready. */
  static async open(
    browser: Browser,
    server: VscodeServer,
    options: OpenOptions = {},
  ): Promise<VscodeWindow> {
    const { target, context, payload } = options;
    const page = await openWindow(browser, windowUrl(server, target, payload), context ? { context } : {});
    return new VscodeWindow(page);
  }

  /** Closes the window; its extension host leaves. */
  async close(): Promise<void> {
    await closeWindow(this.page);
  }

  /** Reloads the window and waits until its workbench is ready again. */
  async reload(): Promise<void> {
    await this.page.reload();
    await waitUntilReady(this.page);
  }

  /**
   * Runs a command by typing its title into the palette.
   * @param title as the palette shows it, category included: `Envpact: New Key`
   */
  async runCommand(title: string): Promise<void> {
    await this.page.keyboard.press("F1");
    await this.quickInput.fill(`>${title}`);
    await this.quickInput.pick(title);
  }

  /** Whether the palette offers a command; its title as in {@link runCommand}. */
  async offersCommand(title: string): Promise<boolean> {
    await this.page.keyboard.press("F1");
    await this.quickInput.fill(`>${title}`);
    await this.quickInput.waitFor(/./);
    const rows = (await this.quickInput.state())?.rows ?? [];
    await this.quickInput.cancel();
    return rows.some((row) => row.startsWith(title));
  }

  /** Shows a view container by its icon's title in the activity bar; one that is shown already stays. */
  async showActivity(title: string): Promise<void> {
    const label = new RegExp(`^${escapePattern(title)}( \\(| - |$)`);
    const icon = this.page.locator(".part.activitybar").getByRole("tab", { name: label });
    await icon.waitFor({ timeout: appearMillisecondsMax });
    if ((await icon.getAttribute("aria-expanded")) !== "true") await icon.click();
    const heading = this.page.locator(".part.sidebar > .composite.title").filter({ hasText: title });
    await heading.waitFor({ timeout: appearMillisecondsMax });
  }

  /** A view (a section of the side bar or panel) by the title in its header. */
  view(title: string): Locator {
    return this.page.locator(`.pane:has(> .pane-header[aria-label^=${JSON.stringify(title)}])`);
  }

  /** Unfolds a view that is folded. */
  async expandView(title: string): Promise<void> {
    const header = this.view(title).locator("> .pane-header");
    await header.waitFor({ timeout: appearMillisecondsMax });
    if ((await header.getAttribute("aria-expanded")) !== "true") await header.click();
  }

  /** Clicks a button in a view's header by its tooltip. */
  async clickViewAction(title: string, action: string): Promise<void> {
    const header = this.view(title).locator("> .pane-header");
    await header.hover();
    await header.getByLabel(action, { exact: true }).click();
  }

  /**
   * A row of a tree in the side bar.
   * @param text the row's whole label, or a pattern for all of its text (label, then description)
   * @param view only inside the view with this title
   */
  row(text: string | RegExp, view?: string): Locator {
    const rows = (view === undefined ? this.page.locator(".part.sidebar") : this.view(view)).locator(
      ".monaco-list-row[role=treeitem]",
    );
    if (text instanceof RegExp) return rows.filter({ hasText: text }).first();
    const label = this.page.locator(".label-name").filter({ hasText: exactly(text) });
    return rows.filter({ has: label }).first();
  }

  /** The text of the rows on the screen, in order: label and description with a space between. */
  async rows(view?: string): Promise<string[]> {
    const root = view === undefined ? this.page.locator(".part.sidebar") : this.view(view);
    const found = await root.locator(".monaco-list-row[role=treeitem]").evaluateAll((rows: RowElement[]) =>
      rows
        .sort((a, b) => Number(a.getAttribute("data-index")) - Number(b.getAttribute("data-index")))
        .map((row) => {
          const parts = row.querySelectorAll(".label-name, .label-description");
          return [...parts].map((part) => part.textContent.trim()).filter((part) => part !== "");
        }),
    );
    return found.map((parts) => parts.join(" "));
  }

  /** Waits until the rows on the screen are as a test wants them, and returns them. */
  async waitForRows(accepts: (rows: string[]) => boolean, view?: string): Promise<string[]> {
    const deadline = performance.now() + appearMillisecondsMax;
    for (;;) {
      const rows = await this.rows(view);
      if (accepts(rows)) return rows;
      if (performance.now() > deadline) throw new Error(`The rows stay ${JSON.stringify(rows)}.`);
      await this.page.evaluate("new Promise(requestAnimationFrame)");
    }
  }

  /** Unfolds a row that is folded. */
  async expandRow(row: Locator): Promise<void> {
    await row.waitFor({ timeout: appearMillisecondsMax });
    if ((await row.getAttribute("aria-expanded")) === "false")
      await row.locator(".monaco-tl-twistie").click();
    await row.and(this.page.locator("[aria-expanded=true]")).waitFor({ timeout: appearMillisecondsMax });
  }

  /** Points at a row and clicks one of its inline icons by its tooltip. */
  async clickInlineAction(row: Locator, action: string): Promise<void> {
    await row.hover();
    await row.locator(`.actions .action-label[aria-label^=${JSON.stringify(action)}]`).click();
  }

  /** The tooltips of a row's inline icons, in order. */
  async inlineActions(row: Locator): Promise<string[]> {
    await row.hover();
    const icons = row.locator(".actions .action-label[aria-label]");
    return await icons.evaluateAll((found: RowElement[]) =>
      found.map((icon) => icon.getAttribute("aria-label") ?? ""),
    );
  }

  /** Opens the context menu of something and chooses an entry by its text. */
  async chooseFromContextMenu(target: Locator, entry: string): Promise<void> {
    await target.click({ button: "right" });
    const label = this.menu()
      .locator(".action-label")
      .filter({ hasText: exactly(entry) });
    // A fresh VS Code menu is deaf to the mouse button for its first 100 ms, so the pointer selects and Enter acts.
    await label.first().hover();
    await this.page.keyboard.press("Enter");
    await this.menu().waitFor({ state: "hidden" });
  }

  /** The entries of the context menu of something, in order; leaves the menu closed. */
  async contextMenu(target: Locator): Promise<string[]> {
    await target.click({ button: "right" });
    await this.menu().waitFor();
    const entries = await this.menu().locator(".action-label:not(.separator)").allInnerTexts();
    await this.page.keyboard.press("Escape");
    await this.menu().waitFor({ state: "hidden" });
    return entries.map((entry) => entry.trim());
  }

  /** The texts of the notifications on the screen, newest first. */
  async notifications(): Promise<string[]> {
    return await this.page.locator(".notification-list-item .notification-list-item-message").allInnerTexts();
  }

  /** Waits for a notification with this text, and returns its element. */
  async waitForNotification(
    text: string | RegExp,
    millisecondsMax = appearMillisecondsMax,
  ): Promise<Locator> {
    const found = this.page.locator(".notification-list-item").filter({ hasText: text }).first();
    try {
      await found.waitFor({ timeout: millisecondsMax });
    } catch (error) {
      throw new Error(
        `No notification ${text}; there are: ${(await this.notifications()).join(" | ") || "none"}`,
        {
          cause: error,
        },
      );
    }
    return found;
  }

  /** Clicks a button of a notification. */
  async clickNotification(text: string | RegExp, button: string): Promise<void> {
    const notification = await this.waitForNotification(text);
    await notification.hover();
    await notification.getByRole("button", { name: button, exact: true }).click();
  }

  /** Clears every notification away. */
  async closeNotifications(): Promise<void> {
    await this.runCommand("Notifications: Clear All Notifications");
    await this.page.locator(".notification-list-item").first().waitFor({ state: "hidden" });
  }

  /** The text of the modal dialog; waits for one. */
  async dialogText(): Promise<string> {
    const dialog = this.page.locator(".monaco-dialog-box .dialog-message-container");
    await dialog.waitFor({ timeout: appearMillisecondsMax });
    return (await dialog.allInnerTexts()).join("\n");
  }

  /** Clicks a button of the modal dialog and waits until it is gone. */
  async answerDialog(button: string): Promise<void> {
    const dialog = this.page.locator(".monaco-dialog-box");
    await dialog.getByRole("button", { name: button, exact: true }).click();
    await dialog.waitFor({ state: "hidden" });
  }

  /** A status bar item by text it shows or, for icons alone, its tooltip. */
  statusItem(text: string | RegExp): Locator {
    const items = this.page.locator(".part.statusbar .statusbar-item");
    return items
      .filter({ hasText: text })
      .or(items.and(this.page.getByLabel(text)))
      .first();
  }

  /** The texts of the status bar's items, left to right. */
  async statusTexts(): Promise<string[]> {
    const items = await this.page
      .locator(".part.statusbar .statusbar-item")
      .evaluateAll((found: ItemElement[]) =>
        found.map((item) => ({ left: item.getBoundingClientRect().left, text: item.textContent })),
      );
    const ordered = items.sort((a, b) => a.left - b.left);
    return ordered.map((item) => item.text.replaceAll(/\s+/g, " ").trim()).filter((text) => text !== "");
  }

  /**
   * Keeps what a person sees as `artifacts/screenshots/<name>.png`.
   * @returns the path of the picture
   */
  async screenshot(name: string): Promise<string> {
    const folder = join(repositoryRoot, "artifacts", "screenshots");
    await mkdir(folder, { recursive: true });
    const path = join(folder, `${name}.png`);
    await this.page.screenshot({ path });
    return path;
  }

  /** Keeps what a person sees when a test has failed; `suffix` tells windows apart. */
  async screenshotFailure({ name, result }: EndedTest, suffix = ""): Promise<void> {
    if (result?.state !== "fail") return;
    await this.screenshot(`failed-${name.slice(0, 40).replaceAll(/\W+/g, "-")}${suffix}`);
  }

  private menu(): Locator {
    return this.page.locator(".context-view .monaco-menu").last();
  }
}

/** The little of the DOM that is read in the page: the project is type-checked without the DOM's types. */
interface RowElement {
  readonly textContent: string;
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): Iterable<RowElement>;
}

interface ItemElement {
  readonly textContent: string;
  getBoundingClientRect(): { readonly left: number };
}
