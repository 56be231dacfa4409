import { createContext, runInContext } from "node:vm";
import {
  type ParsedEnvSpecDecorator,
  ParsedEnvSpecFunctionArgs,
  ParsedEnvSpecFunctionCall,
  ParsedEnvSpecKeyValuePair,
  ParsedEnvSpecStaticValue,
  parseEnvSpecDotEnvFile,
} from "@env-spec/parser";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDocument } from "../../src/dotenv/document.ts";
import { checkValue } from "../../src/dotenv/schema/check.ts";
import { commentBlocks } from "../../src/dotenv/schema/comments.ts";
import { decoratorCompletions } from "../../src/dotenv/schema/complete.ts";
import { describeType, valueChoices } from "../../src/dotenv/schema/describe.ts";
import { schemaFindings, schemaViolations, sensitiveEntries } from "../../src/dotenv/schema/findings.ts";
import { decoratorAt } from "../../src/dotenv/schema/hover.ts";
import { inferSchema } from "../../src/dotenv/schema/infer.ts";
import { parseSchema } from "../../src/dotenv/schema/parse.ts";
import { readPattern } from "../../src/dotenv/schema/pattern.ts";
import type { Argument } from "../../src/dotenv/schema/syntax.ts";
import { typeWords } from "../../src/dotenv/schema/vocabulary.ts";
import { soupRun } from "./dotenv-soup.ts";

const { seed, numRuns } = soupRun("schema");
const runs = Math.ceil(numRuns / 3);

/** Looks like a word, so that it can hide anywhere. */
const canary = "Zq9xCanaryW7";

const pieces = [
  ...[
    "# ",
    "#",
    "@required",
    "@optional",
    "@sensitive",
    "@public",
    "@type=",
    "@example=",
    "@docs(",
    "@deprecated",
  ],
  ...["@defaultRequired=", "@defaultSensitive=inferFromPrefix(", "@foo", "@requird", "@import(", "@", "="],
  ...[
    "string",
    "number",
    "enum",
    "url",
    "array",
    "record",
    "duration",
    "regex(",
    "if(",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
  ],
  ...[
    "min=",
    "max=1",
    "minLength=3",
    "matches=",
    "/^a+$/",
    "version=4",
    "keyType=",
    ",",
    ", ",
    " ",
    "\t",
    "\\",
    '"',
  ],
  ...[
    "'",
    "`",
    "true",
    "false",
    "infer",
    "$X",
    "-1",
    "3",
    "\n",
    "\n",
    "\n# ",
    "\r\n",
    "\r",
    "\n\n",
    "# ---\n",
  ],
  ...["KEY=", "A=1", "B: x", "export C=", "\n# D=", "\uFEFF", "\u2028", "😀", "\0", "__proto__=", "junk"],
];
const soup = fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((parts) => parts.join(""));

