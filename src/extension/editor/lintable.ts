import * as vscode from "vscode";
import { kindOfName } from "../../dotenv/fileNames.ts";
import { dotenvLanguageId } from "../ids.ts";
import { schemaFileName } from "../services/schemas.ts";

/** Files that only look like `.env` files by name: shell, and what dotenvx keeps keys and ciphertext in. */
const foreignNames: ReadonlySet<string> = new Set([".envrc", ".env.keys", ".env.vault"]);

/** Documents that are checked, for VS Code's registrations; {@link isLintable} decides in the end. */
export const lintableSelector: vscode.DocumentSelector = [
  { language: dotenvLanguageId },
  { pattern: "**/.env" },
  { pattern: "**/.env.*" },
  { pattern: "**/*.env" },
];

/** The last part of a path. */
export function nameOf(uri: vscode.Uri): string {
  return uri.path.slice(uri.path.lastIndexOf("/") + 1);
}

/** Whether a document is a `.env` file by language or by name, in a place where it can be edited. */
export function isLintable(document: vscode.TextDocument): boolean {
  const { scheme } = document.uri;
  const name = nameOf(document.uri);
  if (foreignNames.has(name)) return false;
  // The other side of a diff and files of the past have schemes of their own, and nothing in them can be mended.
  const editable =
    scheme === "file" || scheme === "untitled" || vscode.workspace.fs.isWritableFileSystem(scheme) === true;
  return editable && (document.languageId === dotenvLanguageId || isDotenvName(name));
}

function isDotenvName(name: string): boolean {
  return name === ".env" || name.startsWith(".env.") || name.endsWith(".env");
}

/** Whether a file documents the keys of others, so that none is missing in it. */
export function isExampleName(uri: vscode.Uri): boolean {
  return kindOfName(nameOf(uri)) === "example" || isSchemaName(uri);
}

/** Whether a file says by decorators what the environments beside it must look like. */
export function isSchemaName(uri: vscode.Uri): boolean {
  return nameOf(uri) === schemaFileName;
}
