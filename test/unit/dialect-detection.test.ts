import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  chosenDialects,
  detectDialects,
  detectReaders,
  isMarkerName,
} from "../../src/dotenv/dialectDetection.ts";
import { dialectsNear, readersNear } from "../../src/runtime/dialects.ts";

/** Who reads the file beside which one file of this name and text stands. */
function beside(name: string, text: string) {
  return detectDialects([{ below: "", files: [{ name, text }] }]);
}

describe("the files near a .env file", () => {
  it("are those of package managers and of Compose", () => {
    const names = ["package.json", "pyproject.toml", "Pipfile", "requirements-dev.txt", "go.mod", "Gemfile"];
    const compose = [
      "compose.yaml",
      "compose.override.yml",
      "docker-compose.yml",
      "docker-compose.prod.yaml",
    ];
    expect([...names, ...compose].every(isMarkerName)).toBe(true);
    expect(
      ["package-lock.json", "composer.json", "compose.txt", "Gemfile.lock", "go.sum"].some(isMarkerName),
    ).toBe(false);
  });

  it.each([
    ["package.json", '{"dependencies":{"dotenv":"18"}}', []],
    ["package.json", '{"devDependencies":{"vite":"8"}}', ["node"]],
    ["package.json", '{"scripts":{"start":"node --env-file=.env ."}}', ["node"]],
    ["package.json", '{"scripts":{"start":"node --env-file', ["node"]],
    ["package.json", "[1]", []],
    ["package.json", "null", []],
    ["requirements.txt", "flask==3\npython-dotenv>=1 # env\n", ["python-dotenv"]],
    ["requirements.txt", "# python-dotenv\nrequests\n", []],
    ["requirements-dev.txt", "uvicorn[standard]\n", ["python-dotenv"]],
    ["pyproject.toml", 'dependencies = [\n  "pydantic-settings>=2",\n]\n', ["python-dotenv"]],
    ["pyproject.toml", 'dependencies = ["django", "python-dotenv"]\n', ["python-dotenv"]],
    ["pyproject.toml", '[tool.poetry.dependencies]\npython-dotenv = "^1"\n', ["python-dotenv"]],
    ["pyproject.toml", 'dependencies = ["requests"]\n', []],
    ["Pipfile", "[packages]\nrequests = '*'\n", ["python-dotenv"]],
    ["go.mod", "module x\nrequire github.com/joho/godotenv v1.5.1\n", ["godotenv"]],
    ["go.mod", "module x\n", []],
    ["Gemfile", "gem 'rails'\n  gem \"dotenv-rails\", groups: [:development]\n", ["ruby-dotenv"]],
    ["Gemfile", "# gem 'dotenv'\n", []],
    ["compose.yaml", "services: {}\n", ["compose"]],
  ])("%s with %j", (name, text, others) => {
    expect(beside(name, text)).toEqual(["dotenv", ...others]);
  });

  it("speak for a language in the nearest folder that has such files", () => {
    const vite = { name: "package.json", text: '{"devDependencies":{"vite":"8"}}' };
    const go = { name: "go.mod", text: "require github.com/joho/godotenv v1.5.1" };
    const none = { below: "", files: [] };
    expect(
      detectDialects([
        { below: "", files: [go] },
        { below: "api", files: [vite] },
      ]),
    ).toEqual(["dotenv", "godotenv"]);
    expect(detectDialects([none, { below: "config", files: [vite] }])).toEqual(["dotenv", "node"]);
  });

  it("make Compose a reader of files further down only where they are named", () => {
    const compose = { name: "compose.yml", text: "services:\n  api:\n    env_file: ./services/api/.env\n" };
    expect(detectDialects([{ below: "services/api", files: [compose] }])).toEqual(["dotenv", "compose"]);
    expect(detectDialects([{ below: "services/web", files: [compose] }])).toEqual(["dotenv"]);
  });
});

describe("whether $NAME is expanded for dotenv and Node", () => {
  const expands = (text: string, name = "package.json") =>
    detectReaders([{ below: "", files: [{ name, text }] }]).expands;

  it("is known from the packages that do so", () => {
    for (const name of ["dotenv-expand", "next", "vite", "nuxt", "react-scripts", "expo"]) {
      expect(expands(JSON.stringify({ dependencies: { [name]: "1" } })), name).toBe(true);
      expect(expands(JSON.stringify({ devDependencies: { [name]: "1" } })), name).toBe(true);
    }
    expect(expands('{"dependencies":{"next": "16", ')).toBe(true);
    expect(expands('{"dependencies":{"dotenv":"18"},"scripts":{"a":"node --env-file=.env ."}}')).toBe(false);
    expect(expands('{"name":"next","dependencies":{}}')).toBe(false);
    expect(expands("next\n", "requirements.txt")).toBe(false);
  });

  it("is asked of the nearest folder with files of a language", () => {
    const next = { name: "package.json", text: '{"dependencies":{"next":"16"}}' };
    const own = { name: "package.json", text: '{"dependencies":{"dotenv":"18"}}' };
    expect(
      detectReaders([
        { below: "", files: [] },
        { below: "web", files: [next] },
      ]).expands,
    ).toBe(true);
    expect(
      detectReaders([
        { below: "", files: [own] },
        { below: "web", files: [next] },
      ]).expands,
    ).toBe(false);
  });
});

describe("the setting envpact.dialects", () => {
  it("names the readers itself, or leaves them to be found", () => {
    expect(chosenDialects("auto")).toBeUndefined();
    expect(chosenDialects(undefined)).toBeUndefined();
    expect(chosenDialects(["compose", "node", "php"])).toEqual(["dotenv", "node", "compose"]);
    expect(chosenDialects([])).toEqual(["dotenv"]);
  });
});

describe("the command line", () => {
  let root: string;

  async function put(path: string, text: string): Promise<void> {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "envpact-dialects-"));
    await put(".git/HEAD", "");
    await put("compose.yaml", "services:\n  api:\n    env_file: [services/api/.env]\n");
    await put("package.json", '{"devDependencies":{"vite":"8"}}');
    await put("services/api/requirements.txt", "python-dotenv\n");
    await put("huge/go.mod", `github.com/joho/godotenv ${" ".repeat(1_048_576)}`);
    await mkdir(join(root, "odd/package.json"), { recursive: true });
  });

  afterAll(() => rm(root, { recursive: true, force: true }));

  it("finds the readers of a folder's files up to the repository's root", async () => {
    expect(await dialectsNear(root)).toEqual(["dotenv", "node", "compose"]);
    expect(await dialectsNear(join(root, "services/api"))).toEqual(["dotenv", "python-dotenv", "compose"]);
    expect((await readersNear(root)).expands).toBe(true);
    expect((await readersNear(join(root, "services/api"))).expands).toBe(false);
  });

  it("takes nothing from a folder, a file that is too large, and a place that is not there", async () => {
    expect(await dialectsNear(join(root, "huge"))).toEqual(["dotenv"]);
    expect(await dialectsNear(join(root, "odd"))).toEqual(["dotenv"]);
    expect(await dialectsNear(join(root, "gone"))).toEqual(["dotenv", "node"]);
  });
});
