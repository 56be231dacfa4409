import type { Span } from "../dotenv/document.ts";

/** Files larger than this, in bytes, are not scanned: they are generated, and nobody edits them. */
export const codeFileBytesMax = 1024 * 1024;

/** Usages that are kept of one file; a file with more of them is generated. */
export const usagesPerFileMax = 5_000;

/** UTF-16 units of a name; a longer string literal is no name of a variable. */
export const nameCharactersMax = 256;

/**
 * What the code does with the variable.
 * `read`: gets its value. `write`: sets or deletes it. `mention`: names it without getting its value here
 * (a test for its presence, a line that passes it on).
 */
export type UsageKind = "read" | "write" | "mention";

/**
 * How the name stands in the code, which decides how another name is written in its place.
 * `identifier`: `env.X`; `text`: inside a literal, or a shell's `${X}`; `shorthand`: `{ X }` of a destructuring,
 * which also binds the variable X; `import`: `import { X }`, likewise; `literal`: a string anywhere in code that asks
 * for variables by names which it puts together at run time: it is a name only if there is a variable of that name.
 */
export type UsageForm = "identifier" | "text" | "shorthand" | "import" | "literal";

/** Exports that are kept of one file. */
export const exportsPerFileMax = 64;

/**
 * An export of a module of the same project, as another one imports it. `default` and `*` are what they are in
 * JavaScript; `=` is the module itself, as `module.exports = …` makes it.
 */
export interface ModuleName {
  /** Relative to the file: `./env`. */
  readonly specifier: string;
  readonly name: string;
}

/** An export that is the object of variables, or that is another module's export, whatever that is. */
export interface EnvironmentExport {
  readonly name: string;
  readonly through?: ModuleName;
}

/** What a scan tells of one file. */
export interface CodeScan {
  /** In the order of the text. */
  readonly usages: readonly CodeUsage[];
  readonly exports: readonly EnvironmentExport[];
}

/** A place in code that names an environment variable. Holds no value. */
export interface CodeUsage {
  readonly name: string;
  /** Exactly the name, in UTF-16 offsets of the scanned text. */
  readonly nameSpan: Span;
  readonly kind: UsageKind;
  readonly form: UsageForm;
  /** The code says what to do when the variable is not set, so nothing is amiss when it is not. */
  readonly hasDefault: boolean;
  /** It is a usage only if this export of another file is the object of variables. */
  readonly through?: ModuleName;
}

/** What is written over `nameSpan` so that the code reads `name` and binds what it bound before. */
export function renamedText(usage: CodeUsage, name: string): string {
  if (usage.form === "shorthand") return `${name}: ${usage.name}`;
  return usage.form === "import" ? `${name} as ${usage.name}` : name;
}

/** Whether a name can stand where code or a shell needs an identifier rather than a string. */
export function isIdentifier(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

/** The usage whose name holds an offset, its end included, as an editor's cursor stands. */
export function usageAt(usages: readonly CodeUsage[], offset: number): CodeUsage | undefined {
  return usages.find(({ nameSpan }) => nameSpan.start <= offset && offset <= nameSpan.end);
}
