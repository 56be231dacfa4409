import type * as vscode from "vscode";
import { type ComparedRow, compareEnvironments } from "../../dotenv/comparison.ts";
import { conventions } from "../../dotenv/conventions.ts";
import { type DotenvDocument, effectiveEntry, lineOf } from "../../dotenv/document.ts";
import { type LayerConvention, layersBelow } from "../../dotenv/layers.ts";
import type { EnvironmentFile } from "../services/environmentFile.ts";
import { revealedText } from "../services/environmentMask.ts";
import { unreadableWord } from "../services/environmentProblems.ts";
import type { EnvironmentServices } from "../services/environments.ts";
import { rowsPerMessageMax, valueCharactersMax } from "./matrixMessages.ts";
import {
  cellWords,
  countRows,
  filterRows,
  type MatrixCounts,
  type MatrixFilter,
  type MatrixRowMessage,
  missingInColumn,
  rowMessage,
} from "./matrixModel.ts";

/** Environments side by side; further ones are named above the table. */
const columnsMax = 48;
/** Keys in one matrix; further ones are counted above the table. */
const keysMax = 20_000;

/** One environment of the matrix. */
export interface SheetColumn {
  readonly file: EnvironmentFile;
  readonly name: string;
  readonly isExample: boolean;
  readonly document: DotenvDocument;
  readonly overrides: readonly string[];
  readonly writable: boolean;
  readonly note: string;
}

interface Loaded {
  readonly columns: readonly SheetColumn[];
  readonly rows: readonly ComparedRow[];
  readonly counts: MatrixCounts;
  readonly notices: readonly string[];
}

const nothing: Loaded = {
  columns: [],
  rows: [],
  counts: { all: 0, equal: 0, differs: 0, empty: 0, missing: 0 },
  notices: [],
};

const unknownConvention: LayerConvention = { convention: conventions.plain, isChosen: false };

/** The environments of one directory, compared, filtered, and with what the user revealed of them. */
export class MatrixSheet {
  readonly directory: vscode.Uri;
  /** Counts up with everything that changes rows or their order. */
  revision = 0;
  readonly #services: EnvironmentServices;
  readonly #revealed = new Set<string>();
  #loaded = nothing;
  #filter: MatrixFilter = { text: "", states: [] };
  #shown: readonly ComparedRow[] = [];
  /** The last load that was asked for; one that was overtaken is dropped. */
  #turn = 0;

  constructor(services: EnvironmentServices, directory: vscode.Uri) {
    this.#services = services;
    this.directory = directory;
  }

  get columns(): readonly SheetColumn[] {
    return this.#loaded.columns;
  }

  get counts(): MatrixCounts {
    return this.#loaded.counts;
  }

  get notices(): readonly string[] {
    return this.#loaded.notices;
  }

  /** All rows, whatever the filter. */
  get rows(): readonly ComparedRow[] {
    return this.#loaded.rows;
  }

  /** Rows that the filter leaves. */
  get shown(): readonly ComparedRow[] {
    return this.#shown;
  }

  get revealedCells(): number {
    return this.#revealed.size;
  }

