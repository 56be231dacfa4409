import * as vscode from "vscode";
import type { PlacedUsage } from "../../code/places.ts";
import { isIdentifier, renamedText } from "../../code/usage.ts";
import type { FileUsages } from "../../code/usageIndex.ts";
import { refuseName, renameEverywhere } from "../../dotenv/renaming.ts";
import { caughtUp } from "../services/environmentDocuments.ts";
import { shownName } from "../services/environmentFile.ts";
import {
  contendedProblem,
  type EnvironmentProblem,
  isNoFile,
  outsideProblem,
  unreadableProblem,
} from "../services/environmentProblems.ts";
import type { EnvironmentServices } from "../services/environments.ts";
import { rangeIn } from "../services/keyKnowledge.ts";
import { familyOfDocument, rangeOf } from "./codeFiles.ts";
import type { CodeIndex } from "./codeIndex.ts";
import { type Scope, within } from "./codeScope.ts";

/** The changes of one file, in its text as the editor has it. */
export interface FileChanges {
  readonly uri: vscode.Uri;
  /** The end of the text; on a line of its own where the text ends with a line end. */
  readonly end: vscode.Position;
  readonly changes: readonly { readonly range: vscode.Range; readonly text: string }[];
}

/** Everything that a rename changes. */
export interface RenamePlan {
  readonly environments: readonly FileChanges[];
  readonly code: readonly FileChanges[];
  /** Names of the files in which a space shares the key. */
  readonly shared: readonly string[];
}

export type RenamePlanResult =
  | { readonly ok: true; readonly plan: RenamePlan }
  | { readonly ok: false; readonly refusal: EnvironmentProblem };

/**
 * Works out a rename of `from` to `to` in the environments of some folders and all code that belongs to them. Where
 * code belongs to further folders that have the key, those take part, so that no code is torn between two names.
 * Refuses a name that is taken, a file that cannot be read, and a change after which a file would read differently.
 * `done` are folders whose environments have the new name already.
 */
export async function renamePlan(
  services: EnvironmentServices,
  index: CodeIndex,
  scope: Scope,
  from: string,
  to: string,
  done: Scope = new Set(),
): Promise<RenamePlanResult> {
  const used = await index.searchedAnew();
  const code = await within(services.knowledge, used.of(from), scope);
  const all = new Set([...scope, ...code.flatMap((file) => [...file.scope])]);
  const folders = new Set([...all].filter((folder) => !done.has(folder)));
  const environments: FileChanges[] = [];
  const shared: string[] = [];
  const sources = await sourcesIn(services, folders);
  if (!sources.ok) return sources;
  for (const { uri, name, document } of sources.files) {
    const result = renameEverywhere(document, from, to, name);
    if (!result.ok) return { ok: false, refusal: result.refusal };
    if (result.edits.length === 0) continue;
    const changes = result.edits.map(({ start, end, text }) => ({
      range: rangeIn(document, { start, end }),
      text,
    }));
    const { end } = rangeIn(document, { start: 0, end: document.text.length });
    environments.push({ uri, end, changes });
    if (services.shared.stateOf(uri, from) !== undefined) shared.push(name);
  }
  const inCode = await codeChanges(index, code, from, to);
  if (!inCode.ok) return inCode;
  if (environments.length === 0 && inCode.files.length === 0)
    return { ok: false, refusal: goneProblem(from) };
  return { ok: true, plan: { environments, code: inCode.files, shared } };
}

/**
 * Says of a new name for `from` why no environment, example or schema of the folders can take it, undefined when
 * they can, without looking at code. They are read once, for a box in which the name is typed.
 */
export async function nameRefusals(
  services: EnvironmentServices,
  index: CodeIndex,
  scope: Scope,
  from: string,
): Promise<(to: string) => string | undefined> {
  // Code that is known already may lead to further folders; the plan of the rename looks for the rest.
  const code = await within(services.knowledge, index.known.of(from), scope);
  const sources = await sourcesIn(services, new Set([...scope, ...code.flatMap((file) => [...file.scope])]));
  // The plan says which file cannot be read.
  if (!sources.ok) return () => undefined;
  return (to) => {
    for (const { document, name } of sources.files) {
      const refusal = refuseName(document, from, to, name);
      if (refusal) return `${refusal.message} ${refusal.next}`;
    }
    return undefined;
  };
}