/** A schema as people write them, for mutations. */
const realSchema = `# Settings of the shop
# @defaultRequired=infer @defaultSensitive=inferFromPrefix(PUBLIC_)
# @import(./.env.shared, pick=[A, B])
# ---

# Where the shop listens
# @required @type=port(min=1024, max=9999) @example=8080 # not 80
PORT=3000
# @type=enum(development, "in test", production) @docs("Modes", https://a.example/x#y)
APP_ENV=development
# @type=string(startsWith="sk_", matches=/^sk_[a-z]+$/i) @sensitive
# @deprecated="Use STRIPE_TOKEN"
STRIPE_KEY= # @optional
# @type=array(
#   number(min=1), # each
#   separator=";",
# )
LIST="1;2"
`;
const mutated = fc
  .array(fc.tuple(fc.nat(realSchema.length), fc.nat(12), fc.constantFrom("", "", ...pieces)), {
    maxLength: 5,
  })
  .map((cuts) =>
    cuts.reduce((text, [at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut), realSchema),
  );
const anyText = fc.oneof(
  { arbitrary: soup, weight: 4 },
  { arbitrary: mutated, weight: 3 },
  { arbitrary: fc.string({ unit: "binary" }), weight: 1 },
);

function isInside(text: string, { start, end }: { start: number; end: number }): boolean {
  return start >= 0 && start <= end && end <= text.length;
}

describe("a schema reader over any text", () => {
  it("throws nothing, keeps every place inside the text and has an item for every key", () => {
    fc.assert(
      fc.property(anyText, anyText, (text, other) => {
        const document = parseDocument(text);
        const schema = parseSchema(document);
        expect([...schema.items.keys()].sort()).toEqual([...document.effectiveEntries.keys()].sort());
        for (const { span } of schema.problems) expect(isInside(text, span)).toBe(true);
        const starts = schema.problems.map(({ span }) => span.start);
        expect(starts).toEqual([...starts].sort((a, b) => a - b));
        for (const item of schema.items.values()) {
          expect(describeType(item.type).length).toBeLessThanOrEqual(200);
          expect(Array.isArray(valueChoices(item.type))).toBe(true);
        }
        for (const { span } of schemaFindings(schema, document, true))
          expect(isInside(text, span)).toBe(true);
        const against = parseDocument(other);
        for (const { span } of schemaViolations(schema, against, "s"))
          expect(isInside(other, span)).toBe(true);
        for (const { span } of sensitiveEntries(schema, against)) expect(isInside(other, span)).toBe(true);
      }),
      { seed, numRuns: runs },
    );
  });

  it("throws nothing for a completion or a hover at any offset", () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: -1, max: realSchema.length }), (text, offset) => {
        const document = parseDocument(text);
        for (const { span } of decoratorCompletions(document, offset)) {
          expect(isInside(text, span)).toBe(true);
          expect(span.start <= offset && offset <= span.end).toBe(true);
        }
        const hover = decoratorAt(document, offset);
        if (hover !== undefined) expect(isInside(text, hover.span)).toBe(true);
      }),
      { seed, numRuns: runs },
    );
  });

  it("names no value of a file or of the schema, and shows no commented-out assignment", () => {
    const value = fc
      .tuple(
        fc.constantFrom("", "x", "'", '"', "${", " # ", "[", "{a=", "$("),
        fc.constantFrom("", "}", "'", ")", "1"),
      )
      .map(([before, behind]) => `${before}${canary}${behind}`);
    const line = fc.oneof(
      fc.tuple(fc.constantFrom("A=", "B=", "# C=", "#D="), value).map((parts) => parts.join("")),
      soup.map((text) => text.replaceAll(/[\r\n\u2028]/g, "")).filter((text) => text.startsWith("#")),
      fc.constantFrom(
        "# @type=port",
        "# @required @type=enum(a, b)",
        "# @type=array(number)",
        "# @type=url",
        "",
      ),
    );
    const lines = fc.array(line, { maxLength: 10 }).map((all) => all.join("\n"));
    fc.assert(
      fc.property(lines, lines, (text, other) => {
        const document = parseDocument(text);
        const against = parseDocument(other);
        fc.pre(![...document.entries, ...against.entries].some(({ key }) => key.includes(canary)));
        const schema = parseSchema(document);
        const said = [
          ...schema.problems.map(({ message }) => message),
          ...schemaFindings(schema, document, true).map(({ message }) => message),
          ...schemaViolations(schema, against, ".env.schema").map(({ message }) => message),
          ...[...schema.items.values()].map(({ type }) => describeType(type)),
        ];
        // Of what follows an open quote nobody can say what it is.
        if (!/["'`]/.test(text))
          said.push(...[...schema.items.values()].map(({ description }) => description));
        expect(said.join("\n")).not.toContain(canary);
      }),
      { seed, numRuns: runs },
    );
  });

  it("takes time in proportion to the text, also for texts made to be slow", () => {
    const slow = (count: number): string[] => [
      "# @type=f(".repeat(count),
      "# @type=f(\n".repeat(count),
      `# ${"@type=f(".repeat(count)}`,
      `# @type=${"f(".repeat(count)}`,
      `# @example=${"f(".repeat(count)}`,
      "# @example=f(a,\n".repeat(count),
      `# @type=string("${"\\".repeat(count)}`,
      `# ${"@a ".repeat(count)}`,
      `# ${"@required x ".repeat(count)}`,
      `# @type=enum(${"a,".repeat(count)})\nA=1`,
      `# @type=${"[".repeat(count)}`,
    ];
    for (const [at, text] of slow(100_000).entries()) {
      const before = process.cpuUsage();
      const document = parseDocument(text);
      parseSchema(document);
      decoratorCompletions(document, text.length);
      const { user, system } = process.cpuUsage(before);
      expect((user + system) / 1_000, `text ${at}`).toBeLessThan(2_000);
    }
  });
});

