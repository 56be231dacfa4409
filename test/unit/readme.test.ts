import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { errorCodes } from "../../src/protocol/errors.ts";
import { blocks, example, readme } from "./readme-blocks.ts";

const root = resolve(import.meta.dirname, "../..");
interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly engines: { readonly vscode: string };
  readonly contributes: {
    readonly commands: readonly { readonly title: string }[];
    readonly configuration: { readonly properties: Readonly<Record<string, { readonly default: unknown }>> };
  };
}
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;

/** The cells of the rows of the table below a heading, without the header. */
function table(heading: string): string[][] {
  const [, section = ""] = readme.split(new RegExp(`^#+ ${heading}$`, "m"));
  const rows = section.split(/^#/m)[0]?.match(/^\|.+\|$/gm) ?? [];
  return rows.slice(2).map((row) =>
    row
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );
}

describe("The README", () => {
  it("has the two commands of a newcomer", () => {
    expect(blocks.map(({ text }) => text)).toEqual(
      expect.arrayContaining(["npm ci && npm start\n", "npm ci && npm test\n"]),
    );
  });

  it("shows `envpact` only in commands that the tests run", () => {
    const others = blocks.filter(({ info }) => info.startsWith("sh") && info !== "sh run");
    expect(others.filter(({ text }) => /^envpact /m.test(text))).toEqual([]);
    expect(example.length).toBeGreaterThan(5);
  });

  it("shows the output of commands only where the tests compare it", () => {
    for (const [index, { info }] of blocks.entries()) {
      if (info === "text output") expect(blocks[index - 1]?.info).toBe("sh run");
      else expect(info, "a block without a mark").toMatch(/^sh( run)?$/);
    }
  });

  it("names npm scripts that exist", () => {
    const named = [...readme.matchAll(/npm (?:run )?(start|test|build|package|bench|check)\b/g)];
    for (const [, name = ""] of named) expect(manifest.scripts).toHaveProperty(name);
    for (const [, name = ""] of readme.matchAll(/npm run ([\w:-]+)/g)) {
      expect(manifest.scripts).toHaveProperty(name);
    }
  });

  it("names commands of the editor as the palette does", () => {
    const titles = new Set(manifest.contributes.commands.map(({ title }) => title));
    const named = [...readme.matchAll(/\*\*((?:[A-Z]\w+)(?: [A-Z]\w+)+)\*\*/g)].map(([, title]) => title);
    expect(named.length).toBeGreaterThan(8);
    expect(named.filter((title) => !titles.has(title ?? ""))).toEqual([]);
  });

  it("lists every setting with its default", () => {
    const listed = table("Settings").map(([name = "", value = ""]) => [name, value]);
    const { properties } = manifest.contributes.configuration;
    const contributed = Object.entries(properties).map(([name, { default: value }]) => [
      `\`${name}\``,
      `\`${typeof value === "string" ? value : JSON.stringify(value)}\``,
    ]);
    expect(listed.sort()).toEqual(contributed.sort());
  });

  it("explains error codes that exist", () => {
    const codes = table("When something goes wrong").flatMap(([cell = ""]) => cell.match(/[A-Z_]+/g) ?? []);
    expect(codes.length).toBeGreaterThan(20);
    expect(codes.filter((code) => !(errorCodes as readonly string[]).includes(code))).toEqual([]);
  });

  it("asks for the oldest VS Code that is supported", () => {
    const [, version] = /VS Code (\d+\.\d+) or later/.exec(readme) ?? [];
    expect(manifest.engines.vscode).toBe(`^${version}.0`);
  });

  it("links to files that exist", () => {
    const targets = [...readme.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map(([, target = ""]) => target);
    expect(targets.length).toBeGreaterThan(4);
    expect(targets.filter((target) => !existsSync(join(root, target)))).toEqual([]);
  });
});
