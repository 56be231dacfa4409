import type { CodeScan, CodeUsage, EnvironmentExport, ModuleName } from "./usage.ts";

/** A usage with its place as editors count: lines and characters from 0, lines ending at LF, CRLF or a lone CR. */
export interface PlacedUsage extends CodeUsage {
  readonly line: number;
  readonly character: number;
}

/** What a scan tells of one file, with places. */
export interface PlacedScan extends CodeScan {
  readonly usages: readonly PlacedUsage[];
}

/** The same text with memory of its own: a slice would keep the whole file that it was cut from. */
function detached(text: string): string {
  return ` ${text}`.slice(1);
}

/** Gives usages, in the order of the text, their lines and characters. */
export function placed(text: string, usages: readonly CodeUsage[]): PlacedUsage[] {
  let line = 0;
  let lineStart = 0;
  let at = 0;
  return usages.map((usage) => {
    const { start } = usage.nameSpan;
    for (; at < start; at++) {
      const code = text.charCodeAt(at);
      if (code !== 10 && (code !== 13 || text.charCodeAt(at + 1) === 10)) continue;
      line++;
      lineStart = at + 1;
    }
    const place = { ...usage, name: detached(usage.name), line, character: start - lineStart };
    return usage.through === undefined ? place : { ...place, through: detachedModule(usage.through) };
  });
}

function detachedModule({ specifier, name }: ModuleName): ModuleName {
  return { specifier: detached(specifier), name: detached(name) };
}

/** A scan with lines and characters, and with memory of its own. */
export function placedScan(text: string, { usages, exports }: CodeScan): PlacedScan {
  const own = exports.map(
    ({ name, through }): EnvironmentExport =>
      through === undefined
        ? { name: detached(name) }
        : { name: detached(name), through: detachedModule(through) },
  );
  return { usages: placed(text, usages), exports: own };
}
