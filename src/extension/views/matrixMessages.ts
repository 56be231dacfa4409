/** Pure: what the matrix's page asks for, checked before anything is done with it, and what it is told. */
import * as v from "valibot";
import type { MatrixCounts, MatrixRowMessage } from "./matrixModel.ts";

/** Characters of a filter, a key or an id that come from the page. */
const textCharactersMax = 4_096;
/** Rows that travel in one message. */
export const rowsPerMessageMax = 64;
/** Characters of a revealed value that travel to the page; the text editor shows longer ones. */
export const valueCharactersMax = 4_096;

const text = v.pipe(v.string(), v.maxLength(textCharactersMax));
const cellStateSchema = v.picklist(["equal", "differs", "empty", "missing"]);
const view = {
  text,
  states: v.pipe(v.array(cellStateSchema), v.maxLength(4)),
  /** Key of the active row, so that the page hears where it stands now. */
  active: v.optional(text),
};

/** What is done with a cell. */
export const cellActions = ["reveal", "edit", "copy", "copyTo", "fill", "goTo", "explain", "delete"] as const;
export type CellAction = (typeof cellActions)[number];
/** What is done with a whole environment. */
export const columnActions = ["fillMissing", "openFile", "hideColumn"] as const;
export type ColumnAction = (typeof columnActions)[number];

const askSchema = v.variant("ask", [
  v.object({ ask: v.literal("ready"), ...view }),
  v.object({ ask: v.literal("view"), ...view }),
  v.object({
    ask: v.literal("rows"),
    revision: v.number(),
    from: v.pipe(v.number(), v.integer(), v.minValue(0)),
  }),
  v.object({ ask: v.literal("folder"), folder: text }),
  v.object({ ask: v.literal("detail"), key: text, file: text }),
  v.object({ ask: v.literal("cell"), action: v.picklist(cellActions), key: text, file: text }),
  v.object({ ask: v.literal("column"), action: v.picklist(columnActions), file: text }),
  v.object({ ask: v.literal("row"), action: v.picklist(["reveal", "copyName"]), key: text }),
  v.object({ ask: v.literal("fillAny") }),
  v.object({ ask: v.literal("hideAll") }),
  v.object({ ask: v.literal("newEnvironment") }),
]);

/** One wish of the page. */
export type MatrixAsk = v.InferOutput<typeof askSchema>;

/** Reads a message of the page; `undefined` for anything else. */
export function readMatrixAsk(message: unknown): MatrixAsk | undefined {
  const parsed = v.safeParse(askSchema, message);
  return parsed.success ? parsed.output : undefined;
}

/** A column as the page shows it. */
export interface MatrixColumnMessage {
  /** URI of the file. */
  readonly id: string;
  readonly name: string;
  readonly isExample: boolean;
  /** False for files that are shown and never changed. */
  readonly writable: boolean;
  /** A few words below the name. */
  readonly note: string;
}

/** Everything about the matrix but its rows. */
export interface MatrixMessage {
  readonly kind: "matrix";
  /** Rows of another revision are not the rows of this one. */
  readonly revision: number;
  readonly folder: string;
  readonly folders: readonly { readonly id: string; readonly label: string }[];
  readonly columns: readonly MatrixColumnMessage[];
  readonly counts: MatrixCounts;
  /** Rows that the filter leaves. */
  readonly rows: number;
  /** Where the active key stands now among them; -1 when it does not. */
  readonly active: number;
  /** Some key is taken from another file, which the legend then explains. */
  readonly inherits: boolean;
  /** Some value is compared with no other, which the legend then explains. */
  readonly alone: boolean;
  /** Cells that are revealed. */
  readonly revealed: number;
  /** Files and keys that are left out, in words. */
  readonly notices: readonly string[];
}

/** What the page is told. */
export type MatrixAnswer =
  | MatrixMessage
  | {
      readonly kind: "rows";
      readonly revision: number;
      readonly from: number;
      readonly rows: readonly MatrixRowMessage[];
    }
  | {
      readonly kind: "detail";
      readonly key: string;
      readonly file: string;
      readonly words: string;
      /** The whole value when the cell is revealed. */
      readonly value?: string;
    };
