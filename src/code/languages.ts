/** Pure naming rules: which files are code, in which language, and what to look for before reading them closely. */

/** The kinds of code that a scanner exists for. */
export type CodeFamily =
  | "javascript"
  | "markup"
  | "python"
  | "go"
  | "ruby"
  | "php"
  | "java"
  | "kotlin"
  | "rust"
  | "csharp"
  | "prisma"
  | "shell"
  | "compose"
  | "dockerfile";

/** How the files of a family are known, and how one that names no variable is told without reading it. */
interface FamilyNames {
  /** Endings of file names without the dot. */
  readonly endings: readonly string[];
  /** VS Code's language ids. */
  readonly languages: readonly string[];
  /** Global; what every place that names a variable has in it. Behind the last one no further name stands. */
  readonly marks: RegExp;
  /** What may stand behind the last mark and still name variables: `const { env } = process`. */
  readonly tail?: string;
  /** Words of which one, with no lower-case letter behind it, stands in every file that names a variable. */
  readonly words?: readonly string[];
}

const families: Readonly<Record<CodeFamily, FamilyNames>> = {
  javascript: {
    endings: ["js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx"],
    languages: ["javascript", "javascriptreact", "typescript", "typescriptreact"],
    marks: /\benv(?![a-z])/g,
    tail: "process",
    words: ["env"],
  },
  markup: {
    endings: ["vue", "svelte", "astro"],
    languages: ["vue", "svelte", "astro"],
    marks: /\benv(?![a-z])/g,
    tail: "process",
    words: ["env"],
  },
  python: {
    endings: ["py", "pyi"],
    languages: ["python"],
    marks: /environ(?!m)|getenv|decouple|BaseSettings/g,
    words: ["environ", "environb", "getenv", "getenvb", "decouple", "BaseSettings"],
  },
  go: {
    endings: ["go"],
    languages: ["go"],
    marks: /\bos\.(?:Getenv|LookupEnv|Setenv|Unsetenv)\b/g,
    words: ["os.Getenv", "os.LookupEnv", "os.Setenv", "os.Unsetenv"],
  },
  ruby: { endings: ["rb", "rake", "gemspec", "ru"], languages: ["ruby"], marks: /\bENV\b/g, words: ["ENV"] },
  php: {
    endings: ["php"],
    languages: ["php"],
    marks: /env\b|_ENV\b|_SERVER\b/g,
    words: ["env", "_ENV", "_SERVER"],
  },
  java: { endings: ["java"], languages: ["java"], marks: /getenv/g, words: ["getenv"] },
  kotlin: {
    endings: ["kt", "kts", "scala", "groovy", "gradle"],
    languages: ["kotlin", "scala", "groovy"],
    marks: /getenv/g,
    words: ["getenv"],
  },
  rust: { endings: ["rs"], languages: ["rust"], marks: /env/g, words: ["env", "dotenvy"] },
  csharp: {
    endings: ["cs"],
    languages: ["csharp"],
    marks: /EnvironmentVariable/g,
    words: ["EnvironmentVariable"],
  },
  prisma: { endings: ["prisma"], languages: ["prisma"], marks: /\benv\b/g, words: ["env"] },
  shell: {
    endings: ["sh", "bash", "zsh", "ksh", "envrc"],
    languages: ["shellscript"],
    marks: /\$|\bexport\b/g,
  },
  compose: { endings: [], languages: ["dockercompose"], marks: /\$|environment|args/g },
  dockerfile: { endings: ["dockerfile"], languages: ["dockerfile"], marks: /\b(?:arg|env)\b/gi },
};

/** Every family. */
export const codeFamilies = Object.keys(families) as readonly CodeFamily[];

const composeName = /^(?:docker-)?compose(?:[.-][\w.-]+)?\.ya?ml$/;
const dockerfileName = /^(?:Dockerfile|Containerfile)(?:\.[\w.-]+)?$/;
const minifiedName = /\.min\.[cm]?js$/;

const familyOfEnding = new Map<string, CodeFamily>();
const familyOfLanguage = new Map<string, CodeFamily>();
for (const [family, { endings, languages }] of Object.entries(families)) {
  for (const ending of endings) familyOfEnding.set(ending, family as CodeFamily);
  for (const language of languages) familyOfLanguage.set(language, family as CodeFamily);
}

/**
 * The family of a file by its name (without folders), else by VS Code's language id; undefined for what is not
 * scanned. Minified files are not: nobody reads them, and they repeat what the sources say.
 */
export function familyOf(fileName: string, languageId?: string): CodeFamily | undefined {
  if (minifiedName.test(fileName)) return undefined;
  if (composeName.test(fileName)) return "compose";
  if (dockerfileName.test(fileName)) return "dockerfile";
  const ending = fileName.slice(fileName.lastIndexOf(".") + 1).toLowerCase();
  return (
    familyOfEnding.get(ending) ?? (languageId === undefined ? undefined : familyOfLanguage.get(languageId))
  );
}

/** The bytes of a file that can look for a text from their end: a Node.js Buffer. */
export interface SearchableBytes {
  readonly length: number;
  readonly [at: number]: number;
  lastIndexOf(text: string, from: number, encoding: "latin1"): number;
}

/**
 * Whether a file in UTF-8 may name a variable at all: most do not, and need not even be decoded. The search goes
 * backwards because the words end in rarer letters than they begin with, and a search hops between those.
 */
export function mayName(bytes: SearchableBytes, family: CodeFamily): boolean {
  return families[family].words?.some((word) => holdsWord(bytes, word)) ?? true;
}

function holdsWord(bytes: SearchableBytes, word: string): boolean {
  for (let at = bytes.length; at > 0; ) {
    at = bytes.lastIndexOf(word, at - 1, "latin1");
    if (at === -1) return false;
    const next = bytes[at + word.length];
    if (next === undefined || next < 97 || next > 122) return true;
  }
  return false;
}

/** Behind which offset a text names no variable any more, unless the object itself got a name; -1 when it names none. */
export function lastMark(text: string, family: CodeFamily): number {
  const { marks, tail } = families[family];
  let last = -1;
  marks.lastIndex = 0;
  while (marks.test(text)) last = marks.lastIndex;
  return last === -1 || tail === undefined ? last : Math.max(last, text.lastIndexOf(tail) + tail.length);
}

/** The names that {@link familyOf} knows, as patterns of file names without braces. */
export const codeNamePatterns: readonly string[] = [
  ...[...familyOfEnding.keys()].map((ending) => `*.${ending}`),
  ...["compose", "docker-compose"].flatMap((name) => [`${name}*.yml`, `${name}*.yaml`]),
  "Dockerfile*",
  "Containerfile*",
  ".envrc",
];

/** VS Code's language ids of every family; compose files are often plain `yaml` and known by name only. */
export const codeLanguageIds: readonly string[] = [...familyOfLanguage.keys()];
