import { describe, expect, it } from "vitest";
import { conventions } from "../../src/dotenv/conventions.ts";
import { parseDocument } from "../../src/dotenv/document.ts";
import {
  extendSchema,
  inferSchema,
  isTooMuch,
  sourceAssignmentsMax,
  sourceUnitsMax,
} from "../../src/dotenv/schema/infer.ts";
import { parseSchema } from "../../src/dotenv/schema/parse.ts";

type Files = Readonly<Record<string, string>>;

function named(files: Files) {
  return Object.entries(files).map(([name, text]) => ({ name, document: parseDocument(text) }));
}

const plain = { convention: conventions.plain, isChosen: true };
const next = { convention: conventions.next, isChosen: false };

/** The keys that the schema of files requires. */
function required(files: Files, layers?: typeof next): string[] {
  const { items } = parseSchema(parseDocument(inferSchema(named(files), layers)));
  return [...items.values()].filter((item) => item.required).map(({ key }) => key);
}

/** What is written behind the text of a schema. */
function added(present: string, files: Files): string {
  const extended = extendSchema(parseDocument(present), named(files));
  expect(extended?.text.startsWith(present)).toBe(true);
  return extended!.text.slice(present.length);
}

describe("what a schema requires", () => {
  it("is there in an environment when the file under it sets it", () => {
    const files = { ".env": "A=x\nB=x\nC=x", ".env.production": "B=y\nD=y" };
    expect(required(files, next)).toEqual(["A", "B", "C"]);
    expect(required(files)).toEqual(["A", "B", "C"]);
  });

  it("is not there when the file on top empties it, nor when only some files on top set it", () => {
    expect(required({ ".env": "A=x\nB=", ".env.production": "A=", ".env.test": "B=x" }, next)).toEqual([]);
    expect(required({ ".env": "A=", ".env.production": "A=x\nB=x" }, next)).toEqual([]);
  });

  it("does not come from the file of one person", () => {
    expect(required({ ".env": "A=x", ".env.local": "B=x", ".env.production": "C=x" }, next)).toEqual(["A"]);
    expect(required({ ".env.local": "A=x", ".env.development.local": "B=x" }, next)).toEqual(["A"]);
  });

  it("stands in each file where the user said that each is read by itself", () => {
    expect(required({ ".env": "A=x\nB=x", ".env.production": "B=y" }, plain)).toEqual(["B"]);
  });
});

describe("a schema that is there", () => {
  const present = [
    "# Ours  ",
    "# @defaultRequired=false @defaultSensitive=false",
    "# ---",
    "",
    "# The port, see the wiki",
    '# @required @type=port @docs("https://example.com")',
    "PORT=3000",
    "# nobody sets it",
    "GONE=",
    "",
  ].join("\n");

  it("stays byte for byte, with the keys that it lacks behind it", () => {
    const files = { ".env": "PORT=x\nTOKEN=abc\nMODE=1\nNAME=ann", ".env.production": "PORT=80\nMODE=x" };
    expect(added(present, files)).toBe(
      [
        "",
        "# @required @sensitive",
        "TOKEN=",
        "",
        "# @required @sensitive",
        "MODE=",
        "",
        "# @required @sensitive",
        "NAME=",
        "",
      ].join("\n"),
    );
  });

  it("makes no key public by its own defaults that would be sensitive in a new one", () => {
    const text = extendSchema(
      parseDocument(present),
      named({ ".env": "NAME=ann\nURL=https://a.example" }),
    )!.text;
    const { items } = parseSchema(parseDocument(text));
    expect(items.get("NAME")?.sensitive).toBe(true);
    expect(items.get("URL")?.sensitive).toBe(false);
    expect(items.get("GONE")).toBeDefined();
    expect(items.get("PORT")?.description).toBe("The port, see the wiki");
  });

  it("keeps its line ends, and gets one where its last line has none", () => {
    expect(added("A=\r\nB=", { ".env": "C=1" })).toBe("\r\n\r\n# @required @public @type=number\r\nC=\r\n");
    expect(added("A=\n# a comment", { ".env": "C=1" })).toBe("\n\n# @required @public @type=number\nC=\n");
    expect(added("\n", { ".env": "C=1" })).toContain("# @defaultRequired=false @defaultSensitive=true\n");
  });

  it("is as it was when it lacks nothing, however often it is asked", () => {
    const files = { ".env": "PORT=1\nB=x" };
    const once = extendSchema(parseDocument(present), named(files))!;
    expect(once.added).toEqual(["B"]);
    const twice = extendSchema(parseDocument(once.text), named(files))!;
    expect(twice).toEqual({ text: once.text, added: [] });
  });

  it("is not added to where an open quote would take the new lines in", () => {
    const files = { ".env.example": "# Of the customers'\nB=\n" };
    expect(extendSchema(parseDocument("A='x\n"), named(files))).toBeUndefined();
    expect(extendSchema(parseDocument("A='x'\n"), named(files))?.added).toEqual(["B"]);
  });
});

describe("files that are more than a schema is made from", () => {
  it("are told before anything is made of them", () => {
    const one = parseDocument("A=1\n".repeat(sourceAssignmentsMax));
    expect(isTooMuch([one])).toBe(false);
    expect(isTooMuch([one, parseDocument("B=1")])).toBe(true);
    expect(isTooMuch([parseDocument(`A=${"x".repeat(sourceUnitsMax)}`)])).toBe(true);
  });

  it("are the only ones that take long", () => {
    const keys = Array.from(
      { length: sourceAssignmentsMax / 2 },
      (_, at) => `# The key number ${at}\nK_${at}=v${at}`,
    );
    const files = named({ ".env": keys.join("\n"), ".env.production": keys.join("\n") });
    const value = named({ ".env": `A=${"a:1.".repeat(1_500_000)}` });
    const start = performance.now();
    const schema = inferSchema(files);
    extendSchema(parseDocument(schema.slice(0, schema.length / 2)), files);
    inferSchema(value);
    // Each takes some tenths of a second; what is not linear in the text takes minutes.
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
