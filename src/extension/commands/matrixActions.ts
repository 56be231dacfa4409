import * as vscode from "vscode";
import { signedWords } from "../../dotenv/comparison.ts";
import { effectiveEntry } from "../../dotenv/document.ts";
import { type EnvironmentFile, shownName } from "../services/environmentFile.ts";
import { mask } from "../services/environmentMask.ts";
import type { Example } from "../services/environmentSummaries.ts";
import { fileNodeOf, type KeyNode, keyNodeOf } from "../views/environmentsNodes.ts";
import type { CellAction, ColumnAction } from "../views/matrixMessages.ts";
import { isLacking } from "../views/matrixModel.ts";
import type { MatrixActions } from "../views/matrixPanel.ts";
import type { MatrixSheet, SheetColumn } from "../views/matrixSheet.ts";
import { confirmDone, type EnvironmentCommandContext, inform } from "./environmentContext.ts";
import { copyKeyToEnvironment, copyValue } from "./environmentCopy.ts";
import { askValue } from "./environmentInputs.ts";
import { deleteKey, editValue, writableDocument } from "./environmentKeys.ts";
import { addKeysFrom } from "./environmentMissing.ts";
import { goToKey, openEnvironment } from "./environmentNavigation.ts";
import { newEnvironment } from "./environmentNew.ts";

const fillTitle = "Fill Missing Keys";

/** What the matrix does with files: the same as the "Environments" view, on the cell or column that was meant. */
export class MatrixCommands implements MatrixActions {
  readonly #context: EnvironmentCommandContext;
  readonly #explain: (file: EnvironmentFile, key: string) => Promise<void>;

  constructor(
    context: EnvironmentCommandContext,
    explain: (file: EnvironmentFile, key: string) => Promise<void>,
  ) {
    this.#context = context;
    this.#explain = explain;
  }

