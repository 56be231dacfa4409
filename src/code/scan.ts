import { BraceWalker } from "./braces.ts";
import { scanCompose, scanDockerfile } from "./containers.ts";
import { scanMarkup, scanScript } from "./javascript.ts";
import { type CodeFamily, lastMark } from "./languages.ts";
import { PhpWalker } from "./php.ts";
import { PythonWalker } from "./python.ts";
import { RubyWalker } from "./ruby.ts";
import { scanShell } from "./shell.ts";
import type { CodeUsage } from "./usage.ts";
import type { ScanOptions } from "./walker.ts";

/**
 * Finds where code names environment variables, in the order of the text. Comments and strings are passed over,
 * the code within strings is not. Takes any text, needs time linear in its length, and never throws; a language is
 * read by its tokens only, so in text that is not valid code places may be missed.
 */
export function scanCode(
  text: string,
  family: CodeFamily,
  { incomplete = false }: Pick<ScanOptions, "incomplete"> = {},
): readonly CodeUsage[] {
  // Most files name none, and to know that takes a fraction of the time of reading their tokens.
  const stop = lastMark(text, family);
  if (stop === -1) return [];
  const options = { incomplete, stop };
  switch (family) {
    case "javascript":
      return scanScript(text, options);
    case "markup":
      return scanMarkup(text, options);
    case "python":
      return new PythonWalker(text, options).run();
    case "ruby":
      return new RubyWalker(text, options).run();
    case "php":
      return new PhpWalker(text, options).run();
    case "shell":
      return scanShell(text, options);
    case "compose":
      return scanCompose(text, options);
    case "dockerfile":
      return scanDockerfile(text);
    default:
      return new BraceWalker(text, family, options).run();
  }
}
