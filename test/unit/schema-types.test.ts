import { describe, expect, it } from "vitest";
import { parseDocument } from "../../src/dotenv/document.ts";
import { checkValue } from "../../src/dotenv/schema/check.ts";
import { describeType, valueChoices } from "../../src/dotenv/schema/describe.ts";
import type { SchemaType } from "../../src/dotenv/schema/model.ts";
import { parseSchema } from "../../src/dotenv/schema/parse.ts";
import { patternCharactersMax, readPattern } from "../../src/dotenv/schema/pattern.ts";

function typeOf(written: string): SchemaType {
  const { items, problems } = parseSchema(parseDocument(`# @type=${written}\nKEY=`));
  expect(problems, written).toEqual([]);
  return items.get("KEY")!.type;
}

/** A type, values that fit, and values that do not with a word of the reason. */
const table: readonly (readonly [string, readonly string[], readonly (readonly [string, string])[]])[] = [
  ["string", ["x", " ", "a b", "{}"], []],
  ["string(minLength=3)", ["abc", "abcd"], [["ab", "fewer than 3 characters"]]],
  ["string(maxLength=1)", ["a"], [["ab", "more than 1 character"]]],
  [
    "string(isLength=2)",
    ["ab"],
    [
      ["a", "exactly 2"],
      ["abc", "exactly 2"],
    ],
  ],
  [
    'string(startsWith="sk_")',
    ["sk_1"],
    [
      ["pk_1", "begin with sk_"],
      ["SK_1", "begin with"],
    ],
  ],
  ["string(endsWith=.com)", ["a.com"], [["a.org", "end with .com"]]],
  ["string(matches=/^[a-z]+$/)", ["abc"], [["a1", "pattern"]]],
  ['string(matches="^(a|b){2}$")', ["ab"], [["abc", "pattern"]]],
  ["string(matches=/^abc$/i)", ["ABC"], [["x", "pattern"]]],
  ['string(matches=regex("^a$"))', ["a"], [["b", "pattern"]]],
  ["string(toUpperCase=true, startsWith=AB)", ["abc"], [["xab", "begin"]]],
  ["string(toLowerCase=true, endsWith=z)", ["YZ"], [["ZY", "end"]]],
  ["string(allowEmpty=true)", ["", "x"], []],
  [
    "number",
    ["0", "-1", "1.5", "+2", ".5", "1e3"],
    [
      ["a", "not a number"],
      ["1a", "number"],
      ["0x10", "number"],
      ["Infinity", "number"],
      ["1,5", "number"],
    ],
  ],
  [
    "number(min=1, max=10)",
    ["1", "10", "5.5"],
    [
      ["0", "less than 1"],
      ["11", "more than 10"],
    ],
  ],
  ["number(isInt=true)", ["3", "-3", "3.0"], [["3.5", "whole"]]],
  ["number(precision=0, max=100)", ["100.4", "99.999"], [["100.6", "more than 100"]]],
  ["number(precision=2, min=0.01)", ["0.006"], [["0.004", "less than"]]],
  ["number(isDivisibleBy=0.1)", ["0.3", "0.7"], [["0.25", "multiple of 0.1"]]],
  ["number(min=1, max=2, coerceToMinMaxRange=true)", ["0", "9"], [["x", "number"]]],
  [
    "boolean",
    ["true", "false", "T", "yes", "no", "ON", "off", "1", "0"],
    [
      ["2", "true or false"],
      ["enabled", "true or false"],
    ],
  ],
  [
    "url",
    ["https://a.example/x?y", "postgres://u:p@h:5432/d", "redis://localhost"],
    [
      ["a.example", "URL"],
      ["not a url", "URL"],
    ],
  ],
  ["url(prependHttps=true)", ["a.example/x", "http://a.example"], [["http://", "URL"]]],
  [
    "url(allowedProtocols=[postgres, postgresql:])",
    ["postgres://h/d", "postgresql://h/d"],
    [["mysql://h/d", "postgres or postgresql"]],
  ],
  [
    "url(allowedDomains=[a.example, localhost:3000])",
    ["https://A.example/x", "https://a.example:99/", "http://localhost:3000"],
    [
      ["https://b.example", "lead to"],
      ["http://localhost:4000", "lead to"],
    ],
  ],
  ["url(allowedDomains=a.example)", ["https://a.example"], [["https://b.example", "lead to a.example"]]],
  ["url(noTrailingSlash=true)", ["https://a.example"], [["https://a.example/", "slash"]]],
  ['url(matches="^https:")', ["https://a.example"], [["http://a.example", "pattern"]]],
  [
    "domain",
    ["a.example.com"],
    [
      ["localhost", "domain"],
      ["https://a.example", "domain"],
      ["a..b", "domain"],
      ["-a.com", "domain"],
      ["10.0.0.1", "domain"],
    ],
  ],
  ["domain(allowWildcard=true)", ["*.a.com", "a.com"], [["*.*.com", "domain"]]],
  ["domain(allowSingleLabel=true)", ["localhost"], [["a_b", "domain"]]],
  ["domain(allowIp=true)", ["10.0.0.1", "a.com"], [["10.0.0.256", "domain"]]],
  [
    "enum(dev, prod)",
    ["dev", "prod"],
    [
      ["Dev", "not dev or prod"],
      ["de", "dev or prod"],
    ],
  ],
  ['enum(1, true, "a b")', ["1", "true", "a b"], [["2", "1, true or a b"]]],
  [
    "email",
    ["a@b.co", "first.last+tag@sub.example.com"],
    [
      ["a", "e-mail"],
      ["a@b", "e-mail"],
      ["a b@c.de", "e-mail"],
      ["@c.de", "e-mail"],
      ["a@@b.co", "e-mail"],
    ],
  ],
  ["email(normalize=true)", ["A@B.CO"], [["x", "e-mail"]]],
  [
    "port",
    ["0", "80", "65535"],
    [
      ["65536", "port"],
      ["80.5", "port"],
      ["-1", "port"],
      ["http", "port"],
    ],
  ],
  [
    "port(min=1024, max=9999)",
    ["1024", "9999"],
    [
      ["80", "less than 1024"],
      ["10000", "more than 9999"],
    ],
  ],
  [
    "ip",
    ["1.2.3.4", "::1", "fe80::1%eth0"],
    [
      ["1.2.3", "IP address"],
      ["1.2.3.256", "IP address"],
      ["01.2.3.4", "IP address"],
    ],
  ],
  ["ip(version=4)", ["255.255.255.255"], [["::1", "IPv4"]]],
  [
    "ip(version=6)",
    ["::", "::ffff:192.168.1.1", "2001:db8:0:0:0:0:0:1", "1::"],
    [
      ["1.2.3.4", "IPv6"],
      ["1::2::3", "IPv6"],
      ["1:2:3:4:5:6:7", "IPv6"],
      ["1:2:3:4:5:6:7:8:9", "IPv6"],
      ["12345::", "IPv6"],
      [":::", "IPv6"],
    ],
  ],
  [
    "semver",
    ["1.2.3", "1.2.3-beta.1+build.5"],
    [
      ["1.2", "semantic"],
      ["v1.2.3", "semantic"],
      ["01.2.3", "semantic"],
    ],
  ],
  [
    "isoDate",
    ["2024-03-20", "2024-02-29", "2024-03-20T15:30:00Z", "2024-03-20T15:30:00.123+02:00", "2024-03-20T15:30"],
    [
      ["2024-02-30", "date"],
      ["2023-02-29", "date"],
      ["20.3.2024", "date"],
      ["2024-13-01", "date"],
      ["2024-03-20T25:00:00Z", "date"],
    ],
  ],
  [
    "uuid",
    ["123e4567-e89b-12d3-a456-426614174000", "00000000-0000-0000-0000-000000000000"],
    [
      ["123e4567-e89b-12d3-c456-426614174000", "UUID"],
      ["123e4567", "UUID"],
    ],
  ],
  ["md5", ["d41d8cd98f00b204e9800998ecf8427e", "D41D8CD98F00B204E9800998ECF8427E"], [["d41d8cd9", "MD5"]]],
  [
    "duration",
    ["30s", "1h", "500ms", "2days", "1.5 hours", "250", "1w"],
    [
      ["soon", "duration"],
      ["1 fortnight", "duration"],
      ["-1s", "duration"],
    ],
  ],
  [
    'duration(min="1m", max=1d)',
    ["60s", "24h"],
    [
      ["59s", "less than 1m"],
      ["2d", "more than 1d"],
    ],
  ],
  ["duration(output=seconds)", ["30s"], [["x", "duration"]]],
  [
    "array",
    ["a", "a,b", "[a, b]", '["a"]'],
    [
      ["[]", "fewer than 1 element"],
      ["[a", "list"],
    ],
  ],
  ["array(number)", ["1,2", "[1, 2]", "[1,2.5]"], [["1,x", "number 2, that is not a number"]]],
  [
    "array(enum(a, b), unique=true)",
    ["a,b"],
    [
      ["a,a", "twice"],
      ["a,c", "number 2"],
    ],
  ],
  ['array(url, separator=";")', ["https://a.b;https://c.d"], [["https://a.b;c", "number 2"]]],
  [
    "array(minLength=2, maxLength=3)",
    ["a,b"],
    [
      ["a", "fewer than 2 elements"],
      ["a,b,c,d", "more than 3"],
    ],
  ],
  ["array(isLength=0)", ["[]"], [["a", "exactly 0"]]],
  ["array(array(number))", ["[[1], [2, 3]]"], [["[[1], [x]]", "number 2"]]],
  ["array(format=json)", ["[1]"], [["[", "list"]]],
  [
    "record",
    ["{a=1, b=2}", '{"a": {"b": 1}}'],
    [
      ["{}", "fewer than 1 entry"],
      ["a=1", "object"],
      ["[1]", "object"],
      ["{a}", "object"],
    ],
  ],
  [
    "record(number, keyType=enum(us, eu))",
    ["{us=1}", '{"eu": 2}'],
    [
      ["{de=1}", "number 1, whose key"],
      ["{us=x}", "number 1, whose value"],
    ],
  ],
  ["record(entriesMinLength=0, entriesMaxLength=1)", ["{}", "{a=1}"], [["{a=1, b=2}", "more than 1 entry"]]],
  ["record(entriesIsLength=2)", ['{"a":1,"b":2}'], [["{a=1}", "exactly 2 entries"]]],
  [
    "simple-object",
    ['{"a":1}'],
    [
      ["{a=1}", "JSON"],
      ["[]", "JSON"],
      ["null", "JSON"],
    ],
  ],
  ["if(eq($ENV, prod), url, string)", ["anything"], []],
  ["enum($ALLOWED)", ["anything"], []],
  ["string(minLength=if($X, 3, 4))", ["a"], []],
];

