import { describe, expect, it } from "vitest";
import { familyOf } from "../../src/code/languages.ts";
import { isReadByLibrary } from "../../src/code/libraryKeys.ts";
import { type PlacedScan, placedScan } from "../../src/code/places.ts";
import { scanCode } from "../../src/code/scan.ts";
import { silencedIn } from "../../src/code/silencing.ts";
import { isIdentifier, renamedText, usageAt, usagesPerFileMax } from "../../src/code/usage.ts";
import { indexedUsagesMax, UsageIndex } from "../../src/code/usageIndex.ts";
import { isWellKnown } from "../../src/code/wellKnown.ts";

const scanOf = (text: string): PlacedScan => placedScan(text, scanCode(text, "javascript"));

describe("An index of usages", () => {
  it("tells the files of a name in order, and follows changes", () => {
    const index = new UsageIndex();
    expect(index.set("b.ts", scanOf("process.env.A;\nprocess.env.B; process.env.A"))).toBe(true);
    expect(index.set("a.ts", scanOf("process.env.A"))).toBe(true);
    const places = () =>
      index
        .of("A")
        .flatMap(({ file, usages }) => usages.map((each) => `${file}:${each.line}:${each.character}`));
    expect(places()).toEqual(["a.ts:0:12", "b.ts:0:12", "b.ts:1:27"]);
    expect(index.set("a.ts", scanOf("process.env.A"))).toBe(false);
    expect(index.set("b.ts", scanOf("process.env.B"))).toBe(true);
    expect(places()).toEqual(["a.ts:0:12"]);
    expect(index.deleteWhere((file) => file.startsWith("a"))).toBe(true);
    expect(index.has("A")).toBe(false);
    expect([...index.names()]).toEqual(["B"]);
    expect(index.delete("b.ts")).toBe(true);
    expect(index.delete("b.ts")).toBe(false);
    expect(index.size).toBe(0);
  });

  it("keeps a bounded number of usages, of a file and of all, and says so", () => {
    const many = scanOf("process.env.A;".repeat(usagesPerFileMax + 10));
    expect(many.usages).toHaveLength(usagesPerFileMax);
    const index = new UsageIndex();
    for (let file = 0; file < indexedUsagesMax / usagesPerFileMax; file++) index.set(`${file}.ts`, many);
    expect(index.overflowed).toBe(false);
    index.set("more.ts", scanOf("process.env.A"));
    expect(index.overflowed).toBe(true);
    expect(index.size).toBe(indexedUsagesMax);
  });
});

