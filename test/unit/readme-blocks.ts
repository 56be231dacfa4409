import { readFileSync } from "node:fs";
import { resolve } from "node:path";

/** The README's text. */
export const readme: string = readFileSync(resolve(import.meta.dirname, "../../README.md"), "utf8");

/** A fenced block: its info string (`sh run`) and its text. */
export interface Block {
  readonly info: string;
  readonly text: string;
}

/** Every fenced block of the README, in order. */
export const blocks: readonly Block[] = [...readme.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)].map(
  ([, info = "", text = ""]) => ({ info, text }),
);

/** A step of the worked example: what is run, and what it prints where the README shows that. */
export interface Step {
  readonly script: string;
  readonly output: string | undefined;
}

/** The worked example: blocks marked `sh run`, each with the block marked `text output` right behind it. */
export const example: readonly Step[] = blocks.flatMap((block, index) => {
  if (block.info !== "sh run") return [];
  const next = blocks[index + 1];
  return [{ script: block.text, output: next?.info === "text output" ? next.text : undefined }];
});
