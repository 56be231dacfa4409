import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "dotenv";

/** The three workspaces; the first two are opened in VS Code, the third has an agent and no editor. */
export const names = ["web", "api", "worker"] as const;
/** One of {@link names}. */
export type Name = (typeof names)[number];

/** What each file is like, for people. */
export const styles: Readonly<Record<Name, string>> = {
  web: "double quotes, comments behind values",
  api: "CRLF line ends, export, single quotes",
  worker: "no quotes, no line end at the end of the file",
};

/** Keys with the same value in all three files. */
export const sharedKeys = ["API_URL", "DATABASE_URL", "LOG_LEVEL"] as const;

/** The files as they are at first. All values are made up. */
export const files: Readonly<Record<Name, string>> = {
  web: `# The web front end.
PORT=3000
SESSION_COOKIE="web_session"

# The same in web, api and worker.
API_URL="https://api.example.test/v1" # ends without a slash
DATABASE_URL="postgres://app:sample-password@localhost:5432/shop"
LOG_LEVEL=info # debug, info, warn

# Only here.
THEME="light"
`,
  api: [
    "# The HTTP API, kept by a colleague on Windows.",
    "export PORT='4000'",
    "export DATABASE_URL='postgres://app:sample-password@localhost:5432/shop'",
    "export API_URL='https://api.example.test/v1'",
    "export LOG_LEVEL='info'",
    "",
    "# Only here: a value of several lines.",
    "export GREETING='Hello",
    "and welcome'",
    "",
  ].join("\r\n"),
  worker: `# Jobs in the background, on a machine without an editor.
QUEUE=mail,invoices
CONCURRENCY=4
LOG_LEVEL=info
DATABASE_URL=postgres://app:sample-password@localhost:5432/shop
API_URL=https://api.example.test/v1`,
};

/** The text of every file now. */
export async function readTexts(root: string): Promise<Readonly<Record<Name, string>>> {
  const read = async (name: Name) => [name, await readFile(join(root, name, ".env"), "utf8")] as const;
  return Object.fromEntries(await Promise.all(names.map(read))) as Record<Name, string>;
}

/** The value that an app gets from the text: dotenv's own reading, not ours. */
export function readValue(text: string, key: string): string | undefined {
  return parse(text)[key];
}

/** The line that sets a key, with its number from 1. */
export function lineOf(text: string, key: string): { readonly number: number; readonly text: string } {
  const lines = text.split(/\r?\n/);
  const index = lines.findIndex((line) => new RegExp(`^(export )?${key}=`).test(line));
  return { number: index + 1, text: lines[index] ?? "" };
}
