import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** What the person at the terminal reads. Colours only where a terminal shows them. */
export class Teller {
  readonly #out: NodeJS.WritableStream & { readonly isTTY?: boolean };

  constructor(out: NodeJS.WritableStream & { readonly isTTY?: boolean }) {
    this.#out = out;
  }

  line(text = ""): void {
    this.#out.write(`${text}\n`);
  }

  heading(text: string): void {
    this.line(`\n${this.#styled("bold", text)}`);
  }

  /** Something that was done or proven. */
  done(text: string): void {
    this.line(`  ${this.#styled("green", "✓")} ${text}`);
  }

  /** Something that should have been true and is not. */
  failed(text: string): void {
    this.line(`  ${this.#styled("red", "✗")} ${text}`);
  }

  /** Something that was left out, and why. */
  note(text: string): void {
    this.line(`  ${this.#styled("yellow", "-")} ${text}`);
  }

  /** A command as it was run. */
  command(text: string): void {
    this.line(`  ${this.#styled("cyan", `$ ${text}`)}`);
  }

  #styled(style: Style, text: string): string {
    return this.#out.isTTY ? styleText(style, text, { validateStream: false }) : text;
  }
}