describe("types of any schema", () => {
  it("checks any value without a throw and without repeating it", () => {
    const argument = fc.constantFrom(
      ...[
        "",
        "(min=1)",
        "(a, b)",
        "(number)",
        "(enum(x), unique=true)",
        "(string, keyType=port)",
        "(matches=/a/i)",
      ],
      ...[
        "(allowedProtocols=[http])",
        "(allowedDomains=[a.b])",
        "(allowIp=true)",
        "(version=6)",
        "(precision=2)",
      ],
      ...["(isDivisibleBy=0.1)", "(minLength=2, maxLength=3)", "(startsWith=x, endsWith=y)", "(separator=;)"],
    );
    const value = fc.oneof(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.constantFrom(
        "[1,2]",
        '{"a":1}',
        "{a=1, b=[x]}",
        "1e999",
        "::1",
        "http://",
        "[[[",
        "1.2.3",
        "0x10",
        "2024-02-30",
      ),
    );
    fc.assert(
      fc.property(fc.constantFrom(...typeWords.keys()), argument, value, (name, options, text) => {
        const { items } = parseSchema(parseDocument(`# @type=${name}${options}\nA=`));
        const { type } = items.get("A")!;
        expect(checkValue(type, `${canary}${text}`) ?? "").not.toContain(canary);
        expect(typeof (checkValue(type, text) ?? "")).toBe("string");
      }),
      { seed, numRuns: runs },
    );
  });

  it("matches patterns as RegExp does", () => {
    const unit = fc.constantFrom(
      "a",
      "b",
      "-",
      "\\d",
      "\\w",
      "\\s",
      "\\W",
      ".",
      "[ab]",
      "[^a]",
      "[a-c0]",
      "[\\w-]",
      "\\.",
      "K",
    );
    const assertion = fc.constantFrom("^", "$", "\\b", "\\B");
    const quantifier = fc.constantFrom("", "", "*", "+", "?", "{2}", "{0,2}", "{1,}", "*?", "+?");
    const { pattern } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
      part: fc.oneof(
        { depthSize: "small" },
        fc.tuple(unit, quantifier).map((both) => both.join("")),
        assertion,
        fc
          .tuple(tie("pattern"), fc.constantFrom("(", "(?:"), quantifier)
          .map(([inner, open, many]) => `${open}${inner})${many}`),
        fc.tuple(tie("part"), tie("part")).map((both) => both.join("|")),
      ),
      pattern: fc.array(tie("part"), { minLength: 1, maxLength: 4 }).map((parts) => parts.join("")),
    }));
    const value = fc.string({
      unit: fc.constantFrom("a", "b", "c", "A", "k", "1", "-", " ", "\n", ".", "é", "\u212a"),
      maxLength: 8,
    });
    let ran = 0;
    fc.assert(
      fc.property(pattern, value, fc.constantFrom("", "i", "m", "s", "im"), (source, text, flags) => {
        const read = readPattern(`/${source}/${flags}`);
        const wanted = read?.test === undefined ? undefined : backtracking(source, flags, text);
        if (wanted === undefined) return;
        ran++;
        expect(read?.test?.(text), `/${source}/${flags} on ${JSON.stringify(text)}`).toBe(wanted);
      }),
      { seed, numRuns: runs },
    );
    expect(ran).toBeGreaterThan(runs / 2);
  });

  const sandbox = createContext({});

  /** What RegExp says; undefined when it does not come to an end, which some short patterns bring about. */
  function backtracking(source: string, flags: string, text: string): boolean | undefined {
    const code = `new RegExp(${JSON.stringify(source)}, "${flags}").test(${JSON.stringify(text)})`;
    try {
      return runInContext(code, sandbox, { timeout: 200 }) as boolean;
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe("ERR_SCRIPT_EXECUTION_TIMEOUT");
      return undefined;
    }
  }
});

