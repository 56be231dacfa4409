import { describe, expect, it } from "vitest";
import { parseDocument } from "../../src/dotenv/document.ts";
import { describeType } from "../../src/dotenv/schema/describe.ts";
import { parseSchema } from "../../src/dotenv/schema/parse.ts";

function read(text: string) {
  const schema = parseSchema(parseDocument(text));
  return {
    ...schema,
    item: (key = "KEY") => schema.items.get(key)!,
    /** Codes with the text that they stand at. */
    marks: schema.problems.map(({ code, span }) => `${code} ${text.slice(span.start, span.end)}`),
  };
}

describe("what decorators say of a key", () => {
  it("may stand above it, behind its value, several to a line", () => {
    const { item, problems } = read(
      "# The key\n# of something\n# @required @type=port # a note @optional\n#@public\nKEY=3000 # @example=80\n",
    );
    expect(problems).toEqual([]);
    expect(item()).toMatchObject({
      key: "KEY",
      required: true,
      sensitive: false,
      description: "The key\nof something",
      example: "80",
      stated: { required: true, sensitive: true, type: true },
    });
    expect(describeType(item().type)).toBe("port");
  });

  it("ends at a blank line, a divider and a line that is no comment", () => {
    for (const between of ["\n", "# ---\n", "# ====== title\n", "junk\n"]) {
      const { item, marks } = read(`A=1\n# @optional\n${between}KEY=1\n`);
      expect(item().stated.required).toBe(false);
      expect(marks).toEqual(["detached @optional"]);
    }
  });

  it("takes @required and @optional, @sensitive and @public as opposites", () => {
    for (const [line, required] of [
      ["@required", true],
      ["@required=true", true],
      ["@required=false", false],
      ["@optional", false],
      ["@optional=false", true],
      ["@required=forEnv(prod)", false],
      ["@required @optional=false", true],
    ] as const) {
      expect(read(`# ${line}\nKEY=`).item().required, line).toBe(required);
      expect(read(`# ${line}\nKEY=`).problems, line).toEqual([]);
    }
    for (const [line, sensitive] of [
      ["@sensitive", true],
      ["@sensitive=false", false],
      ["@public", false],
      ["@public=false", true],
      ["@sensitive={preventLeaks=false}", true],
      ["@sensitive={enabled=false}", false],
    ] as const) {
      expect(read(`# ${line}\nKEY=`).item().sensitive, line).toBe(sensitive);
    }
  });

  it("reads docs, example and deprecation", () => {
    const { item, problems } = read(
      '# @docs(https://a.example/x#y) @docs("Guide", https://b.example)\n# @docsUrl=https://c.example @example="a, b" @deprecated="Use OTHER"\nKEY=',
    );
    expect(problems).toEqual([]);
    expect(item().docs).toEqual(["https://a.example/x#y", "https://b.example", "https://c.example"]);
    expect(item().example).toBe("a, b");
    expect(item().deprecated).toBe("Use OTHER");
    expect(read("# @deprecated\nKEY=").item().deprecated).toBe(true);
    expect(read("# @deprecated=false\nKEY=").item().deprecated).toBeUndefined();
    expect(read("# @example=fn(a\nKEY=").item().example).toBe("fn(a");
  });

  it("tells the type from an unquoted value where none is stated", () => {
    for (const [value, type] of [
      ["3", "number"],
      ["true", "boolean"],
      ['"3"', "string"],
      ["007", "string"],
      ["x", "string"],
      ["", "string"],
      ["op(a)", "any value"],
    ]) {
      const { item } = read(`KEY=${value}`);
      expect(describeType(item().type), value).toBe(type);
      expect(item().stated.type).toBe(false);
    }
  });

  it("counts for the last of two entries with the same key", () => {
    expect(read("# @optional\nKEY=1\n# @required\nKEY=2").item().required).toBe(true);
  });

  it("reads lists that go on in further comment lines, with comments in them", () => {
    const { item, problems } = read(
      "# @type=enum(\n#   dev, # while at it\n#   # old,\n#   prod,\n# ) @required\nKEY=\n",
    );
    expect(problems).toEqual([]);
    expect(item().type.members).toEqual(["dev", "prod"]);
    expect(item().required).toBe(true);
  });

  it("leaves commented-out assignments and words for linters out of a description", () => {
    const { item } = read(
      "# Words\n# KEY=old-secret\n# envpact-ignore lower-case\n# dotenv-linter:off LowercaseKey\n# PEM='a\n# b'\n# More\nKEY=",
    );
    expect(item().description).toBe("Words\nMore");
  });
});