describe("values and types", () => {
  for (const [written, fitting, others] of table) {
    it(written, () => {
      const type = typeOf(written);
      for (const value of fitting) expect(checkValue(type, value), value).toBeUndefined();
      for (const [value, reason] of others) expect(checkValue(type, value), value).toContain(reason);
      expect(checkValue(type, "")).toBeUndefined();
    });
  }

  it("have a case for every type and option that a schema may use", async () => {
    const { typeWords } = await import("../../src/dotenv/schema/vocabulary.ts");
    const written = table.map(([type]) => type).join("\n");
    for (const [name, { options }] of typeWords) {
      expect(written).toContain(name);
      for (const option of Object.keys(options)) {
        const used = table.some(([type]) => new RegExp(`\\b${name}\\b.*\\b${option}=`).test(type));
        expect(used || name === "domain" || option === "normalize", `${name}(${option})`).toBe(true);
      }
    }
  });
});

describe("types in words", () => {
  it("are written as a schema writes them", () => {
    for (const [written, shown] of [
      ["string", "string"],
      ['string(startsWith="a b", minLength=3)', 'string(startsWith="a b", minLength=3)'],
      ["enum(dev, prod)", "enum(dev, prod)"],
      ["array(number(min=1))", "array(number(min=1))"],
      ["url(allowedProtocols=[http, https])", "url(allowedProtocols=[http, https])"],
      ["string(matches=/^a$/i)", "string(matches=/^a$/i)"],
      ["duration(min=60s)", "duration(min=1m)"],
      ["if($A, url, string)", "any value"],
    ]) {
      expect(describeType(typeOf(written!))).toBe(shown);
    }
    const long = describeType(
      typeOf(`enum(${Array.from({ length: 100 }, (_, at) => `member${at}`).join(", ")})`),
    );
    expect(long.length).toBe(200);
  });

  it("list what can be chosen", () => {
    expect(valueChoices(typeOf("enum(a, b)"))).toEqual(["a", "b"]);
    expect(valueChoices(typeOf("boolean"))).toEqual(["true", "false"]);
    expect(valueChoices(typeOf("string"))).toEqual([]);
  });
});

