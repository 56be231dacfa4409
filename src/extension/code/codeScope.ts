import * as vscode from "vscode";
import type { PlacedUsage } from "../../code/places.ts";
import type { FileUsages } from "../../code/usageIndex.ts";
import type { KeyKnowledge } from "../services/keyKnowledge.ts";
import type { CodeIndex } from "./codeIndex.ts";

/** Folders of environments, as strings of their URIs: code belongs to those near it. */
export type Scope = ReadonlySet<string>;

/** The folders whose environments a file of code, or an environment itself, belongs to. */
export async function scopeOf(knowledge: KeyKnowledge, uri: vscode.Uri): Promise<Scope> {
  const files = await knowledge.filesNear(uri);
  return new Set(files.map(({ directory }) => directory.toString()));
}

/** The folder of a file as a scope of its own. */
export function folderScope(uri: vscode.Uri): Scope {
  return new Set([vscode.Uri.joinPath(uri, "..").toString()]);
}

/**
 * The variable that code names at a position. A string of code which puts names together at run time is one only
 * when it is a key near the document.
 */
export async function variableAt(
  knowledge: KeyKnowledge,
  index: CodeIndex,
  document: vscode.TextDocument,
  position: vscode.Position,
): Promise<PlacedUsage | undefined> {
  const usage = (await index.usageAt(document, position))?.usage;
  if (usage?.form !== "literal") return usage;
  return (await knowledge.keysNear(document.uri)).includes(usage.name) ? usage : undefined;
}

/** Of files with usages those that belong to one of the folders, each with the folders that it belongs to. */
export async function within(
  knowledge: KeyKnowledge,
  files: readonly FileUsages[],
  scope: Scope,
): Promise<readonly (FileUsages & { readonly uri: vscode.Uri; readonly scope: Scope })[]> {
  const all = await Promise.all(
    files.map(async (each) => {
      const uri = vscode.Uri.parse(each.file, true);
      return { ...each, uri, scope: await scopeOf(knowledge, uri) };
    }),
  );
  return all.filter((each) => [...each.scope].some((folder) => scope.has(folder)));
}