describe("what the header says of all keys", () => {
  it("required: those with a value unless it says otherwise", () => {
    expect(read("A=1\nKEY=").items.get("A")!.required).toBe(true);
    expect(read("A=1\nKEY=").item().required).toBe(false);
    expect(read("# @defaultRequired=true\n# ---\nKEY=").item().required).toBe(true);
    expect(read("# @defaultRequired\n\nKEY=").item().required).toBe(true);
    expect(read("# @defaultRequired=false\n# ---\nKEY=1").item().required).toBe(false);
    expect(read("# @defaultRequired=infer\n# ---\nKEY=1").item().required).toBe(true);
  });

  it("sensitive: all unless it says otherwise", () => {
    expect(read("KEY=").item().sensitive).toBe(true);
    expect(read("# @defaultSensitive=false\n# ---\nKEY=").item().sensitive).toBe(false);
    const prefixed = read(
      "# @defaultSensitive=inferFromPrefix(PUBLIC_)\n# ---\nKEY=\nPUBLIC_A=\n# @sensitive\nPUBLIC_B=",
    );
    expect(prefixed.item().sensitive).toBe(true);
    expect(prefixed.item("PUBLIC_A").sensitive).toBe(false);
    expect(prefixed.item("PUBLIC_B").sensitive).toBe(true);
    expect(prefixed.item("PUBLIC_A").stated.sensitive).toBe(true);
  });

  it("may hold decorators of other tools", () => {
    const { problems, decorated } = read(
      "# @generateTypes(lang=ts, path=env.d.ts) @currentEnv=$APP_ENV\n# @plugin(@varlock/x) @initOp(token=$T)\n# ---\n# @type=opToken\nKEY=",
    );
    expect(problems).toEqual([]);
    expect(decorated).toBe(true);
  });
});

