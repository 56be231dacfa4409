import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser, newContext } from "../host/browser.ts";
import { repositoryRoot } from "../host/install.ts";
import { installVsix, startServer, type VscodeServer } from "../host/server.ts";
import { VscodeWindow } from "./window.ts";

const vsix = join(repositoryRoot, "envpact.vsix");
const waitMs = 30_000;

const files: Readonly<Record<string, string>> = {
  ".env": "DATABASE_URL=postgres://localhost/shop\nPORT=3000\n",
  ".env.production": "DATABASE_URL=postgres://db/shop\n",
  ".env.example": "DATABASE_URL=\nPORT=\n",
  "src/db.ts": 'const { DATABASE_URL } = process.env;\nconst port = process.env["PORT"];\n',
  "worker.py": 'import os\nurl = os.environ["DATABASE_URL"]\n',
  "compose.yaml": "services:\n  web:\n    command: serve ${DATABASE_URL}\n",
};

let browser: Browser;
let server: VscodeServer;
let root: string;
let folder: string;
let window: VscodeWindow;

beforeAll(async () => {
  expect(existsSync(vsix), "npm run package makes envpact.vsix").toBe(true);
  root = await mkdtemp(join(tmpdir(), "envpact-code-"));
  folder = join(root, "shop");
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const places = { extensionsDir: join(root, "extensions"), serverDataDir: join(root, "server") };
  await installVsix(places, vsix);
  server = await startServer({
    ...places,
    env: { ENVPACT_HOME: join(root, "home"), XDG_RUNTIME_DIR: join(root, "run") },
  });
  browser = await launchBrowser();
  window = await VscodeWindow.open(browser, server, { target: folder, context: await newContext(browser) });
  await window.page.setViewportSize({ width: 1400, height: 900 });
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  if (root !== undefined) await rm(root, { recursive: true, force: true, maxRetries: 5 });
});

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
