import type { Locator, Page } from "playwright-core";

const appearMillisecondsMax = 15_000;

/** What the quick input shows at this moment; a part that is not shown is an empty string. */
export interface QuickInputState {
  readonly title: string;
  readonly placeholder: string;
  readonly value: string;
  /** The prompt of an input box, or the reason why its value is not accepted. */
  readonly message: string;
  /** Of each row on the screen: label, description and detail with a space between. */
  readonly rows: readonly string[];
}

/** The box at the top of a window in which palette, pickers and input boxes appear, one at a time. */
export class QuickInput {
  private readonly widget: Locator;
  private readonly input: Locator;
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    this.widget = page.locator(".quick-input-widget");
    this.input = this.widget.locator(".quick-input-filter input.input");
  }

  /**
   * Waits until a quick input is open whose title, placeholder, prompt or rows hold this text: the step of a
   * command that a person would recognise before typing.
   */
  async waitFor(text: string | RegExp): Promise<void> {
    await this.poll(`shows ${text}`, (state) => {
      const shown = [state.title, state.placeholder, state.message, ...state.rows].join("\n");
      return typeof text === "string" ? shown.includes(text) : text.test(shown);
    });
  }

  /** Waits until no quick input is open. */
  async waitUntilClosed(): Promise<void> {
    await this.widget.waitFor({ state: "hidden", timeout: appearMillisecondsMax });
  }

  /** Puts text into the open input without accepting it; read {@link state} for what VS Code says about it. */
  async fill(text: string): Promise<void> {
    await this.input.waitFor({ timeout: appearMillisecondsMax });
    await this.input.fill(text);
  }

  /**
   * Types into the open input box and accepts with Enter.
   * @param prompt text of the step to wait for first, so that the answer cannot land in the step before it
   */
  async answer(text: string, prompt?: string | RegExp): Promise<void> {
    if (prompt !== undefined) await this.waitFor(prompt);
    await this.fill(text);
    await this.accept();
  }

  /** Presses Enter in the open input. */
  async accept(): Promise<void> {
    await this.input.press("Enter");
  }

  /** Presses Escape and waits until the input is gone. */
  async cancel(): Promise<void> {
    await this.page.keyboard.press("Escape");
    await this.waitUntilClosed();
  }

  /**
   * Clicks a row of the open picker.
   * @param label the row's whole label (its description aside), or a pattern for the label
   * @param prompt text of the step to wait for first
   */
  async pick(label: string | RegExp, prompt?: string | RegExp): Promise<void> {
    if (prompt !== undefined) await this.waitFor(prompt);
    const row = this.row(label);
    try {
      await row.waitFor({ timeout: appearMillisecondsMax });
    } catch (error) {
      throw new Error(`No row ${label} in the picker: ${JSON.stringify(await this.state())}`, {
        cause: error,
      });
    }
    await row.click();
  }

  /** Ticks or unticks the box of a row in a picker for several; {@link accept} ends such a picker. */
  async toggle(label: string | RegExp): Promise<void> {
    await this.row(label).locator(".monaco-checkbox").first().click();
  }

  /** Clicks a button in the title bar or at the end of the input, by its tooltip. */
  async press(button: string): Promise<void> {
    await this.widget
      .locator(`.quick-input-titlebar, .quick-input-inline-action-bar`)
      .getByLabel(button)
      .click();
  }

  /** What is shown now; `undefined` when no quick input is open. */
  async state(): Promise<QuickInputState | undefined> {
    return await this.widget.evaluateAll((widgets: QuickElement[]) => {
      const widget = widgets[0];
      if (!widget || widget.offsetParent === null) return undefined;
      const text = (selector: string) => {
        const found = widget.querySelector(selector);
        return found && found.offsetParent !== null ? found.textContent.trim() : "";
      };
      const input = widget.querySelector(".quick-input-filter input.input");
      return {
        title: text(".quick-input-title"),
        placeholder: input?.placeholder ?? "",
        value: input?.value ?? "",
        message: text(".quick-input-message"),
        rows: [...widget.querySelectorAll(".quick-input-list .monaco-list-row")].map((row) =>
          [...row.querySelectorAll(".label-name, .label-description, .quick-input-list-label-meta")]
            .map((part) => part.textContent.trim())
            .filter((part) => part !== "")
            .join(" "),
        ),
      };
    });
  }

  private row(label: string | RegExp): Locator {
    const name = this.page.locator(".quick-input-list-row:first-child .label-name");
    const wanted = typeof label === "string" ? exactly(label) : label;
    return this.widget
      .locator(".quick-input-list .monaco-list-row")
      .filter({ has: name.filter({ hasText: wanted }) })
      .first();
  }

  private async poll(what: string, accepts: (state: QuickInputState) => boolean): Promise<void> {
    const deadline = performance.now() + appearMillisecondsMax;
    for (;;) {
      const state = await this.state();
      if (state && accepts(state)) return;
      if (performance.now() > deadline) {
        throw new Error(`No quick input that ${what}; there is ${JSON.stringify(state) ?? "none"}.`);
      }
      await this.page.evaluate("new Promise(requestAnimationFrame)");
    }
  }
}

/** A pattern for a text that is this and nothing else. Icons before a label leave a space behind. */
export function exactly(text: string): RegExp {
  return new RegExp(`^\\s*${escapePattern(text)}\\s*$`);
}

/** A text as the part of a pattern that matches just it. */
export function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

/** The little of the DOM that is read in the page: the project is type-checked without the DOM's types. */
interface QuickElement {
  readonly offsetParent: unknown;
  readonly textContent: string;
  readonly placeholder: string;
  readonly value: string;
  querySelector(selector: string): QuickElement | null;
  querySelectorAll(selector: string): Iterable<QuickElement>;
}
