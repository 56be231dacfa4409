import { join } from "node:path";
import type { EnvironmentFiles } from "../commit/ports.ts";
import { type DotenvDocument, parseDocument } from "../dotenv/document.ts";
import { applyEdits, type EditRefusal, type EditResult } from "../dotenv/edit.ts";
import { EnvpactError, type Problem } from "../protocol/errors.ts";
import { localFiles, whileEditing } from "../runtime/files.ts";
import type { Session } from "./session.ts";

/** How often an edit starts again because somebody else changed the file meanwhile. */
const editAttemptsMax = 5;

/** One step of an edit. */
export type EditStep = (document: DotenvDocument) => EditResult;

interface Edited {
  readonly before: DotenvDocument;
  readonly after: DotenvDocument;
}

/** An environment file as an app would read it now; undefined when there is none. Throws what makes it unreadable. */
export async function readEnvironment(folder: string, file: string): Promise<DotenvDocument | undefined> {
  const text = await readText(localFiles(folder), file);
  return text === undefined ? undefined : parseDocument(text);
}

/** Like {@link readEnvironment}; a file that does not exist is FILE_MISSING. */
export async function requireEnvironment(folder: string, file: string): Promise<DotenvDocument> {
  const document = await readEnvironment(folder, file);
  if (document) return document;
  throw new EnvpactError("FILE_MISSING", `There is no ${file} in ${folder}.`, "Check --dir and --env.");
}

/** The text of a file of `files`; undefined when there is none. Throws what makes it unreadable. */
export async function readText(files: EnvironmentFiles, file: string): Promise<string | undefined> {
  const found = await files.read(file);
  if (found.kind === "unreadable") throw errorOf(found.problem);
  return found.kind === "text" ? found.text : undefined;
}

/**
 * Makes `steps` one after the other and writes the file once, or nothing when one of them is refused.
 * A file that changed in between is read and edited again, so that no edit of somebody else is lost.
 * Returns the documents before and after.
 */
export function editEnvironment(
  { folder, environment }: Pick<Session, "folder" | "environment">,
  file: string,
  steps: readonly EditStep[],
): Promise<Edited> {
  return whileEditing(join(folder, file), environment, () => edited(folder, file, steps));
}

async function edited(folder: string, file: string, steps: readonly EditStep[]): Promise<Edited> {
  const files = localFiles(folder);
  for (let attempt = 1; ; attempt += 1) {
    const text = await readText(files, file);
    const before = parseDocument(text ?? "");
    const after = steps.reduce((document, step) => afterStep(document, step, file), before);
    if (after.text === before.text) return { before, after };
    const replaced = await files.replace(file, text, after.text);
    if (replaced.ok) return { before, after };
    if (replaced.error.code !== "FILE_CHANGED" || attempt === editAttemptsMax) throw errorOf(replaced.error);
  }
}

function afterStep(document: DotenvDocument, step: EditStep, file: string): DotenvDocument {
  const result = step(document);
  if (!result.ok) throw refusalOf(result.refusal, file);
  return result.edits.length === 0 ? document : parseDocument(applyEdits(document.text, result.edits));
}

function refusalOf(refusal: EditRefusal, file: string): EnvpactError {
  return new EnvpactError(refusal.code, `${file}: ${refusal.message}`, refusal.next);
}

/** A problem as an error to throw. */
export function errorOf(problem: Problem): EnvpactError {
  return new EnvpactError(problem.code, problem.message, problem.next);
}
