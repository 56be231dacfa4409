import { parseArgs } from "node:util";

const editors = ["auto", "desktop", "browser", "none"] as const;

/** Which VS Code is opened: `auto` takes the desktop's where it can, else the browser host, else none. */
export type Editor = (typeof editors)[number];

/** What `npm start -- …` was asked for. */
export interface Options {
  /** End after the scripted part. */
  readonly once: boolean;
  /** Build dist/ first. */
  readonly build: boolean;
  readonly editor: Editor;
}

export const usage = `npm start -- [--once] [--editor auto|desktop|browser|none] [--no-build]
  --once      end after the scripted part: exit code 0 only if all of it was true
  --editor    which VS Code to open (default: auto)
  --no-build  use dist/ as it is
`;

/** Reads the arguments; undefined when only help was asked for. Throws for what cannot be understood. */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      once: { type: "boolean", default: false },
      build: { type: "boolean", default: true },
      editor: { type: "string", default: "auto" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  const editor = editors.find((each) => each === values.editor);
  if (editor === undefined) throw new Error(`There is no editor "${values.editor}".`);
  return { once: values.once, build: values.build, editor };
}