/** Something of every file, unless one of them forbids the rename. */
type Gathered<T> =
  | { readonly ok: true; readonly files: readonly T[] }
  | { readonly ok: false; readonly refusal: EnvironmentProblem };

interface Source {
  readonly uri: vscode.Uri;
  readonly name: string;
  readonly document: Parameters<typeof renameEverywhere>[0];
}

/** The environments, examples and schemas of some folders, as they are now. */
async function sourcesIn(services: EnvironmentServices, folders: Scope): Promise<Gathered<Source>> {
  const files = new Map<string, Source>();
  for (const file of await services.index.files()) {
    if (!folders.has(file.directory.toString())) continue;
    const name = shownName(file);
    const content = await services.contents.readNow(file.uri);
    if (content.ok && !content.outside) {
      files.set(file.uri.toString(), { uri: file.uri, name, document: content.document });
    } else if (content.ok || !isNoFile(content.reason)) {
      const refusal = content.ok ? outsideProblem(name) : unreadableProblem(content.reason, name);
      return { ok: false, refusal };
    }
  }
  for (const folder of folders) {
    const schema = await services.schemas.schemaFor(
      vscode.Uri.joinPath(vscode.Uri.parse(folder, true), ".env"),
    );
    if (schema && !files.has(schema.uri.toString())) {
      const name = vscode.workspace.asRelativePath(schema.uri);
      files.set(schema.uri.toString(), { uri: schema.uri, name, document: schema.document });
    }
  }
  return { ok: true, files: [...files.values()] };
}

/** The changes of code, from the text that the editor has now: that is the one which an edit changes. */
async function codeChanges(
  index: CodeIndex,
  code: readonly (FileUsages & { readonly uri: vscode.Uri })[],
  from: string,
  to: string,
): Promise<Gathered<FileChanges>> {
  const files: FileChanges[] = [];
  for (const { uri, usages: expected } of code) {
    const document = await vscode.workspace.openTextDocument(uri);
    const family = familyOfDocument(document);
    if (family === undefined) continue;
    const now = async (): Promise<readonly PlacedUsage[]> =>
      (await index.usagesIn(document, family)).filter(({ name }) => name === from);
    // A document that nobody shows any more may still have a text of before the file was changed on disk.
    if (!samePlaces(await now(), expected)) await caughtUp(document);
    const usages = await now();
    if (!samePlaces(usages, expected)) {
      return { ok: false, refusal: contendedProblem(vscode.workspace.asRelativePath(uri)) };
    }
    const stuck = usages.find((usage) => !canHold(usage, family, to));
    if (stuck) return { ok: false, refusal: notIdentifierProblem(uri, stuck) };
    const changes = usages.map((usage) => ({ range: rangeOf(usage), text: renamedText(usage, to) }));
    if (changes.length > 0) files.push({ uri, end: document.positionAt(document.getText().length), changes });
  }
  return { ok: true, files };
}

function samePlaces(one: readonly PlacedUsage[], other: readonly PlacedUsage[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ line, character }, at) => line === other[at]?.line && character === other[at]?.character)
  );
}

function canHold({ form }: PlacedUsage, family: string, name: string): boolean {
  const isText =
    form === "literal" || (form === "text" && !["shell", "compose", "dockerfile"].includes(family));
  return isText || isIdentifier(name);
}

function notIdentifierProblem(uri: vscode.Uri, { line }: PlacedUsage): EnvironmentProblem {
  return {
    code: "KEY_INVALID",
    message: `${vscode.workspace.asRelativePath(uri)}, line ${line + 1}, can only hold a name of letters, digits and underscores.`,
    next: "Choose such a name, or change that line first.",
  };
}

function goneProblem(key: string): EnvironmentProblem {
  return {
    code: "KEY_NOT_FOUND",
    message: `${key} stands in no environment and in no code here.`,
    next: "Check the name; it may have been renamed already.",
  };
}
