import { rename, writeFile } from "node:fs/promises";

/** Something for each of the two peers of a crash test. */
export interface Team {
  readonly ana: string;
  readonly bo: string;
}

/** The environments that both map. Of the fresh ones nobody has a file at first. */
export const files = { default: ".env", staging: ".env.staging", first: ".env.first", second: ".env.second" };
export const freshEnvironments = ["first", "second"] as const;

/** The whole text of a file with these values: what surrounds them must stay as it is, byte for byte. */
type Text = (value: string, extra: ReadonlyMap<string, string>) => string;
export const texts: Readonly<Record<keyof Team, Readonly<Record<"default" | "staging", Text>>>> = {
  ana: {
    default: (value, extra) => `# ana\nAPI_KEY=${value}\nLOCAL=1\n${lines(extra, "\n")}`,
    staging: (value) => `STAGING_KEY=${value}\n`,
  },
  bo: {
    default: (value, extra) =>
      `\uFEFF# bo\r\nexport OTHER='a b'\r\n${lines(extra, "\r\n")}API_KEY="${value}" # rotate me\r\njunk line\r\nLAST=x`,
    staging: (value) => `\n\n# staging of bo\n\tSTAGING_KEY = ${value}`,
  },
};

function lines(extra: ReadonlyMap<string, string>, end: string): string {
  return [...extra].map(([key, value]) => `${key}=${value}${end}`).join("");
}

/** Saves as an editor does: whole, and never half seen. */
export async function saveByHand(path: string, text: string): Promise<void> {
  await writeFile(`${path}.saving`, text);
  await rename(`${path}.saving`, path);
}