describe("Usages of an object that another file exports", () => {
  /** The places of X in an index of these files, as `file:line`. */
  const placesIn = (files: Readonly<Record<string, string>>): string[] => {
    const index = new UsageIndex();
    for (const [file, text] of Object.entries(files)) index.set(file, scanOf(text));
    const told = index.of("X").flatMap(({ file, usages }) => usages.map(({ line }) => `${file}:${line}`));
    expect(index.has("X")).toBe(told.length > 0);
    expect([...index.names()].includes("X")).toBe(told.length > 0);
    return told;
  };

  it("count where the import leads to it, by any ending and through an index file", () => {
    for (const [specifier, file] of [
      ["./env", "src/env.ts"],
      ["./env", "src/env.mjs"],
      ["./env", "src/env/index.js"],
      ["./env/", "src/env/index.ts"],
      ["./env.js", "src/env.ts"],
      ["./env.mjs", "src/env.mts"],
      ["../src/env.ts", "src/env.ts"],
      ["./lib/../env", "src/env.ts"],
      ["..", "index.ts"],
    ] as const) {
      const using = `import { env } from "${specifier}";\nenv.X`;
      const files = { "app/src/a.ts": using, [`app/${file}`]: "export const env = process.env" };
      expect(placesIn(files), `${specifier} is ${file}`).toEqual(["app/src/a.ts:1"]);
    }
  });

  it("count where ids are URIs with escaped characters", () => {
    const files = {
      "file:///my%20app/%5Bid%5D/a.ts": 'import { env } from "../my env";\nenv.X',
      "file:///my%20app/my%20env.ts": "export const env = process.env",
      "file:///100%/a.ts": 'import { env } from "./env";\nenv.X',
      "file:///100%/env.ts": "export const env = process.env",
    };
    expect(placesIn(files)).toEqual(["file:///100%/a.ts:1", "file:///my%20app/%5Bid%5D/a.ts:1"]);
  });

  it("do not count where the import leads to something else", () => {
    const using = 'import { env } from "./env";\nenv.X';
    expect(placesIn({ "a.ts": using })).toEqual([]);
    expect(placesIn({ "a.ts": using, "env.ts": "export const env = { X: 1 }; process.env" })).toEqual([]);
    expect(placesIn({ "a.ts": using, "env.ts": "const env = process.env" })).toEqual([]);
    expect(placesIn({ "a.ts": using, "env.ts": "export default process.env" })).toEqual([]);
    expect(placesIn({ "a.ts": using, "lib/env.ts": "export const env = process.env" })).toEqual([]);
    expect(placesIn({ "a.ts": using, "env.ts": "export const environment = process.env" })).toEqual([]);
  });

  it("are followed through files that pass exports on, in circles as well", () => {
    const files = {
      "a.ts": 'import { config } from "./lib/env";\nconfig.X',
      "lib/env/index.ts": 'export * from "./first";\nexport * from "./env";',
      "lib/env/first.ts": 'export * from "./index";\nexport * from "./env-none";',
      "lib/env/env.ts": 'import env from "../../env.js";\nexport { env as config };',
      "env.js": "module.exports = process.env;",
      "b.js": 'const env = require("./env");\nenv.X;',
    };
    expect(placesIn(files)).toEqual(["a.ts:1", "b.js:1"]);
    expect(placesIn({ ...files, "env.js": "module.exports = {};" })).toEqual([]);
    // A module's default export is not among those that it passes on with a star.
    const star = { "env.js": files["env.js"], "lib/env.ts": 'export * from "../env"' };
    expect(placesIn({ ...star, "a.ts": 'import env from "./lib/env";\nenv.X' })).toEqual([]);
    expect(placesIn({ ...star, "a.ts": 'const env = require("./lib/env");\nenv.X' })).toEqual([]);
    expect(placesIn({ ...star, "a.ts": 'import env from "./env";\nenv.X' })).toEqual(["a.ts:1"]);
  });

  it("come and go with the other file", () => {
    const index = new UsageIndex();
    index.set("a.ts", scanOf('import { env } from "./env";\nenv.X'));
    expect(index.has("X")).toBe(false);
    expect(index.set("env.ts", scanOf("export const env = process.env"))).toBe(true);
    expect(index.has("X")).toBe(true);
    expect(index.set("env.ts", scanOf("export const env = process.env; // the same"))).toBe(false);
    expect(index.set("env.ts", scanOf("const env = process.env; env.Y; export { env as one }"))).toBe(true);
    expect(index.set("env.ts", scanOf("const env = process.env; env.Y; export { env as env }"))).toBe(true);
    expect(index.has("X")).toBe(true);
    expect(index.set("env.ts", scanOf("export const env = {}"))).toBe(true);
    expect(index.has("X")).toBe(false);
    index.set("env.ts", scanOf("export const env = process.env"));
    expect(index.deleteWhere((file) => file === "env.ts")).toBe(true);
    expect(index.of("X")).toEqual([]);
  });
});

