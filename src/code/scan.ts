import { BraceWalker } from "./braces.ts";
import type { CallWalker } from "./calls.ts";
import { scanCompose, scanDockerfile } from "./containers.ts";
import { scanMarkup, scanScript } from "./javascript.ts";
import { type CodeFamily, lastMark } from "./languages.ts";
import { PhpWalker } from "./php.ts";
import { PythonWalker } from "./python.ts";
import { RubyWalker } from "./ruby.ts";
import { scanShell } from "./shell.ts";
import type { CodeScan, CodeUsage } from "./usage.ts";
import { type ScanOptions, withFurther } from "./walker.ts";

const nothing: CodeScan = { usages: [], exports: [] };

/**
 * Finds where code names environment variables, in the order of the text, and which of its exports are the object
 * of variables. Comments and strings are passed over, the code within strings is not. Takes any text, needs time
 * linear in its length, and never throws; a language is read by its tokens only, so in text that is not valid code
 * places may be missed. In code that asks for variables by names it puts together at run time, every string that
 * could be a name is a mention. Usages of an object that is imported say through which export it comes.
 */
export function scanCode(
  text: string,
  family: CodeFamily,
  { incomplete = false }: Pick<ScanOptions, "incomplete"> = {},
): CodeScan {
  // Most files name none, and to know that takes a fraction of the time of reading their tokens.
  const stop = lastMark(text, family);
  if (stop === -1) return nothing;
  const options = { incomplete, stop };
  if (family === "javascript") return scanScript(text, options);
  if (family === "markup") return scanMarkup(text, options);
  return { usages: usagesIn(text, family, options), exports: [] };
}

function usagesIn(
  text: string,
  family: Exclude<CodeFamily, "javascript" | "markup">,
  options: ScanOptions,
): readonly CodeUsage[] {
  switch (family) {
    case "python":
      return scanCalls((each) => new PythonWalker(text, each), options);
    case "ruby":
      return scanCalls((each) => new RubyWalker(text, each), options);
    case "php":
      return scanCalls((each) => new PhpWalker(text, each), options);
    case "shell":
      return scanShell(text, options);
    case "compose":
      return scanCompose(text, options);
    case "dockerfile":
      return scanDockerfile(text);
    default:
      return scanCalls((each) => new BraceWalker(text, family, each), options);
  }
}

/** Walks once, and again for string literals where names are put together at run time, as in `need("X")`. */
function scanCalls(
  walkerOf: (options: ScanOptions) => CallWalker,
  options: ScanOptions,
): readonly CodeUsage[] {
  const walker = walkerOf(options);
  const found = walker.run();
  // While a name is typed, any string would be taken for it.
  if (!walker.isDynamic || options.incomplete) return found;
  const again = walkerOf({ literals: true });
  again.run();
  return withFurther(found, again.literals);
}