describe("patterns of a schema", () => {
  it("run in linear time where a backtracking search takes for ever", () => {
    for (const source of ["^(a+)+$", "^(a|aa)+$", "(a*)*b", "^(([a-z])+.)+[A-Z]([a-z])+$", "a*a*a*a*a*a*b"]) {
      const pattern = readPattern(source);
      const before = process.cpuUsage();
      expect(pattern?.test?.(`${"a".repeat(4_000)}!`)).toBe(false);
      const { user } = process.cpuUsage(before);
      expect(user / 1_000).toBeLessThan(2_000);
    }
  });

  it("are not run when they need more than one pass", () => {
    for (const source of ["(a)\\1", "a(?=b)", "(?<!a)b", "/\\p{L}/u", "(a{1000}){1000}"]) {
      const pattern = readPattern(source);
      expect(pattern, source).toBeDefined();
      expect(pattern?.test, source).toBeUndefined();
    }
    const { items } = parseSchema(parseDocument('# @type=string(matches="(a)\\1")\nA='));
    expect(checkValue(items.get("A")!.type, "b")).toBeUndefined();
  });

  it("are refused when they are no regular expression or too long", () => {
    for (const source of ["(", "[", "a{2,1}", "/a/zz", "*", "a".repeat(patternCharactersMax + 1)]) {
      expect(readPattern(source), source).toBeUndefined();
    }
  });
});
