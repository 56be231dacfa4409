import { describe, expect, it } from "vitest";
import { familyOf } from "../../src/code/languages.ts";
import { isReadByLibrary } from "../../src/code/libraryKeys.ts";
import { placed } from "../../src/code/places.ts";
import { scanCode } from "../../src/code/scan.ts";
import { silencedIn } from "../../src/code/silencing.ts";
import { isIdentifier, renamedText, usageAt, usagesPerFileMax } from "../../src/code/usage.ts";
import { indexedUsagesMax, UsageIndex } from "../../src/code/usageIndex.ts";
import { isWellKnown } from "../../src/code/wellKnown.ts";

const usagesOf = (text: string) => placed(text, scanCode(text, "javascript"));

describe("An index of usages", () => {
  it("tells the files of a name in order, and follows changes", () => {
    const index = new UsageIndex();
    expect(index.set("b.ts", usagesOf("process.env.A;\nprocess.env.B; process.env.A"))).toBe(true);
    expect(index.set("a.ts", usagesOf("process.env.A"))).toBe(true);
    const places = () =>
      index
        .of("A")
        .flatMap(({ file, usages }) => usages.map((each) => `${file}:${each.line}:${each.character}`));
    expect(places()).toEqual(["a.ts:0:12", "b.ts:0:12", "b.ts:1:27"]);
    expect(index.set("a.ts", usagesOf("process.env.A"))).toBe(false);
    expect(index.set("b.ts", usagesOf("process.env.B"))).toBe(true);
    expect(places()).toEqual(["a.ts:0:12"]);
    expect(index.deleteWhere((file) => file.startsWith("a"))).toBe(true);
    expect(index.has("A")).toBe(false);
    expect([...index.names()]).toEqual(["B"]);
    expect(index.delete("b.ts")).toBe(true);
    expect(index.delete("b.ts")).toBe(false);
    expect(index.size).toBe(0);
  });

  it("keeps a bounded number of usages, of a file and of all, and says so", () => {
    const many = usagesOf("process.env.A;".repeat(usagesPerFileMax + 10));
    expect(many).toHaveLength(usagesPerFileMax);
    const index = new UsageIndex();
    for (let file = 0; file < indexedUsagesMax / usagesPerFileMax; file++) index.set(`${file}.ts`, many);
    expect(index.overflowed).toBe(false);
    index.set("more.ts", usagesOf("process.env.A"));
    expect(index.overflowed).toBe(true);
    expect(index.size).toBe(indexedUsagesMax);
  });
});

describe("Another name in the place of a usage", () => {
  it("keeps what the code binds", () => {
    const text =
      "const { A, B: b, 'C': c } = process.env; process.env.D; import { E } from '$env/static/private'";
    const written = scanCode(text, "javascript").map((usage) => renamedText(usage, "NEW"));
    expect(written).toEqual(["NEW: A", "NEW", "NEW", "NEW", "NEW as E"]);
  });

  it("is found from a cursor at either end of the old one", () => {
    const usages = scanCode("process.env.ABC", "javascript");
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
