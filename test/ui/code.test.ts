import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EditorScene } from "./editor-scene.ts";
import type { VscodeWindow } from "./window.ts";

const waitMs = 30_000;

const files: Readonly<Record<string, string>> = {
  ".env": "DATABASE_URL=postgres://localhost/shop\nPORT=3000\n",
  ".env.production": "DATABASE_URL=postgres://db/shop\n",
  ".env.example": "DATABASE_URL=\nPORT=\n",
  "src/db.ts": 'const { DATABASE_URL } = process.env;\nconst port = process.env["PORT"];\n',
  "worker.py": 'import os\nurl = os.environ["DATABASE_URL"]\n',
  "compose.yaml": "services:\n  web:\n    command: serve ${DATABASE_URL}\n",
};

let scene: EditorScene;
let folder: string;
let window: VscodeWindow;

beforeAll(async () => {
  scene = await EditorScene.open();
  folder = await scene.machine.folder("shop", files);
  window = await scene.window(folder);
});

afterAll(async () => scene?.close());

describe("Rename Key Everywhere", () => {
  it("asks for a name, shows every change for review, and makes them all", async () => {
    await window.editor.open(".env");
    await window.editor.goToLine(1);
    await window.runCommand("Envpact: Rename Key Everywhere…");
    await window.quickInput.answer("STORE_URL", /New name of DATABASE_URL/);
    const { page } = window;
    const review = page.locator(".bulk-edit-panel");
    await review.waitFor({ timeout: waitMs });
    for (const name of [".env", ".env.example", ".env.production", "compose.yaml"]) {
      await review.getByText(name, { exact: true }).waitFor({ timeout: waitMs });
    }
    await window.screenshot("rename-everywhere");
    await page.locator(".part.panel > .title").getByLabel("Group Changes By Type").click();
    await review.getByText("Code, shell and compose files").waitFor({ timeout: waitMs });
    await window.screenshot("rename-everywhere-by-type");
    await review.getByRole("button", { name: "Apply" }).click();
    await review.waitFor({ state: "hidden", timeout: waitMs });
    await expect
      .poll(() => Promise.all(Object.keys(files).map((path) => readFile(join(folder, path), "utf8"))), {
        timeout: waitMs,
      })
      .toEqual(
        Object.values({
          ...files,
          ".env": "STORE_URL=postgres://localhost/shop\nPORT=3000\n",
          ".env.production": "STORE_URL=postgres://db/shop\n",
          ".env.example": "STORE_URL=\nPORT=\n",
          "src/db.ts":
            'const { STORE_URL: DATABASE_URL } = process.env;\nconst port = process.env["PORT"];\n',
          "worker.py": 'import os\nurl = os.environ["STORE_URL"]\n',
          "compose.yaml": "services:\n  web:\n    command: serve ${STORE_URL}\n",
        }),
      );
  });
});
