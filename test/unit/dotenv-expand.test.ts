import { describe, expect, it } from "vitest";
import { parseDocument } from "../../src/dotenv/document.ts";
import { expand } from "../../src/dotenv/expand.ts";

describe("expansion", () => {
  it.each([
    ["${X}", "x"],
    ["$X", "x"],
    ["a${X}b$X.c", "axbx.c"],
    ["'$X'", "x"],
    ["`$X`", "x"],
    ["\\$X", "$X"],
    ["${GONE}", ""],
    ["$GONE", ""],
    ["${X:-d}", "x"],
    ["${EMPTY:-d}", "d"],
    ["${GONE:-d}", "d"],
    ["${X-d}", "x"],
    ["${EMPTY-d}", ""],
    ["${GONE-d}", "d"],
    ["${X:+a}", "a"],
    ["${EMPTY:+a}", ""],
    ["${GONE:+a}", ""],
    ["${EMPTY+a}", "a"],
    ["${GONE+a}", ""],
    ["${GONE:-${EMPTY:-$X}y}", "xy"],
    ["${GONE:-}", ""],
    ["pa$$word", "pa$"],
    ["pa$5word$", "pa$5word$"],
    ["${X", "${X"],
    ["${}", "${}"],
    ["${X!}", "${X!}"],
    ["${GONE:-$X", "${GONE:-x"],
    ["$(rm ${X})!", "$(rm ${X})!"],
    ["${GONE:-$(date)}", "$(date)"],
    ["\\$(date)", "$(date)"],
    ["$LATER", "late x"],
  ])("reads %s as %s", (raw, expected) => {
    const document = parseDocument(`X=x\nEMPTY=\nA=${raw}\nLATER='late \${X}'\n`);
    expect(expand(document).values).toMatchObject({ X: "x", EMPTY: "", A: expected });
  });

  it("lets the environment win over the file, for references and for keys", () => {
    const document = parseDocument("HOST=file\nURL=$HOST/$USER\nUSER=$HOST\n");
    expect(expand(document, { HOST: "real", USER: "me" }).values).toStrictEqual({
      HOST: "real",
      URL: "real/me",
      USER: "me",
    });
  });

  it("uses the last of duplicates", () => {
    expect(expand(parseDocument("A=1\nB=$A\nA=2\n")).values).toStrictEqual({ A: "2", B: "2" });
  });

  it("says where each reference stands and who answers it", () => {
    const text = 'A=1\nB="x\r\n\\n${A} $GONE ${USER:-u} ${NONE:-n}"\n';
    const { references, undefinedReferences } = expand(parseDocument(text), { USER: "me" });
    const seen = references.map(({ key, name, operator, span, source }) => [
      key,
      name,
      operator,
      text.slice(span.start, span.end),
      source,
    ]);
    expect(seen).toStrictEqual([
      ["B", "A", undefined, "${A}", "file"],
      ["B", "GONE", undefined, "$GONE", "undefined"],
      ["B", "USER", ":-", "${USER:-u}", "environment"],
      ["B", "NONE", ":-", "${NONE:-n}", "undefined"],
    ]);
    expect(undefinedReferences.map(({ name }) => name)).toStrictEqual(["GONE"]);
  });

  it("reports commands, also behind a backslash, and runs nothing", () => {
    const text = "A=$(echo $(id))\nB=\\$(id) ${GONE:-$(whoami)}\n";
    const { commands, references } = expand(parseDocument(text));
    expect(commands.map(({ key, span }) => [key, text.slice(span.start, span.end)])).toStrictEqual([
      ["A", "$(echo $(id))"],
      ["B", "\\$(id)"],
      ["B", "$(whoami)"],
    ]);
    expect(references.map(({ name }) => name)).toStrictEqual(["GONE"]);
  });

  it("reports rings and ends them with nothing", () => {
    const { cycles, values } = expand(parseDocument("A=a$B\nB=b$C\nC=c$A\nSELF=$SELF:x\nOK=$A\n"));
    expect(cycles).toStrictEqual([["A", "B", "C"], ["SELF"]]);
    expect(values).toMatchObject({ C: "c", B: "bc", A: "abc", SELF: ":x", OK: "abc" });
  });

  it("follows a chain of 20,000 keys", () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => `K${index}=$K${index + 1}`);
    expect(expand(parseDocument(`${lines.join("\n")}\nK20000=end\n`)).values.K0).toBe("end");
  });

  it("leaves as written what would grow without bound, and names it", () => {
    const lines = Array.from({ length: 40 }, (_, index) => `K${index + 1}=\${K${index}}\${K${index}}`);
    const { values, oversized } = expand(parseDocument(`K0=0123456789\n${lines.join("\n")}\n`));
    expect(values.K13).toHaveLength(81_920);
    expect(oversized[0]).toBe("K14");
    expect(values.K14).toBe("${K13}${K13}");
  });

  it("takes any depth of nesting and any number of open brackets", () => {
    const nested = `A=${"${B:-".repeat(5_000)}x${"}".repeat(5_000)}\n`;
    const open = `A=${"${B:-".repeat(50_000)}\nC=${"$(".repeat(50_000)}\n`;
    expect(expand(parseDocument(nested)).references.length).toBeGreaterThan(0);
    expect(expand(parseDocument(open)).values.A).toBe("${B:-".repeat(50_000));
  });
});
