/** Endings that an import may leave out, in the order in which TypeScript and bundlers try them. */
const endings = ["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs"] as const;

/** TypeScript's files behind an import that names what they are compiled to. */
const sources: Readonly<Record<string, readonly string[]>> = {
  js: ["ts", "tsx"],
  jsx: ["tsx"],
  mjs: ["mts"],
  cjs: ["cts"],
};

/** A file's id, which may be a URI, as one that can be compared with what an import says. */
export function moduleId(file: string): string {
  try {
    return decodeURIComponent(file);
  } catch {
    // A path with a per cent sign of its own is no URI.
    return file;
  }
}

/** The ids of the files that a relative import in a file may mean, the first that exists being meant. */
export function importedFiles(file: string, specifier: string): readonly string[] {
  const path = moduleId(file).split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") path.pop();
    else if (part !== "." && part !== "") path.push(part);
  }
  const base = path.join("/");
  const ending = /\.([cm]?jsx?)$/.exec(base)?.[1];
  const compiled = ending === undefined ? [] : (sources[ending] ?? []);
  const isFolder = /(?:^|\/)\.{0,2}$/.test(specifier);
  return [
    ...compiled.map((each) => `${base.slice(0, -(ending?.length ?? 0))}${each}`),
    ...(isFolder ? [] : [base, ...endings.map((each) => `${base}.${each}`)]),
    ...endings.map((each) => `${base}/index.${each}`),
  ];
}
