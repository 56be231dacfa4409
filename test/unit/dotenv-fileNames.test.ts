import { describe, expect, it } from "vitest";
import {
  compareNames,
  exampleNameFor,
  isExcludedPath,
  kindOfName,
  offeredEnvironmentNames,
  overriddenNames,
  refuseNewName,
} from "../../src/dotenv/fileNames.ts";

describe("what a file name is", () => {
  it.each([".env", ".env.local", ".env.production", ".env.production.local", ".env.older", ".env.my-stage"])(
    "%s is an environment",
    (name) => expect(kindOfName(name)).toBe("environment"),
  );

  it.each([".env.example", ".env.sample", ".env.template", ".env.production.example", ".env.Example"])(
    "%s is an example",
    (name) => expect(kindOfName(name)).toBe("example"),
  );

  it.each([".envrc", ".env.keys", ".env.vault", ".env.schema", "env", "x.env", ".environment", ".env-old"])(
    "%s is neither",
    (name) => expect(kindOfName(name)).toBeUndefined(),
  );

  it.each([".env.swp", ".env~", ".env.local~", ".env.1234567890", ".env."])(
    "%s, which an editor or a writer leaves for a moment, is neither",
    (name) => expect(kindOfName(name)).toBeUndefined(),
  );
});

describe("a backup", () => {
  it.each([
    ".env.bak",
    ".env.BAK",
    ".env.bak2",
    ".env.bak.txt",
    ".env.bak.local",
    ".env.production.backup",
    ".env.backup-2024-01-31",
    ".env.backup_20240131",
    ".env.orig",
    ".env.local.old",
    ".env.save",
    ".env.example.bak",
    ".env.txt",
  ])("%s is neither an environment nor an example", (name) => expect(kindOfName(name)).toBeUndefined());

  it.each([".env.saves", ".env.old-town", ".env.original", ".env.backups", ".env.bakery"])(
    "%s is none",
    (name) => expect(kindOfName(name)).toBe("environment"),
  );
});

describe("where is looked", () => {
  it.each([
    "node_modules/a/.env",
    "packages/api/node_modules/.env",
    ".git/.env",
    ".venv/.env",
    "venv/.env",
    ".env/.env",
    "dist/.env",
    "build/.env",
    "out/.env",
    "target/.env",
    "web/.next/.env",
  ])("%s is left out", (path) => expect(isExcludedPath(path)).toBe(true));

  it.each([".env", "packages/api/.env", "my-dist/.env", "outer/.env", ".config/.env"])("%s is not", (path) =>
    expect(isExcludedPath(path)).toBe(false),
  );
});

describe("files that belong together", () => {
  it("prefers the example made for the environment", () => {
    const siblings = new Set([".env.example", ".env.production.example", ".env.production"]);
    expect(exampleNameFor(".env.production", siblings)).toBe(".env.production.example");
    expect(exampleNameFor(".env.staging", siblings)).toBe(".env.example");
  });

  it("takes a sample or a template where there is no example", () => {
    expect(exampleNameFor(".env", new Set([".env.template"]))).toBe(".env.template");
    expect(exampleNameFor(".env.local", new Set([".env.sample"]))).toBe(".env.sample");
  });

  it("holds no example against another", () => {
    expect(exampleNameFor(".env.sample", new Set([".env.example", ".env.sample"]))).toBeUndefined();
  });

  it("lets a .local file inherit from what it overrides, and nothing else", () => {
    const siblings = new Set([".env", ".env.local", ".env.production", ".env.test"]);
    expect(overriddenNames(".env.local", siblings)).toEqual([".env"]);
    expect(overriddenNames(".env.production.local", siblings)).toEqual([
      ".env.production",
      ".env.local",
      ".env",
    ]);
    expect(overriddenNames(".env.production", siblings)).toEqual([]);
  });

  it("shows .env first and examples last", () => {
    const names = [".env.example", ".env.test", ".env.local", ".env"];
    expect(names.sort(compareNames)).toEqual([".env", ".env.local", ".env.test", ".env.example"]);
  });
});

describe("the name of a new environment", () => {
  it.each(offeredEnvironmentNames)("%s is offered and accepted", (name) =>
    expect(refuseNewName(name, new Set())).toBeUndefined(),
  );

  it.each([
    "",
    "env",
    "../.env",
    "a/.env",
    "a\\.env",
    ".env.keys",
    ".env.vault",
    ".env.bak",
    ".env.",
    ".env.a b",
    ".envrc",
  ])("%j is refused", (name) => expect(refuseNewName(name, new Set())).toBeTypeOf("string"));

  it("refuses a name that is there", () => {
    expect(refuseNewName(".env.local", new Set([".env.local"]))).toContain("exists");
  });
});
