import * as vscode from "vscode";
import type { DotenvDocument } from "../../dotenv/document.ts";
import { isValidKey, setKey } from "../../dotenv/edit.ts";

/** Characters of a key name. */
const keyCharactersMax = 256;

/** Asks for the name of a key. `taken` says why a valid name cannot be used; `before` is the name so far. */
export async function askKeyName(
  title: string,
  prompt: string,
  taken: (key: string) => string | undefined | Promise<string | undefined>,
  before?: string,
): Promise<string | undefined> {
  const answer = await vscode.window.showInputBox({
    title,
    prompt,
    placeHolder: "DATABASE_URL",
    ignoreFocusOut: true,
    ...(before === undefined
      ? {}
      : { value: before, valueSelection: [0, before.length] as [number, number] }),
    validateInput: (text) => {
      const key = text.trim();
      return key === before ? undefined : (refuseKeyName(key) ?? taken(key));
    },
  });
  return answer?.trim();
}

/** Why a text is no key name, or `undefined` when it is one. */
export function refuseKeyName(key: string): string | undefined {
  if (key === "") return "Write a name.";
  if (key.length > keyCharactersMax) return `Write a name of at most ${keyCharactersMax} characters.`;
  if (isValidKey(key)) return undefined;
  return "A key consists of letters, digits, _, - and . only.";
}

/**
 * Asks for a value, in a masked box unless the user has revealed it. What the file could not hold is refused while it
 * is typed, with the reason that the document gives.
 */
export function askValue(
  title: string,
  prompt: string,
  document: DotenvDocument,
  key: string,
  before?: string,
  isRevealed = false,
): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title,
    prompt,
    password: !isRevealed,
    ignoreFocusOut: true,
    ...(before === undefined
      ? {}
      : { value: before, valueSelection: [0, before.length] as [number, number] }),
    validateInput: (value) => {
      const result = setKey(document, key, value);
      return result.ok ? undefined : `${result.refusal.message} ${result.refusal.next}`;
    },
  });
}

/** True for a value that a one-line input box shows without losing a character. */
export function fitsInputBox(value: string): boolean {
  return !/[\r\n\u2028\u2029]/.test(value);
}
