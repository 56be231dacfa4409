import { describe, expect, it } from "vitest";
import { parseDocument } from "../../src/dotenv/document.ts";
import { decoratorCompletions } from "../../src/dotenv/schema/complete.ts";
import { decoratorAt } from "../../src/dotenv/schema/hover.ts";
import { parseSchema } from "../../src/dotenv/schema/parse.ts";

/** What is offered where `|` stands. */
function offered(marked: string): string[] {
  const offset = marked.indexOf("|");
  const text = marked.replace("|", "");
  return decoratorCompletions(parseDocument(text), offset).map(({ label }) => label);
}

describe("completion in decorator comments", () => {
  it("offers decorators behind an @ that the key does not have yet", () => {
    const found = offered("A=1\n# @required\n# @|\nKEY=");
    expect(found).toEqual(expect.arrayContaining(["@optional", "@sensitive", "@type", "@docs"]));
    expect(found).not.toContain("@required");
    expect(found).not.toContain("@defaultRequired");
    expect(offered("# @docs(x) @|\nKEY=")).toContain("@docs");
  });

  it("offers those of the header before the first key", () => {
    expect(offered("# @|\n# ---\nKEY=")).toContain("@defaultRequired");
    expect(offered("# @|\nKEY=")).toContain("@defaultRequired");
  });

  it("replaces the whole word, @ and all", () => {
    const text = "A=1\n# @requ\nKEY=";
    const found = decoratorCompletions(parseDocument(text), text.indexOf("qu"));
    const required = found.find(({ label }) => label === "@required")!;
    expect(text.slice(required.span.start, required.span.end)).toBe("@requ");
    expect(required.snippet).toBe("@required");
  });

  it("works in the comment behind a value", () => {
    expect(offered("A=1\nKEY=1 # @|")).toContain("@optional");
  });

  it("offers types, in lists too", () => {
    expect(offered("# @type=|\nKEY=")).toEqual(expect.arrayContaining(["string", "enum", "port"]));
    expect(offered("# @type=str|ing\nKEY=")).toContain("string");
    expect(offered("# @type=array(|\nKEY=")).toEqual(expect.arrayContaining(["string", "separator"]));
    expect(offered("# @type=record(number, keyType=|)\nKEY=")).toContain("enum");
  });

  it("offers the options of a type that are not there yet, and their values", () => {
    expect(offered("# @type=number(|\nKEY=")).toEqual(expect.arrayContaining(["min", "max", "isInt"]));
    expect(offered("# @type=number(min=1, |)\nKEY=")).not.toContain("min");
    expect(offered("# @type=number(isInt=|)\nKEY=")).toEqual(["true", "false"]);
    expect(offered("# @type=ip(version=|\nKEY=")).toEqual(["4", "6"]);
    expect(offered("# @type=duration(output=|\nKEY=")).toContain("hours");
    expect(offered("# @type=array(number(|\nKEY=")).toContain("min");
    expect(offered("# @type=string(\n#  min|\n# )\nKEY=")).toContain("minLength");
  });

  it("offers true and false where a decorator takes them", () => {
    expect(offered("# @required=|\nKEY=")).toEqual(["true", "false"]);
    expect(offered("# @defaultRequired=|\n# ---\nKEY=")).toEqual(["infer", "true", "false"]);
  });

  it("offers nothing in values, prose, quotes and notes", () => {
    for (const marked of [
      "KEY=|",
      "KEY=@|",
      "# words |\nKEY=",
      "# mail a@|\nKEY=",
      '# @example="@|"\nKEY=',
      "# @required # @type=|\nKEY=",
      "# @docs(|)\nKEY=",
    ]) {
      expect(offered(marked), marked).toEqual([]);
    }
  });

  it("inserts what the reader reads without a fault", () => {
    for (const place of ["# @|\n# ---\nA=", "B=\n# @|\nA=", "B=\n# @type=|\nA="]) {
      const offset = place.indexOf("|");
      const text = place.replace("|", "");
      for (const { label, snippet, span } of decoratorCompletions(parseDocument(text), offset)) {
        const plain = snippet
          .replace(/\$\{\d+\|([^,|]*)[^}]*\}/g, "$1")
          .replace(/\$\{\d+:([^}]*)\}/g, "$1")
          .replaceAll("$1", "x")
          .replaceAll("\\$", "$");
        const after = text.slice(0, span.start) + plain + text.slice(span.end);
        const mistakes = parseSchema(parseDocument(after)).problems.filter(({ code }) => code !== "detached");
        expect(mistakes, `${label}: ${after}`).toEqual([]);
      }
    }
  });
});

describe("hover over decorator comments", () => {
  function hovered(marked: string): string | undefined {
    const text = marked.replace("|", "");
    const found = decoratorAt(parseDocument(text), marked.indexOf("|"));
    return found && `${found.title} ${text.slice(found.span.start, found.span.end)}`;
  }

  it("names the decorator, the type and the option", () => {
    expect(hovered("# @req|uired\nKEY=")).toBe("@required @required");
    expect(hovered("# @defaultSens|itive\n# ---\nKEY=")).toBe("@defaultSensitive @defaultSensitive");
    expect(hovered("# @type=po|rt\nKEY=")).toBe("port port");
    expect(hovered("# @type=number(mi|n=1)\nKEY=")).toBe("min of number min");
    expect(hovered("# @type=array(enu|m(a))\nKEY=")).toBe("enum enum");
    expect(hovered("KEY=1 # @dep|recated")).toBe("@deprecated @deprecated");
  });

  it("is silent elsewhere", () => {
    for (const marked of [
      "KEY=|1",
      "# wor|ds\nKEY=",
      "# @foo|=1\nKEY=",
      "# @type=number(min=|1)\nKEY=",
      "# @type=nop|e\nKEY=",
    ]) {
      expect(hovered(marked), marked).toBeUndefined();
    }
  });

  it("leads to a page of the reference", () => {
    expect(decoratorAt(parseDocument("# @docs(x)\nKEY="), 4)?.url).toBe(
      "https://varlock.dev/reference/item-decorators/#docs",
    );
  });
});