  async cell(
    action: Exclude<CellAction, "reveal">,
    sheet: MatrixSheet,
    column: SheetColumn,
    key: string,
  ): Promise<void> {
    const { file } = column;
    if (action === "explain") return this.#explain(file, key);
    if (action === "fill") return this.#fillCell(sheet, column, key);
    const node = await this.#nodeOf(file, key);
    if (node === undefined) {
      // Only to edit makes sense of a key that is not there: it adds it.
      if (action === "edit") await this.#addKey(sheet, column, key);
      return;
    }
    const run = {
      edit: editValue,
      copy: copyValue,
      copyTo: copyKeyToEnvironment,
      goTo: goToKey,
      delete: deleteKey,
    };
    await run[action](this.#context, [node]);
  }

  async column(
    action: Exclude<ColumnAction, "hideColumn">,
    sheet: MatrixSheet,
    column: SheetColumn,
  ): Promise<void> {
    if (action === "openFile") await openEnvironment(this.#context, [fileNodeOf(column.file)]);
    else await this.#fillColumn(sheet, column);
  }

  async fillAny(sheet: MatrixSheet): Promise<void> {
    const lacking = sheet.columns.filter((column) => column.writable && lackedBy(sheet, column).length > 0);
    const [only] = lacking;
    if (only === undefined) return inform(this.#context, "No environment lacks a key that another one has.");
    if (lacking.length === 1) return this.#fillColumn(sheet, only);
    const items = lacking.map((column) => ({
      label: column.name,
      description: `${lackedBy(sheet, column).length} missing`,
    }));
    const picked = await vscode.window.showQuickPick(items, {
      title: fillTitle,
      placeHolder: "Environment that gets the keys it lacks",
    });
    const column = lacking.find(({ name }) => name === picked?.label);
    if (column !== undefined) await this.#fillColumn(sheet, column);
  }

  async copyName(key: string): Promise<void> {
    await vscode.env.clipboard.writeText(key);
    confirmDone(`Copied ${key}.`);
  }

  async newEnvironment(): Promise<void> {
    await newEnvironment(this.#context, []);
  }

  /** The row of an assigned key, as the "Environments" view would have it. */
  async #nodeOf(file: EnvironmentFile, key: string): Promise<KeyNode | undefined> {
    const summary = await this.#context.services.summaries.summaryOf(file);
    const row = summary.rows.find((each) => each.key === key && !each.states.includes("commented"));
    return row === undefined || row.lines.length === 0 ? undefined : keyNodeOf(file, row, summary);
  }

  async #addKey(sheet: MatrixSheet, column: SheetColumn, key: string): Promise<void> {
    const { file } = column;
    const document = await writableDocument(this.#context, file);
    if (document === undefined) return;
    const prompt = `Value of ${key} in ${shownName(file)}, may be empty`;
    const value = await askValue(`Add ${key} To ${file.name}`, prompt, document, key);
    if (value === undefined) return;
    const neighbours = sheet.columns.find((each) => effectiveEntry(each.document, key) !== undefined);
    await addKeysFrom(this.#context, file, sourceOf(neighbours ?? column), [key], value);
  }

  /** Gives one key the value of an environment that the user picks. */
  async #fillCell(sheet: MatrixSheet, column: SheetColumn, key: string): Promise<void> {
    const cells = sheet.rowOf(key)?.cells ?? [];
    const items = sheet.columns.flatMap((source, at) => {
      const cell = cells[at];
      if (cell === undefined || cell.state === "missing" || source === column) return [];
      return [{ label: source.name, description: previewOf(source, key) }];
    });
    const write = { label: "Write Another Value…", description: "" };
    const picked = await vscode.window.showQuickPick([...items, write], {
      title: `Fill ${key} In ${column.name}`,
      placeHolder: "Environment whose value it gets",
    });
    if (picked === undefined) return;
    // Names of files are unique in a folder; a column holds values, which have no place in a picker's items.
    const source = sheet.columns.find(({ name }) => name === picked.label);
    if (source === undefined) return this.#addKey(sheet, column, key);
    if ((await writableDocument(this.#context, column.file)) === undefined) return;
    await addKeysFrom(this.#context, column.file, sourceOf(source), [key], valueFor(column));
  }

  /** Adds the keys that an environment lacks, after the user has chosen where from and looked through them. */
  async #fillColumn(sheet: MatrixSheet, column: SheetColumn): Promise<void> {
    const lacked = lackedBy(sheet, column);
    const name = shownName(column.file);
    if (lacked.length === 0) return inform(this.#context, `${name} has every key that the other files have.`);
    const keysOf = (source: SheetColumn): readonly string[] =>
      lacked.filter((key) => effectiveEntry(source.document, key) !== undefined);
    const sources = sheet.columns.filter((source) => source !== column && keysOf(source).length > 0);
    // The example first: it was made to fill others.
    sources.sort((a, b) => Number(b.file.kind === "example") - Number(a.file.kind === "example"));
    const items = sources.map((source) => ({
      label: source.name,
      description: `${keysOf(source).length} of ${lacked.length} missing`,
    }));
    const picked = await vscode.window.showQuickPick(items, {
      title: fillTitle,
      placeHolder: `Where ${name} gets them from`,
    });
    const source = sources.find((each) => each.name === picked?.label);
    if (source === undefined || (await writableDocument(this.#context, column.file)) === undefined) return;
    const chosen = await vscode.window.showQuickPick(
      keysOf(source).map((key) => ({ label: key, description: previewOf(source, key), picked: true })),
      {
        title: fillTitle,
        placeHolder: `Keys of ${source.name} to add to ${name}, ${valueFor(column) === undefined ? "with their values" : "without values"}`,
        canPickMany: true,
      },
    );
    const keys = (chosen ?? []).map(({ label }) => label);
    if (keys.length === 0) return;
    await addKeysFrom(this.#context, column.file, sourceOf(source), keys, valueFor(column));
  }
}

/** An example gets names only, because examples are committed; `undefined` is the value of the source. */
function valueFor({ file }: SheetColumn): string | undefined {
  return file.kind === "example" ? "" : undefined;
}

/** What a key brings along, without its value. */
function previewOf(source: SheetColumn, key: string): string {
  return effectiveEntry(source.document, key)?.value === "" ? signedWords("empty") : mask;
}

function lackedBy(sheet: MatrixSheet, column: SheetColumn): readonly string[] {
  const at = sheet.columns.indexOf(column);
  return sheet.rows.filter(({ cells }) => isLacking(cells[at])).map(({ key }) => key);
}

function sourceOf({ file, name, document }: SheetColumn): Example {
  return { uri: file.uri, name, document };
}