  /** Reads the environments as they are now. False when a later call overtook this one. */
  async load(): Promise<boolean> {
    this.#turn += 1;
    const turn = this.#turn;
    const { index, contents } = this.#services;
    const id = this.directory.toString();
    const files = (await index.files()).filter((file) => file.directory.toString() === id);
    const read = await Promise.all(
      files.map(async (file) => ({ file, content: await contents.read(file.uri) })),
    );
    const [first] = files;
    const convention = first && (await this.#services.layers.conventionOf(first));
    if (turn !== this.#turn) return false;
    this.#loaded = loadedOf(read, convention ?? unknownConvention);
    for (const cell of this.#revealed)
      if (this.#valueAt(...cellOf(cell)) === undefined) this.#revealed.delete(cell);
    this.setFilter(this.#filter);
    return true;
  }

  /** Leaves only some rows to be shown. */
  setFilter(filter: MatrixFilter): void {
    this.#filter = filter;
    this.#shown = filterRows(this.#loaded.rows, filter);
    this.revision += 1;
  }

  /** Some rows as they travel to the page, from a place among those that the filter leaves. */
  page(from: number): readonly MatrixRowMessage[] {
    return this.#shown.slice(from, from + rowsPerMessageMax).map((row) => {
      const values = new Map<number, string>();
      for (const [at, { file }] of this.columns.entries()) {
        if (!this.isRevealed(file.uri.toString(), row.key)) continue;
        const value = this.#valueAt(file.uri.toString(), row.key);
        if (value !== undefined) values.set(at, revealedText(value));
      }
      return rowMessage(row, values);
    });
  }

  /** Where a key stands among the shown rows; -1 when it does not. */
  placeOf(key: string): number {
    return this.#shown.findIndex((row) => row.key === key);
  }

  rowOf(key: string): ComparedRow | undefined {
    return this.#loaded.rows.find((row) => row.key === key);
  }

  columnOf(file: string): SheetColumn | undefined {
    return this.columns.find((column) => column.file.uri.toString() === file);
  }

  isRevealed(file: string, key: string): boolean {
    return this.#revealed.has(`${file}\n${key}`);
  }

  /** Shows a value, or hides it again. Nothing happens to a key without a value. */
  setRevealed(file: string, key: string, shown: boolean): void {
    if (!shown) this.#revealed.delete(`${file}\n${key}`);
    else if (this.#valueAt(file, key) !== undefined) this.#revealed.add(`${file}\n${key}`);
  }

  /** Hides all values, or those of one file. */
  hide(file?: string): void {
    for (const cell of this.#revealed)
      if (file === undefined || cellOf(cell)[0] === file) this.#revealed.delete(cell);
  }

  /** What is said of a cell below the table; the value only while it is revealed. */
  detail(key: string, file: string): { readonly words: string; readonly value?: string } | undefined {
    const row = this.rowOf(key);
    const at = this.columns.findIndex((column) => column.file.uri.toString() === file);
    const column = this.columns[at];
    if (row === undefined || column === undefined) return undefined;
    const entry = effectiveEntry(column.document, key);
    const place = entry === undefined ? [] : [`line ${lineOf(column.document, entry.keySpan.start).line}`];
    const words = [...place, cellWords(row, at, this.columns)].join(" · ");
    if (entry === undefined || !this.isRevealed(file, key)) return { words };
    const { value } = entry;
    return {
      words,
      value: value.length > valueCharactersMax ? `${value.slice(0, valueCharactersMax)}…` : value,
    };
  }

  #valueAt(file: string, key: string): string | undefined {
    const column = this.columnOf(file);
    return column && effectiveEntry(column.document, key)?.value;
  }
}

type Read = {
  readonly file: EnvironmentFile;
  readonly content: Awaited<ReturnType<EnvironmentServices["contents"]["read"]>>;
};

function loadedOf(read: readonly Read[], convention: LayerConvention): Loaded {
  const notices = read.flatMap(({ file, content }) =>
    content.ok ? [] : [`${file.name} is left out: ${unreadableWord(content.reason)}.`],
  );
  const readable = read.flatMap(({ file, content }) => (content.ok ? [{ file, content }] : []));
  const kept = readable.slice(0, columnsMax);
  if (kept.length < readable.length) {
    notices.push(`Only the first ${columnsMax} of ${readable.length} environments are compared.`);
  }
  const names = new Set(kept.map(({ file }) => file.name));
  const sources = kept.map(({ file, content }) => ({
    name: file.name,
    document: content.document,
    isExample: file.kind === "example",
    overrides: layersBelow(file.name, names, convention),
  }));
  const compared = compareEnvironments(sources);
  const rows = compared.slice(0, keysMax);
  if (rows.length < compared.length) {
    notices.push(`Only the first ${keysMax} of ${compared.length} keys are compared.`);
  }
  const columns = kept.map(({ file, content }, at): SheetColumn => {
    const missing = missingInColumn(rows, at);
    const words = [
      ...(file.kind === "example" ? ["example"] : []),
      ...(content.outside ? ["read-only"] : []),
      ...(content.open?.isDirty === true ? ["unsaved"] : []),
      missing === 0 ? "complete" : `${missing} missing`,
    ];
    return {
      file,
      name: file.name,
      isExample: file.kind === "example",
      document: content.document,
      overrides: sources[at]?.overrides ?? [],
      writable: !content.outside,
      note: words.join(" · "),
    };
  });
  return { columns, rows, counts: countRows(rows), notices };
}

function cellOf(cell: string): readonly [file: string, key: string] {
  const end = cell.indexOf("\n");
  return [cell.slice(0, end), cell.slice(end + 1)];
}