describe("Another name in the place of a usage", () => {
  it("keeps what the code binds", () => {
    const text =
      "const { A, B: b, 'C': c } = process.env; process.env.D; import { E } from '$env/static/private'";
    const written = scanCode(text, "javascript").usages.map((usage) => renamedText(usage, "NEW"));
    expect(written).toEqual(["NEW: A", "NEW", "NEW", "NEW", "NEW as E"]);
  });

  it("is found from a cursor at either end of the old one", () => {
    const usages = scanCode("process.env.ABC", "javascript").usages;
    expect([11, 12, 15, 16].map((offset) => usageAt(usages, offset)?.name)).toEqual([
      undefined,
      "ABC",
      "ABC",
      undefined,
    ]);
    expect(["A1", "_a", "1A", "A-B", "A.B", ""].map(isIdentifier)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe("Names of files and variables", () => {
  it("say which files are code", () => {
    for (const [name, language, family] of [
      ["a.test.tsx", undefined, "javascript"],
      ["a.min.js", "javascript", undefined],
      ["App.vue", undefined, "markup"],
      ["manage.py", undefined, "python"],
      [".envrc", undefined, "shell"],
      ["run", "shellscript", "shell"],
      ["compose.yaml", "yaml", "compose"],
      ["docker-compose.override.yml", undefined, "compose"],
      ["values.yaml", "yaml", undefined],
      ["Dockerfile.dev", undefined, "dockerfile"],
      [".env", "dotenv", undefined],
      ["notes.md", "markdown", undefined],
    ] as const) {
      expect(familyOf(name, language), name).toBe(family);
    }
  });

  it("are known where systems, tools and languages set them", () => {
    for (const name of ["PATH", "HOME", "CI", "NODE_ENV"]) expect(isWellKnown(name, "go"), name).toBe(true);
    expect(isWellKnown("MODE", "javascript")).toBe(true);
    expect(isWellKnown("MODE", "python")).toBe(false);
    expect(isWellKnown("BASH_SOURCE", "shell")).toBe(true);
    expect(isWellKnown("DATABASE_URL", "javascript")).toBe(false);
  });

  it("are known where libraries read them without being named in code", () => {
    for (const name of [
      "NEXTAUTH_URL",
      "NEXTAUTH_SECRET",
      "AUTH_SECRET",
      "AUTH_GITHUB_ID",
      "DATABASE_URL",
      "AWS_SECRET_ACCESS_KEY",
      "POSTGRES_PASSWORD",
      "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY",
      "PGHOST",
    ]) {
      expect(isReadByLibrary(name), name).toBe(true);
    }
    for (const name of [
      "OLD",
      "STRIPE_WEBHOOK_SECRET",
      "MY_AWS_KEY",
      "AUTH_ID",
      "PGX",
      "EXPO_PUBLIC_URL",
      "API_URL",
    ]) {
      expect(isReadByLibrary(name), name).toBe(false);
    }
  });
});

describe("Comments of code that silence a finding", () => {
  const lines = (text: string): number[] => {
    const isSilenced = silencedIn(text, "undefined-variable");
    return text.split("\n").flatMap((_, line) => (isSilenced(line) ? [line] : []));
  };

  it("speak of the line they stand behind, or of the next one, in any language", () => {
    expect(lines("a // envpact-ignore undefined-variable\nb")).toEqual([0]);
    expect(lines("x\n  # envpact-ignore\na\nb")).toEqual([2]);
    expect(lines("{/* envpact-ignore undefined-variable */}\na\nb")).toEqual([1]);
    expect(lines("<!-- envpact-ignore undefined-variable -- by ops -->\na")).toEqual([1]);
    expect(lines("a -- envpact-ignore unused-key, undefined-variable\r\nb /* envpact-ignore */ c")).toEqual([
      0, 1,
    ]);
  });

  it("speak of the whole file, of other findings, or of nothing", () => {
    expect(lines("a\n// envpact-ignore-file undefined-variable\nb")).toEqual([0, 1, 2]);
    expect(lines("a // envpact-ignore unused-key\nb // envpact-ignored\nc")).toEqual([]);
    expect(lines("a 'envpact-ignore'\n")).toEqual([]);
  });
});
