import type { Locator, Page } from "playwright-core";
import type { QuickInput } from "./quick-input.ts";

const appearMillisecondsMax = 15_000;

/** The active text editor of a window, used with keys and read from the screen as a person does. */
export class Editor {
  private readonly page: Page;
  private readonly quickInput: QuickInput;

  constructor(page: Page, quickInput: QuickInput) {
    this.page = page;
    this.quickInput = quickInput;
  }

  /**
   * Opens a file through quick open.
   * @param path relative to the workspace folder; a name alone does when it is the only one
   */
  async open(path: string): Promise<void> {
    const name = path.slice(path.lastIndexOf("/") + 1);
    await this.page.keyboard.press("Control+P");
    await this.quickInput.fill(path);
    await this.quickInput.pick(name);
    await this.tab(name).waitFor({ timeout: appearMillisecondsMax });
    await this.content().first().waitFor({ timeout: appearMillisecondsMax });
  }

  /** The text of the visible lines, from the top, without trailing line break; of a diff, its right side. */
  async text(): Promise<string> {
    const lines = await this.content()
      .first()
      .locator(".view-lines")
      .first()
      .evaluate((content: LineElement) =>
        [...content.querySelectorAll(".view-line")]
          .sort((a, b) => Number.parseFloat(a.style.top) - Number.parseFloat(b.style.top))
          .map((line) => line.textContent),
      );
    return lines
      .join("\n")
      .replaceAll("\u00a0", " ")
      .replaceAll(/[\u200b\u200c]/g, "");
  }

  /** Waits until the visible text holds this text or matches this pattern, and returns it. */
  async waitForText(wanted: string | RegExp, millisecondsMax = appearMillisecondsMax): Promise<string> {
    const deadline = performance.now() + millisecondsMax;
    for (;;) {
      const text = await this.text();
      if (typeof wanted === "string" ? text.includes(wanted) : wanted.test(text)) return text;
      if (performance.now() > deadline)
        throw new Error(`The editor does not show ${wanted}; it shows:\n${text}`);
      await this.page.evaluate("new Promise(requestAnimationFrame)");
    }
  }

  /** Puts the cursor at the start of a line (the first is 1) and the keyboard into the editor. */
  async goToLine(line: number): Promise<void> {
    await this.page.keyboard.press("Control+G");
    await this.quickInput.answer(`:${line}`);
    await this.quickInput.waitUntilClosed();
    await this.page.keyboard.press("Home");
  }

  /** Types over a whole line (the first is 1). */
  async replaceLine(line: number, text: string): Promise<void> {
    await this.goToLine(line);
    await this.page.keyboard.press("Shift+End");
    await this.page.keyboard.type(text);
    await this.page.keyboard.press("Escape");
  }

  /** Types at the cursor. */
  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text);
  }

  /** Saves and waits until the tab no longer says that it has changes. */
  async save(): Promise<void> {
    await this.page.keyboard.press("Control+S");
    await this.activeTab().and(this.page.locator(":not(.dirty)")).waitFor({ timeout: appearMillisecondsMax });
  }

  /** Undoes one step in the editor that has the keyboard. */
  async undo(): Promise<void> {
    await this.page.keyboard.press("Control+Z");
  }

  /** Whether the active tab has unsaved changes. */
  async isDirty(): Promise<boolean> {
    return (await this.activeTab().and(this.page.locator(".dirty")).count()) > 0;
  }

  /** The names on the tabs, of all groups. */
  async tabs(): Promise<string[]> {
    const tabs = this.page.locator(".tabs-container .tab");
    return await tabs.evaluateAll((found: TabElement[]) =>
      found.map((tab) => tab.getAttribute("aria-label") ?? ""),
    );
  }

  /** How many squiggles of a severity are on the visible lines. */
  async squiggles(severity: "error" | "warning" | "info" | "hint"): Promise<number> {
    return await this.content().locator(`.squiggly-${severity}`).count();
  }

  /** A tab by the name on it. With several groups VS Code adds the group's name after a comma. */
  tab(name: string): Locator {
    const label = JSON.stringify(name);
    const grouped = JSON.stringify(`${name}, `);
    return this.page
      .locator(`.tabs-container .tab:is([aria-label=${label}], [aria-label^=${grouped}])`)
      .first();
  }

  private activeTab(): Locator {
    return this.page.locator(".editor-group-container.active .tabs-container .tab.active").first();
  }

  private content(): Locator {
    const group = ".editor-group-container.active";
    const diff = this.page.locator(`${group} .monaco-diff-editor .editor.modified .monaco-editor`);
    const plain = this.page.locator(`${group} .editor-instance > .monaco-editor`);
    return diff.or(plain);
  }
}

interface TabElement {
  getAttribute(name: string): string | null;
}

/** The little of the DOM that is read in the page: the project is type-checked without the DOM's types. */
interface LineElement {
  readonly textContent: string;
  readonly style: { readonly top: string };
  querySelectorAll(selector: string): Iterable<LineElement>;
}
