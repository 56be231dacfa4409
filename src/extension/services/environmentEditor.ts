import * as vscode from "vscode";
import { applyEdits, type TextEdit } from "../../dotenv/edit.ts";
import type { Problem } from "../../protocol/errors.ts";
import type { Result } from "../../shared/result.ts";
import type { DialectDetection } from "./dialectDetection.ts";
import { systemCodeOf } from "./environmentBytes.ts";
import type { EnvironmentContents } from "./environmentContents.ts";
import { caughtUp } from "./environmentDocuments.ts";
import { type EnvironmentFile, shownName } from "./environmentFile.ts";
import type { Plan } from "./environmentPlans.ts";
import {
  contendedProblem,
  type EnvironmentProblem,
  existsProblem,
  outsideProblem,
  unreadableProblem,
  unsavedProblem,
  writeProblem,
} from "./environmentProblems.ts";

/** Times a change is computed anew because the file changed in the meantime. */
const changeAttemptsMax = 3;

/**
 * Replaces a file's whole text in one step: a reader sees the old or the new text, never a part. Keeps
 * mode, owner and the target of links. Answers FILE_CHANGED when the file does not hold `expected` any
 * more, or is there though `expected` is `undefined`. Texts include the byte order mark.
 */
export interface AtomicFiles {
  replace(path: string, expected: string | undefined, text: string): Promise<Result<void, Problem>>;
}

/** What became of a change. */
export type ChangeOutcome =
  | {
      readonly ok: true;
      /** False when the file already was as asked. */
      readonly changed: boolean;
      /** `unsaved`: the file had other unsaved edits, so the change waits with them in the editor. */
      readonly where: "disk" | "editor" | "unsaved";
    }
  | { readonly ok: false; readonly problem: EnvironmentProblem };

/** Makes changes to environment files, one at a time per file. */
export class EnvironmentEditor {
  readonly #contents: EnvironmentContents;
  readonly #files: AtomicFiles;
  readonly #dialects: Pick<DialectDetection, "dialectsFor">;
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(
    contents: EnvironmentContents,
    files: AtomicFiles,
    dialects: Pick<DialectDetection, "dialectsFor">,
  ) {
    this.#contents = contents;
    this.#files = files;
    this.#dialects = dialects;
  }

  /**
   * Changes a file by the edits that `plan` returns: through the editor when the file is open there (undo
   * works, unsaved edits stay, saved only when there were none), else atomically on disk.
   */
  change(file: EnvironmentFile, plan: Plan): Promise<ChangeOutcome> {
    const id = file.uri.toString();
    const before = this.#queues.get(id) ?? Promise.resolve();
    const run = (): Promise<ChangeOutcome> => this.#attempt(file, plan);
    const outcome = before.then(run, run);
    this.#queues.set(id, outcome);
    return outcome.finally(() => {
      if (this.#queues.get(id) === outcome) this.#queues.delete(id);
    });
  }

  /** Makes a new file, and never over one that is there. Answers the problem, or `undefined` when it was made. */
  async create(uri: vscode.Uri, text: string): Promise<EnvironmentProblem | undefined> {
    const shown = vscode.workspace.asRelativePath(uri);
    if (uri.scheme === "file") {
      const result = await this.#files.replace(uri.fsPath, undefined, text);
      if (result.ok) return undefined;
      return result.error.code === "FILE_CHANGED" ? existsProblem(shown) : result.error;
    }
    const change = new vscode.WorkspaceEdit();
    change.createFile(uri, { overwrite: false, contents: Buffer.from(text, "utf8") });
    return (await vscode.workspace.applyEdit(change)) ? undefined : existsProblem(shown);
  }

  async #attempt(file: EnvironmentFile, plan: Plan): Promise<ChangeOutcome> {
    // Before the text is read: nobody may change it while the readers are looked for.
    const dialects = await this.#dialects.dialectsFor(file.uri);
    for (let attempt = 1; attempt <= changeAttemptsMax; attempt += 1) {
      const content = await this.#contents.readNow(file.uri);
      if (!content.ok) return { ok: false, problem: unreadableProblem(content.reason, shownName(file)) };
      if (content.open !== undefined && content.behind) {
        await caughtUp(content.open);
        continue;
      }
      if (content.outside) return { ok: false, problem: outsideProblem(shownName(file)) };
      const planned = plan(content.document, { dialects });
      if (!planned.ok) return { ok: false, problem: inFile(planned.refusal, file) };
      const { edits } = planned;
      if (edits.length === 0) return { ok: true, changed: false, where: "disk" };
      const done =
        content.open === undefined
          ? await this.#writeDisk(file, content.realPath, content.document.text, edits)
          : await writeEditor(file, content.open, content.document.text, edits);
      this.#contents.forget(file.uri);
      if (done !== "again") return done;
    }
    return { ok: false, problem: contendedProblem(shownName(file)) };
  }

  async #writeDisk(
    file: EnvironmentFile,
    realPath: string | undefined,
    text: string,
    edits: readonly TextEdit[],
  ): Promise<ChangeOutcome | "again"> {
    const newText = applyEdits(text, edits);
    if (realPath === undefined) return writeVirtual(file, newText);
    const result = await this.#files.replace(realPath, text, newText);
    if (result.ok) return { ok: true, changed: true, where: "disk" };
    return result.error.code === "FILE_CHANGED" ? "again" : { ok: false, problem: result.error };
  }
}

async function writeEditor(
  file: EnvironmentFile,
  open: vscode.TextDocument,
  text: string,
  edits: readonly TextEdit[],
): Promise<ChangeOutcome | "again"> {
  // Typing between reading and now: the offsets would hit the wrong place.
  if (open.isClosed || open.getText() !== text) return "again";
  const wasDirty = open.isDirty;
  const change = new vscode.WorkspaceEdit();
  for (const edit of edits) {
    const range = new vscode.Range(open.positionAt(edit.start), open.positionAt(edit.end));
    change.replace(open.uri, range, edit.text);
  }
  // VS Code compares document versions and answers false when the text changed on the way.
  if (!(await vscode.workspace.applyEdit(change))) return "again";
  if (wasDirty) return { ok: true, changed: true, where: "unsaved" };
  if (await open.save()) return { ok: true, changed: true, where: "editor" };
  return { ok: false, problem: unsavedProblem(shownName(file)) };
}

async function writeVirtual(file: EnvironmentFile, text: string): Promise<ChangeOutcome> {
  try {
    await vscode.workspace.fs.writeFile(file.uri, Buffer.from(text, "utf8"));
    return { ok: true, changed: true, where: "disk" };
  } catch (error) {
    return { ok: false, problem: writeProblem(shownName(file), systemCodeOf(error)) };
  }
}

function inFile(refusal: EnvironmentProblem, file: EnvironmentFile): EnvironmentProblem {
  return { ...refusal, message: `${shownName(file)}: ${refusal.message}` };
}