describe("mistakes in a schema", () => {
  const mistakes: readonly (readonly [string, readonly string[]])[] = [
    ["# @type=number(min=1\nKEY=", ["unclosed-parenthesis ("]],
    ["# @type=enum(a, b\n# @optional\nKEY=", ["unclosed-parenthesis ("]],
    ['# @example="a\nKEY=', ['unclosed-quote "a']],
    ["# @type=number(min=1 max=2)\nKEY=", ["missing-comma m"]],
    ["# @type=enum(a,,b)\nKEY=", ["empty-argument ,"]],
    ["# @type=number(min=)\nKEY=", ["missing-value min"]],
    ["# @type=\nKEY=", ["missing-value @type=", "bad-value @type"]],
    ["# @type=number(min = 1)\nKEY=", ["space-in-option  = "]],
    ["# @required now please\nKEY=", ["stray-text now please"]],
    ['# @example="a"b\nKEY=', ["stray-text b"]],
    ["# @requird\nKEY=", ["unknown-decorator @requird"]],
    ["# @required @nonsense=1\nKEY=", ["unknown-decorator @nonsense"]],
    ["# @type=numbr\nKEY=", ["unknown-type numbr"]],
    ["# @type=array(nmber)\nKEY=", ["unknown-type nmber"]],
    ["# @type=port(minn=1)\nKEY=", ["unknown-option minn"]],
    ["# @type=uuid(version=4)\nKEY=", ["unknown-option version"]],
    ["# @type=number(5)\nKEY=", ["unexpected-argument 5"]],
    ["# @type=number(min=a)\nKEY=", ["bad-value a"]],
    ["# @type=string(minLength=-1)\nKEY=", ["bad-value -1"]],
    ["# @type=number(isInt=maybe)\nKEY=", ["bad-value maybe"]],
    ["# @type=ip(version=5)\nKEY=", ["bad-value 5"]],
    ["# @type=duration(min=soon)\nKEY=", ["bad-value soon"]],
    ["# @type=duration(output=years)\nKEY=", ["bad-value years"]],
    ["# @type=array(format=xml)\nKEY=", ["bad-value xml"]],
    ["# @type=record(keyType=nope)\nKEY=", ["unknown-type nope"]],
    ["# @type=url(allowedProtocols=[])\nKEY=", ["bad-value []"]],
    ["# @type=enum\nKEY=", ["bad-value enum"]],
    ["# @type=enum()\nKEY=", ["bad-value enum()"]],
    ["# @type=enum(a, a)\nKEY=", ["duplicate a"]],
    ["# @type\nKEY=", ["bad-value @type"]],
    ["# @type=[a]\nKEY=", ["bad-value [a]"]],
    ["# @required=maybe\nKEY=", ["bad-value maybe"]],
    ["# @docs\nKEY=", ["bad-value @docs"]],
    ['# @type=string(matches="(")\nKEY=', ['bad-pattern "("']],
    ["# @type=number(min=2, max=1)\nKEY=", ["empty-range number(min=2, max=1)"]],
    ["# @type=number(min=2, min=3)\nKEY=", ["duplicate min"]],
    ["# @required @required\nKEY=", ["duplicate @required"]],
    ["# @required @optional\nKEY=", ["conflict @optional"]],
    ["# @public @sensitive\nKEY=", ["conflict @sensitive"]],
    ["# @required=false @optional=false\nKEY=", ["conflict @optional"]],
    ["A=1\n# @defaultRequired=true\nKEY=", ["wrong-place @defaultRequired"]],
    ["# @defaultRequired=sometimes\n# ---\nKEY=", ["bad-value sometimes"]],
    [`# @type=${"array(".repeat(10)}${")".repeat(10)}\nKEY=`, ["too-deep ("]],
  ];

  for (const [text, marks] of mistakes) {
    it(text.replaceAll("\n", "⏎"), () => {
      const { marks: found, problems } = read(text);
      expect(found).toEqual(marks);
      for (const { message } of problems) expect(message).toMatch(/^@\w+ .*[.?]$/);
    });
  }

  it("hide nothing of the keys around them", () => {
    const { items, item } = read("# @type=enum(a\n# @required\nKEY=\n# @type=port\nB=1\n");
    expect([...items.keys()]).toEqual(["KEY", "B"]);
    expect(item().required).toBe(true);
    expect(describeType(item("B").type)).toBe("port");
  });

  it("are not seen in ordinary comments", () => {
    for (const text of [
      "# @todo: tidy up\nKEY=",
      "# @ann knows why\nKEY=",
      "# mail me @required\nKEY=",
      "# see @foo(bar)\nKEY=",
      "# @foo=bar\nKEY=",
      "KEY=a@b.c # me@example.com",
    ]) {
      const { problems, decorated } = read(text);
      expect(problems, text).toEqual([]);
      expect(decorated, text).toBe(false);
    }
  });

  it("above a commented-out assignment are not detached", () => {
    expect(read("A=1\n# @required\n# KEY=1\n\nB=").problems).toEqual([]);
  });

  it("name the nearest known word", () => {
    expect(read("# @sensitve\nKEY=").problems[0]!.message).toContain("@sensitive?");
    expect(read("# @type=strnig\nKEY=").problems[0]!.message).toContain("string?");
    expect(read("# @type=string(minLenght=1)\nKEY=").problems[0]!.message).toContain("minLength?");
  });
});
