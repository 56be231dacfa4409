import { describe, expect, it } from "vitest";
import { parseDocument } from "../../src/dotenv/document.ts";
import { schemaFindings, schemaViolations, sensitiveEntries } from "../../src/dotenv/schema/findings.ts";
import { parseSchema } from "../../src/dotenv/schema/parse.ts";

const schemaText = `# @defaultRequired=false
# ---

# @required @type=port
PORT=
# @required
NAME=
# @required
WITH_DEFAULT=x
# @type=enum(dev, prod) @sensitive
MODE=
# @deprecated="use MODE"
OLD=
LEVEL=3
`;

function violations(text: string, schema = schemaText): string[] {
  const found = schemaViolations(parseSchema(parseDocument(schema)), parseDocument(text), ".env.schema");
  return found.map(({ code, key, span }) => `${code} ${key} ${text.slice(span.start, span.end)}`);
}

describe("a file held against a schema", () => {
  it("has nothing to report where everything fits", () => {
    expect(violations("PORT=80\nNAME=x\nMODE=dev\nLEVEL=any\nEXTRA=1\n")).toEqual([]);
  });

  it("reports values that do not fit, at the value that is read", () => {
    expect(violations("PORT=1\nNAME=x\nPORT='http' # c\nMODE=test")).toEqual([
      "value PORT 'http'",
      "value MODE test",
    ]);
  });

  it("reports required keys that are missing at the first line, unless the schema gives a value", () => {
    expect(violations("\n  # head \nPORT=80")).toEqual(["missing NAME # head"]);
    expect(violations("")).toEqual(["missing PORT ", "missing NAME "]);
  });

  it("reports required keys that are empty", () => {
    expect(violations('PORT=\nNAME=""\nWITH_DEFAULT=\nMODE=')).toEqual([
      "empty PORT PORT",
      "empty NAME NAME",
      "empty WITH_DEFAULT WITH_DEFAULT",
    ]);
  });

  it("reports deprecated keys in use, with what to do instead", () => {
    expect(violations("PORT=1\nNAME=x\nOLD=1")).toEqual(["deprecated OLD OLD"]);
    const schema = parseSchema(parseDocument(schemaText));
    const [found] = schemaViolations(schema, parseDocument("PORT=1\nNAME=x\nOLD=1"), ".env.schema");
    expect(found!.message).toBe("OLD is deprecated by .env.schema: use MODE");
  });

  it("says why without the value", () => {
    const schema = parseSchema(parseDocument(schemaText));
    const found = schemaViolations(schema, parseDocument("PORT=hunter2\nNAME=x"), ".env.schema");
    expect(found.map(({ message }) => message)).toEqual([
      "PORT should be port by .env.schema, but its value is not a port (0 to 65535).",
    ]);
  });

  it("holds a value with references against the type as it expands, and not at all when that is unknown", () => {
    expect(violations("PORT=${BASE}\nBASE=80\nNAME=x")).toEqual([]);
    expect(violations("PORT=${BASE}\nBASE=web\nNAME=x")).toEqual(["value PORT ${BASE}"]);
    expect(violations("PORT=${ELSEWHERE}\nNAME=x")).toEqual([]);
    expect(violations("PORT=${A}\nA=${ELSEWHERE}\nNAME=x")).toEqual([]);
    expect(violations("PORT=$(cat port)\nNAME=x")).toEqual([]);
  });

  it("takes no type from a sample value", () => {
    expect(violations("LEVEL=high\nPORT=1\nNAME=x")).toEqual([]);
  });

  it("lists values of keys that are stated to be sensitive", () => {
    const document = parseDocument("PORT=1\nMODE=dev\nNAME=x");
    const keys = (schema: string) =>
      sensitiveEntries(parseSchema(parseDocument(schema)), document).map(({ key }) => key);
    expect(keys(schemaText)).toEqual(["MODE"]);
    expect(keys("# @defaultSensitive\n# ---\nPORT=\n# @public\nNAME=")).toEqual(["PORT"]);
  });
});

describe("findings in a schema itself", () => {
  function findings(text: string, checkValues: boolean): string[] {
    const document = parseDocument(text);
    const found = schemaFindings(parseSchema(document), document, checkValues);
    return found.map(({ code, span }) => `${code} ${text.slice(span.start, span.end)}`);
  }

  it("are its mistakes, and what it gives that does not fit", () => {
    const text =
      "# @type=port @example=web\nA=http\n# @type=prt\nB=1\n# @type=url\nC=${A}/x\n# @type=url\nD=op(x)\n";
    expect(findings(text, true)).toEqual(["example-value A", "default-value http", "unknown-type prt"]);
  });

  it("leave the placeholders of an example alone", () => {
    expect(findings("# @type=port\nA=your-port", false)).toEqual([]);
  });
});