describe("@env-spec/parser and Envpact", () => {
  const word = fc.stringMatching(/^[a-z][a-zA-Z0-9_]{0,7}$/);
  const text = fc.stringMatching(/^[a-zA-Z0-9 ,()#@=:/.-]{0,12}$/).map((inner) => `"${inner}"`);
  const plain = fc.stringMatching(/^[a-zA-Z0-9_./:-]{1,10}$/);
  const simple = fc.oneof(text, plain, fc.constantFrom("true", "false", "12", "1.5"));
  const call = (inner: fc.Arbitrary<string>): fc.Arbitrary<string> =>
    fc
      .tuple(
        word,
        fc.oneof(
          fc.array(inner, { maxLength: 3 }),
          fc.array(
            fc.tuple(word, inner).map(([name, given]) => `${name}=${given}`),
            { minLength: 1, maxLength: 3 },
          ),
        ),
      )
      .map(([name, parts]) => `${name}(${parts.join(", ")})`);
  const nested = call(fc.oneof({ arbitrary: simple, weight: 3 }, { arbitrary: call(simple), weight: 1 }));
  const decorator = fc.oneof(
    fc.constantFrom("@required", "@optional", "@sensitive", "@public", "@required=false", "@deprecated"),
    fc
      .tuple(fc.constantFrom("@type", "@custom", "@other"), fc.oneof(nested, simple))
      .map((both) => both.join("=")),
    fc.tuple(fc.constantFrom("@example", "@docsUrl", "@icon"), simple).map((both) => both.join("=")),
    nested.map((each) => `@docs${each.slice(each.indexOf("("))}`),
  );
  const decorators = fc.array(decorator, { minLength: 1, maxLength: 4 }).map((all) => all.join(" "));
  const prose = fc.stringMatching(/^[a-z][a-z ,.]{0,20}[a-z]$/).filter((line) => !line.startsWith("---"));
  const comment = fc.oneof(
    decorators.map((all) => `# ${all}`),
    decorators.map((all) => `# ${all} # and a note`),
    prose.map((line) => `# ${line}`),
  );
  const item = fc
    .tuple(
      fc.array(comment, { maxLength: 4 }),
      fc.stringMatching(/^[A-Z][A-Z0-9_]{0,8}$/),
      fc.constantFrom("", "x", "12", '"a b"', "fn(a)"),
      fc.option(decorators, { nil: undefined }),
    )
    .map(([above, key, value, behind]) =>
      [...above, `${key}=${value}${behind === undefined ? "" : ` # ${behind}`}`].join("\n"),
    );
  const file = fc
    .tuple(
      fc.option(fc.array(comment, { minLength: 1, maxLength: 3 }), { nil: undefined }),
      fc.array(fc.tuple(item, fc.constantFrom("\n", "\n\n")), { minLength: 1, maxLength: 5 }),
      fc.constantFrom("\n", "\r\n"),
    )
    .map(([header, items, newline]) => {
      const head = header === undefined ? "" : `${header.join("\n")}\n# ---\n`;
      return (head + items.map((both) => both.join("")).join("")).replaceAll("\n", newline);
    });

  it("agree on keys, decorators, values and descriptions of well-formed schemas", () => {
    fc.assert(
      fc.property(file, (source) => {
        const theirs = parseEnvSpecDotEnvFile(source);
        const document = parseDocument(source);
        const blocks = commentBlocks(document);
        const { items } = parseSchema(document);
        expect(document.entries.map(({ key }) => key)).toEqual(theirs.configItems.map(({ key }) => key));
        for (const [at, entry] of document.entries.entries()) {
          const ours = blocks.filter((block) => block.entry === entry).flatMap(({ decorated }) => decorated);
          expect(ours.flatMap(({ problems }) => problems)).toEqual([]);
          const read = ours.flatMap((each) => each.decorators).map(({ name, value }) => [name, write(value)]);
          expect(read).toEqual(
            theirs.configItems[at]!.decoratorsArray.map((each) => [each.name, writeTheirs(each)]),
          );
          if (entry.effective)
            expect(items.get(entry.key)!.description).toBe(theirs.configItems[at]!.description);
        }
        const header = blocks.filter((block) => block.header).flatMap(({ decorated }) => decorated);
        const names = header
          .flatMap((each) => each.decorators)
          .map(({ name, value }) => [name, write(value)]);
        expect(names).toEqual(
          (theirs.header?.decoratorsArray ?? []).map((each) => [each.name, writeTheirs(each)]),
        );
      }),
      { seed, numRuns: runs },
    );
  });

  function write(value: Argument | undefined): string {
    if (value === undefined) return "true";
    if (value.kind === "static") return JSON.stringify(value.text);
    const parts = value.parts.map(
      (part) => `${part.key === undefined ? "" : `${part.key.name}=`}${write(part.value)}`,
    );
    return `${value.kind === "call" ? value.name : ""}(${parts.join(", ")})`;
  }

  type Node = ParsedEnvSpecFunctionArgs["values"][number] | ParsedEnvSpecFunctionArgs;

  function writeNode(node: Node): string {
    if (node instanceof ParsedEnvSpecStaticValue) return JSON.stringify(String(node.value));
    if (node instanceof ParsedEnvSpecKeyValuePair) return `${node.key}=${writeNode(node.value)}`;
    if (node instanceof ParsedEnvSpecFunctionCall) return node.name + writeNode(node.data.args);
    if (node instanceof ParsedEnvSpecFunctionArgs) return `(${node.values.map(writeNode).join(", ")})`;
    throw new Error("another kind of node");
  }

  function writeTheirs(decorator: ParsedEnvSpecDecorator): string {
    return decorator.data.value ? writeNode(decorator.value!) : "true";
  }
});

describe("a schema made from any environments", () => {
  const key = fc.constantFrom(
    "DB_URL",
    "API_KEY",
    "PORT",
    "NODE_ENV",
    "LOG_LEVEL",
    "DEBUG",
    "NAME",
    "x",
    "fooBar",
  );
  const secret = fc.constantFrom(
    ...[canary, `postgres://u:${canary}@h/db`, `https://h/${canary}?a=1`, `"${canary} b"`, `'${canary}'`],
    ...[
      `a${canary}`,
      `${canary}=`,
      `[${canary}]`,
      `\`x\n${canary}=\nabc=\``,
      `"unclosed ${canary}`,
      `$${canary}`,
    ],
  );
  const value = fc.oneof(
    secret,
    fc.constantFrom("1", "true", "3000", "production", "debug", "", "https://a.example"),
  );
  const comment = fc.oneof(
    secret.map((text) => `# the old one was ${text}`),
    secret.map((text) => `# ${text}`),
    fc.constantFrom("# The port of the server", "# @todo: tidy", "# --- head ---", "", "-----BEGIN KEY-----"),
  );
  const line = fc.oneof(
    fc.tuple(key, value).map((both) => both.join("=")),
    fc.tuple(key, secret).map((both) => `# ${both.join("=")}`),
    fc
      .tuple(key, value, comment)
      .map(([name, given, note]) => `${note}\n${name}=${given} ${note.split("\n")[0]}`),
    comment,
  );
  const document = fc.array(line, { maxLength: 10 }).map((lines) => parseDocument(lines.join("\n")));
  const name = fc.constantFrom(".env", ".env.local", ".env.production", ".env.test");

  it("holds no value of theirs and is a schema without a fault", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ name, document }), { maxLength: 4 }), (environments) => {
        const text = inferSchema(environments);
        expect(text).not.toMatch(/Canary/i);
        const read = parseDocument(text);
        expect(read.entries.every((entry) => entry.value === "" && entry.effective)).toBe(true);
        expect(read.invalid).toEqual([]);
        const { problems, items } = parseSchema(read);
        expect(problems).toEqual([]);
        const theirs = parseEnvSpecDotEnvFile(text);
        expect(theirs.configItems.map((item) => item.key)).toEqual([...items.keys()]);
        for (const item of items.values()) expect(item.stated.required).toBe(true);
      }),
      { seed, numRuns: runs },
    );
  });
});
