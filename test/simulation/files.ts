import { brokenMark, foreignMark, secretMark } from "./checker.ts";
import type { Folder } from "./folder.ts";
import type { Random } from "./random.ts";

/** Keys that users share; the last one makes programs run other code and needs consent. */
export const sharedKeys = ["API_KEY", "DB_URL", "TOKEN", "MODE", "LD_PRELOAD"] as const;

/** A new value, never used before in this run: plain, with blanks and signs, with a line break, or quoted. */
export function newValue(random: Random, number: number): string {
  const plain = `${secretMark}-${number}`;
  return random.pick([
    plain,
    plain,
    `${plain} # and more`,
    `${plain}\nsecond line`,
    `it's "${plain}" \\n`,
    `ü ${plain}=`,
  ]);
}

/** A person's way to write a value; what an app then reads may differ, and is what counts. */
function written(random: Random, value: string): string {
  if (/^[\w-]+$/u.test(value))
    return random.pick([value, value, `'${value}'`, `"${value}" # ${foreignMark[0]}`]);
  return value.includes("'") ? `\`${value}\`` : `'${value}'`;
}

/** The first text of a workspace's file. */
export function firstText(random: Random, number: number): string {
  const eol = random.pick(["\n", "\n", "\r\n"]);
  const lines = [`# ${foreignMark} ${number}`, "", `LOCAL_${number}=${foreignMark}-${secretMark}`];
  for (const key of sharedKeys.slice(0, 3)) {
    if (random.chance(0.4))
      lines.push(`${random.pick(["", "", "export "])}${key}=${secretMark}-own-${number}`);
  }
  return lines.join(eol) + random.pick([eol, ""]);
}

/** Sets a key as a person does: changes the first line that sets it, or adds one. */
export function withKey(random: Random, text: string, key: string, value: string): string {
  const line = `${key}=${written(random, value)}`;
  const first = new RegExp(`^(?:export )?${key}=[^\\n]*$`, "mu");
  if (first.test(text)) return text.replace(first, () => line);
  return `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${line}\n`;
}

/** Takes out every line that sets the key; a value of several lines loses its first. */
function withoutKey(text: string, key: string): string {
  return text
    .split(/(?<=\n)/u)
    .filter((line) => !line.startsWith(`${key}=`) && !line.startsWith(`export ${key}=`))
    .join("");
}

/** A usual edit of one file: a key, a comment, a line of its own. */
export function usualEdit(random: Random, text: string, number: number): string {
  const key = random.pick(sharedKeys);
  const choice = random.below(8);
  if (choice < 5) return withKey(random, text, key, newValue(random, number));
  if (choice === 5) return withoutKey(text, key);
  if (choice === 6) return `# ${foreignMark} ${number}\n${text}`;
  return `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}OWN_${number}=${foreignMark}\n`;
}

/** What users and their tools do that a peer must live with. `earlier` are texts that the file once had. */
export function hostileEdit(
  random: Random,
  folder: Folder,
  file: string,
  earlier: readonly string[],
  nowMs: number,
): { readonly what: string; readonly text?: string | undefined } {
  const text = folder.text(file) ?? "";
  switch (random.below(8)) {
    case 0:
      return { what: "deletes", text: undefined };
    case 1:
      folder.setReadOnly(file, random.chance(0.6));
      return { what: "changes the mode of" };
    case 2:
      if (random.chance(0.5)) folder.lock(file, nowMs + random.exponential(5_000));
      else folder.refuseRenames(file, 1 + random.below(4));
      return { what: "locks" };
    case 3:
      return { what: "breaks", text: `${brokenMark}="${foreignMark}\n${text}` };
    case 4:
      return { what: "checks out", text: earlier.length === 0 ? undefined : random.pick(earlier) };
    case 5:
      return { what: "changes the line ends of", text: text.replace(/\r?\n/gu, random.pick(["\n", "\r\n"])) };
    case 6:
      folder.setUnreadable(file, random.chance(0.6));
      return { what: "makes binary or text" };
    default:
      return {
        what: "doubles a line of",
        text: `${text}${text.endsWith("\n") ? "" : "\n"}${text.split("\n").at(-2) ?? ""}\n`,
      };
  }
}

/** The text without the line that leaves a quote open. */
export function mended(text: string): string {
  return text.replace(new RegExp(`^${brokenMark}="[^\\n]*\\n`, "gmu"), "");
}
