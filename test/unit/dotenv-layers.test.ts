import { describe, expect, it } from "vitest";
import { conventions, detectConvention } from "../../src/dotenv/conventions.ts";
import { type LayerConvention, layersBelow } from "../../src/dotenv/layers.ts";

const names = new Set([
  ".env",
  ".env.local",
  ".env.production",
  ".env.production.local",
  ".env.test",
  ".env.example",
]);
const detected = (id: keyof typeof conventions): LayerConvention => ({
  convention: conventions[id],
  isChosen: false,
});

describe("the files under an environment", () => {
  it.each(["next", "vite", "plain"] as const)("always are what a .local file overrides: %s", (id) => {
    for (const isChosen of [true, false]) {
      const choice = { convention: conventions[id], isChosen };
      expect(layersBelow(".env.local", names, choice)).toContain(".env");
      expect(layersBelow(".env.production.local", names, choice)).toEqual(
        expect.arrayContaining([".env", ".env.local", ".env.production"]),
      );
    }
  });

  it.each(["next", "vite", "plain"] as const)("end with .env as the base of all: %s", (id) => {
    for (const name of [...names].filter((each) => each !== ".env" && each !== ".env.example")) {
      expect(layersBelow(name, names, detected(id)).at(-1)).toBe(".env");
    }
    expect(layersBelow(".env", names, detected(id))).toEqual([]);
    expect(layersBelow(".env.example", names, detected(id))).toEqual([]);
  });

  it("are none for a file of a mode where the user says that each is read by itself", () => {
    const choice = { convention: conventions.plain, isChosen: true };
    expect(layersBelow(".env.production", names, choice)).toEqual([]);
  });

  it("are only those that the folder has", () => {
    expect(layersBelow(".env.production", new Set([".env.production"]), detected("vite"))).toEqual([]);
  });

  it("follow who wins: the mode over .env.local, or the other way round", () => {
    expect(layersBelow(".env.production", names, detected("vite"))).toEqual([".env.local", ".env"]);
    expect(layersBelow(".env.production", names, detected("next"))).toEqual([".env"]);
    expect(layersBelow(".env.local", names, detected("vite"))).toEqual([".env"]);
    const next = detectConvention([{ name: "package.json", text: '{"dependencies":{"next":"15"}}' }])!;
    const layers = layersBelow(".env.local", names, { convention: next, isChosen: false });
    expect(layers).toContain(".env.production");
    // Next.js does not read .env.local in the mode test.
    expect(layers).not.toContain(".env.test");
  });
});
