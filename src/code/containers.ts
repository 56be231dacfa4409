import { type CodeUsage, nameCharactersMax, usagesPerFileMax } from "./usage.ts";
import type { ScanOptions } from "./walker.ts";

const expansion = /\$(?:\$|\{([A-Za-z_]\w*)?(:?[-?+])?|([A-Za-z_]\w*))/g;
const blockStart = /^([ \t]*)(?:- )?(?:environment|args):[ \t]*(?:#.*)?$/;
const listItem = /^([ \t]*)-[ \t]+["']?([A-Za-z_]\w*)(?=["']?[ \t]*(?:=|$|#)|["'])/;
const mapItem = /^([ \t]*)["']?([A-Za-z_]\w*)["']?[ \t]*:(?=[ \t]|$)/;

function usage(name: string, start: number, kind: CodeUsage["kind"], hasDefault: boolean): CodeUsage {
  const nameSpan = { start, end: start + name.length };
  return { name, nameSpan, kind, form: "text", hasDefault: hasDefault || kind !== "read" };
}

/** Every line of a text with the offset where it starts. */
function* linesOf(text: string): Generator<readonly [line: string, start: number]> {
  let start = 0;
  while (start <= text.length) {
    const found = text.indexOf("\n", start);
    const end = found === -1 ? text.length : found;
    yield [text.slice(start, end).replace(/\r$/, ""), start];
    start = end + 1;
  }
}

/** The line up to a comment of YAML: a `#` outside of quotes, at the start or behind space. */
function withoutComment(line: string): string {
  if (!line.includes("#")) return line;
  let quote = "";
  for (let at = 0; at < line.length; at++) {
    const character = line.charAt(at);
    if (quote !== "") quote = character === quote ? "" : quote;
    else if ((character === '"' || character === "'") && /^$|[\s:[{,-]/.test(line.charAt(at - 1)))
      quote = character;
    else if (character === "#" && /^$|\s/.test(line.charAt(at - 1))) return line.slice(0, at);
  }
  return line;
}

/** What compose puts in place of `${X}` in a line, single quotes or not; `$$` is a dollar sign. */
function expansionsIn(line: string, start: number, incomplete: boolean): CodeUsage[] {
  const found: CodeUsage[] = [];
  if (!line.includes("$")) return found;
  for (const match of line.matchAll(expansion)) {
    if (found.length >= usagesPerFileMax) break;
    const [whole, braced, operator, bare] = match;
    if (whole === "$$") continue;
    const name = braced ?? bare ?? "";
    if ((name === "" && !incomplete) || name.length > nameCharactersMax) continue;
    const hasDefault = operator !== undefined && !operator.endsWith("?");
    found.push(usage(name, start + match.index + (whole.startsWith("${") ? 2 : 1), "read", hasDefault));
  }
  return found;
}

/**
 * The variables of a compose file: `${X}` anywhere, which compose reads, and the names below `environment:` and
 * `args:`, which it hands on to containers.
 */
export function scanCompose(text: string, options: ScanOptions): CodeUsage[] {
  const found: CodeUsage[] = [];
  let block = -1;
  for (const [whole, start] of linesOf(text)) {
    if (found.length >= usagesPerFileMax) break;
    const line = withoutComment(whole);
    if (line.trim() === "") continue;
    const indent = line.length - line.trimStart().length;
    const item = block === -1 ? undefined : (listItem.exec(line) ?? mapItem.exec(line));
    const isList = line.trimStart().startsWith("-");
    if (block !== -1 && (indent < block || (indent === block && !isList))) block = -1;
    else if (item?.[2] !== undefined) {
      found.push(usage(item[2], start + item[0].length - behindName(item[0], item[2]), "mention", true));
    }
    found.push(...expansionsIn(line, start, options.incomplete === true));
    const opens = blockStart.exec(line);
    if (opens) block = (opens[1] ?? "").length;
  }
  return found;
}

/** How many characters of `head` start with the last `name` in it. */
function behindName(head: string, name: string): number {
  return head.length - head.lastIndexOf(name);
}

const instruction = /^[ \t]*(ARG|ENV|[A-Za-z]+)[ \t]+/i;
const assignedName = /(?:^|[ \t])([A-Za-z_]\w*)(?==|[ \t]*$)/g;

/**
 * The variables that a Dockerfile declares by ARG and ENV, and where it uses them. All are mentions: their values
 * come from a build or stand in the file.
 */
export function scanDockerfile(text: string): CodeUsage[] {
  const found: CodeUsage[] = [];
  const declared = new Set<string>();
  let current = "";
  for (const [line, start] of linesOf(text)) {
    if (found.length >= usagesPerFileMax) break;
    if (/^\s*#/.test(line)) continue;
    const opens = current === "" ? instruction.exec(line) : undefined;
    if (opens) current = (opens[1] ?? "").toUpperCase();
    const from = opens?.[0].length ?? 0;
    if (current === "ARG" || current === "ENV") {
      const names = declarationsIn(line.slice(from), current, opens !== undefined);
      for (const { name, at } of names) {
        declared.add(name);
        found.push(usage(name, start + from + at, "mention", true));
      }
    }
    for (const used of expansionsIn(line, start, false))
      found.push({ ...used, kind: "mention", hasDefault: true });
    if (!/\\\s*$/.test(line)) current = "";
  }
  return found
    .filter(({ name }) => declared.has(name))
    .sort((one, other) => one.nameSpan.start - other.nameSpan.start);
}

function declarationsIn(rest: string, word: "ARG" | "ENV", first: boolean): { name: string; at: number }[] {
  const old = word === "ENV" && first ? /^([A-Za-z_]\w*)[ \t]+[^=\s]/.exec(rest) : undefined;
  if (old?.[1] !== undefined) return [{ name: old[1], at: 0 }];
  const unquoted = rest.replace(/"[^"]*"|'[^']*'/g, (quoted) => quoted[0]!.repeat(quoted.length));
  return [...unquoted.matchAll(assignedName)].map((match) => {
    const name = match[1] ?? "";
    return { name, at: match.index + match[0].length - name.length };
  });
}
