import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FrameLocator, Locator } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { EditorScene } from "./editor-scene.ts";
import type { VscodeWindow } from "./window.ts";

const waitMs = 30_000;
/** In every value; no page, menu, message or label may show it before somebody reveals it. */
const canary = "canary";

const keysOfLargeMatrix = 2_000;
const environmentsOfLargeMatrix = 12;
/** Rows of a screen and what is kept beyond its edges, far below the 2,000 that there are. */
const rowsInDocumentMax = 80;

/** The order of the environments of the small matrix. */
const columns = [".env", ".env.development", ".env.local", ".env.production", ".env.staging", ".env.example"];

let scene: EditorScene;
let shop: string;
let window: VscodeWindow;

beforeAll(async () => {
  scene = await EditorScene.open();
  shop = await scene.machine.folder("shop", shopFiles);
  window = await scene.window(shop);
});

afterAll(async () => scene?.close());

afterEach(async ({ task }) => window.screenshotFailure(task));

const shopFiles: Readonly<Record<string, string>> = {
  "package.json": '{ "dependencies": { "next": "16.0.0" } }\n',
  ".env": [
    "APP_NAME=shop-canary",
    "API_URL=https://api.test/canary",
    "DATABASE_URL=postgres://localhost/canary",
    "LOG_LEVEL=info-canary",
    "SENTRY_DSN=",
    "SESSION_SECRET=canary-0",
    "STRIPE_KEY=canary-sk-1",
    "CDN_HOST=cdn.canary.test",
    "CDN_URL=https://${CDN_HOST}/assets/${RELEASE:-latest}",
    "",
  ].join("\n"),
  ".env.local": "SESSION_SECRET=canary-local\n",
  ".env.development":
    "APP_NAME=shop-canary\nAPI_URL=http://localhost:3000/canary\nDATABASE_URL=postgres://localhost/canary\nLOG_LEVEL=debug-canary\n",
  ".env.production":
    "APP_NAME=shop-canary\nAPI_URL=https://api.shop/canary\nDATABASE_URL=postgres://db/canary\nLOG_LEVEL=info-canary\nSENTRY_DSN=https://canary@sentry\nSESSION_SECRET=canary-1\nSTRIPE_KEY=canary-sk-2\nFEATURE_FLAGS=canary-a,b\n",
  ".env.staging":
    "APP_NAME=shop-canary\nAPI_URL=https://api.shop/canary\nDATABASE_URL=postgres://db/canary\nLOG_LEVEL=info-canary\nSENTRY_DSN=https://canary@sentry\nSESSION_SECRET=canary-1\n",
  ".env.example": "APP_NAME=\nAPI_URL=\nDATABASE_URL=\nLOG_LEVEL=\nREDIS_URL=\nCDN_HOST=cdn.example.test\n",
  "packages/worker/.env": "QUEUE=canary\n",
};

function largeFiles(): Record<string, string> {
  const names = [
    "",
    ".local",
    ...Array.from({ length: environmentsOfLargeMatrix - 2 }, (_, at) => `.stage${at}`),
  ];
  const files: Record<string, string> = {};
  for (const [at, name] of names.entries()) {
    const lines: string[] = [];
    for (let key = 0; key < keysOfLargeMatrix; key += 1) {
      const id = `SERVICE_${String(key).padStart(4, "0")}_URL`;
      if (at > 1 && key % 97 === at) continue;
      lines.push(key % 89 === at ? `${id}=` : `${id}=canary-${key % 10 === 0 ? at % 3 : 0}`);
    }
    files[`.env${name}`] = `${lines.join("\n")}\n`;
  }
  return files;
}

/** The page of the webview in front. */
function page(): FrameLocator {
  return window.page.frameLocator("iframe.webview.ready >> visible=true").frameLocator("#active-frame");
}

function grid(): Locator {
  return page().getByRole("grid", { name: "Keys by environment" });
}

/** The row of a key. */
function row(key: string): Locator {
  return grid()
    .getByRole("row")
    .filter({ has: page().getByRole("rowheader", { name: key, exact: true }) });
}

/** The cell of a key in an environment, by the environment's place among the headers. */
function cell(key: string, environment: string): Locator {
  const at = columns.indexOf(environment) + 2;
  return row(key).locator(`[aria-colindex="${at}"]`);
}

/** What is written of the active cell below the table. */
function detail(text: string): Locator {
  return page().getByRole("region", { name: "Selected cell" }).getByText(text, { exact: true });
}

/** How many keys there are and how many values are shown, as it is said to screen readers. */
function count(words: string | RegExp): Locator {
  return page().getByRole("status").filter({ hasText: words });
}

/** The keys of the rows in the document, in order. */
async function keys(): Promise<string[]> {
  return await grid().getByRole("rowheader").allInnerTexts();
}

/** The states of a row, as a screen reader reads them. */
async function states(key: string): Promise<string[]> {
  const words = await row(key).locator(".value .hidden").allInnerTexts();
  return words;
}

async function press(...keys: readonly string[]): Promise<void> {
  for (const key of keys) await window.page.keyboard.press(key);
}

/** Text of the cell that has the keyboard. */
async function focusedCell(): Promise<{ row: string; column: string; text: string }> {
  return await grid()
    .locator(":focus")
    .evaluate((cell: CellElement) => ({
      row: cell.parentElement.getAttribute("aria-rowindex") ?? "",
      column: cell.getAttribute("aria-colindex") ?? "",
      text: cell.innerText,
    }));
}

async function pageText(): Promise<string> {
  return await page()
    .locator("html")
    .evaluate((html: CellElement) => html.outerHTML);
}

async function theme(name: string): Promise<void> {
  await window.runCommand("Preferences: Color Theme");
  await window.quickInput.fill(name);
  await window.quickInput.pick(name);
  await window.quickInput.waitUntilClosed();
}

describe("the environment matrix, on the packaged extension", () => {
  it("shows what is equal, differs, is empty or missing, and no value is in the page", async () => {
    await window.showActivity("Envpact");
    await window.clickViewAction("Environments", "Open Environment Matrix");
    await window.quickInput.pick("shop");
    await row("API_URL").waitFor({ timeout: waitMs });
    await window.screenshot("matrix-dark");
    const names = await grid().getByRole("columnheader").allInnerTexts();
    expect(names.map((name) => name.split("\n")[0])).toEqual([
      "Key",
      ".env",
      ".env.development",
      ".env.local",
      ".env.production",
      ".env.staging",
      ".env.example",
    ]);
    const elsewhere = "not set here, taken from another file";
    expect(await states("APP_NAME")).toEqual(["equal", "equal", elsewhere, "equal", "equal", "empty"]);
    expect(await states("DATABASE_URL")).toEqual([
      "equal, value A",
      "equal, value A",
      elsewhere,
      "differs, value B",
      "differs, value B",
      "empty",
    ]);
    expect(await states("REDIS_URL")).toEqual([
      "missing",
      "missing",
      "missing",
      "missing",
      "missing",
      "empty",
    ]);
    const alone = ["only here", elsewhere, elsewhere, elsewhere, elsewhere, "the example's value"];
    expect(await states("CDN_HOST")).toEqual(alone);
    await page()
      .getByText(/Only here$/)
      .waitFor();
    expect(await pageText()).not.toContain(canary);
  });

  it("counts no key as different whose value only the example has otherwise", async () => {
    const differs = page().getByRole("button", { name: /^Differs/ });
    await differs.click();
    await count("5 of 11 keys").waitFor();
    expect(await keys()).toEqual(["API_URL", "DATABASE_URL", "LOG_LEVEL", "SESSION_SECRET", "STRIPE_KEY"]);
    await differs.click();
    await count("11 keys").waitFor();
  });

  it("goes from cell to cell with the keys of a grid, one of them in the tab order", async () => {
    await cell("APP_NAME", ".env").click();
    expect(await focusedCell()).toMatchObject({ row: "2", column: "2" });
    await press("ArrowDown", "ArrowRight");
    expect(await focusedCell()).toMatchObject({ row: "3", column: "3" });
    await press("End");
    expect(await focusedCell()).toMatchObject({ row: "3", column: "7" });
    await press("Home");
    expect(await focusedCell()).toMatchObject({ row: "3", column: "1", text: "API_URL" });
    await press("Control+End");
    expect(await focusedCell()).toMatchObject({ row: "12", column: "7" });
    await press("Control+Home", "ArrowUp");
    expect(await focusedCell()).toMatchObject({ row: "1", column: "1", text: "Key\n11 keys" });
    expect(await grid().locator("[tabindex='0']").count()).toBe(1);
    await press("PageDown");
    expect((await focusedCell()).row).toBe("12");
  });

  it("reveals one cell with Space, and a second press hides it again", async () => {
    await cell("API_URL", ".env.production").click();
    await detail("API_URL in .env.production").waitFor();
    await detail("line 2 · same as .env.staging; differs from .env, .env.development").waitFor();
    await press("Space");
    await cell("API_URL", ".env.production").getByText("https://api.shop/canary").waitFor();
    await count(/^11 keys, 1 value shown$/).waitFor();
    expect(await pageText()).not.toContain("https://api.test/canary");
    expect(await pageText()).not.toMatch(/(aria-label|title)="[^"]*canary/);
    await window.screenshot("matrix-revealed");
    await press("Space");
    await expect.poll(pageText).not.toContain(canary);
    await count(/^11 keys$/).waitFor();
    expect(await focusedCell()).toMatchObject({ row: "3", column: "5" });
  });

  it("edits with Enter, in the file and nowhere else, and shows at once what has become equal", async () => {
    await cell("LOG_LEVEL", ".env.development").click();
    await press("Enter");
    await window.quickInput.answer("info-canary", /Value of LOG_LEVEL in .env.development/);
    await expect
      .poll(() => states("LOG_LEVEL"))
      .toEqual(["equal", "equal", expect.any(String), "equal", "equal", "empty"]);
    expect(await readFile(join(shop, ".env.development"), "utf8")).toBe(
      shopFiles[".env.development"]?.replace("debug-canary", "info-canary"),
    );
    await expect.poll(focusedCell).toMatchObject({ row: "5", column: "3" });
  });

  it("offers a menu by key and by button: copies a value, and copies a cell across to another environment", async () => {
    await cell("STRIPE_KEY", ".env.production").click();
    await press("Shift+F10");
    await page().getByRole("menuitem", { name: "Reveal Value" }).waitFor();
    await window.screenshot("matrix-menu");
    await press("ArrowDown", "ArrowDown", "ArrowDown", "Enter");
    await window.quickInput.waitFor(/Environments that get STRIPE_KEY/);
    await window.quickInput.toggle(".env.staging");
    await window.quickInput.accept();
    await expect
      .poll(() => readFile(join(shop, ".env.staging"), "utf8"))
      .toContain("STRIPE_KEY=canary-sk-2\n");
    await expect.poll(async () => (await states("STRIPE_KEY"))[4]).toBe("differs, value B");
    await cell("STRIPE_KEY", ".env.production").click();
    await page().getByRole("button", { name: "More…" }).click();
    await page().getByRole("menuitem", { name: "Copy Value" }).waitFor();
    await press("Escape");
    await page().getByRole("menu").waitFor({ state: "hidden" });
    await cell("STRIPE_KEY", ".env.production").click();
    await press("Control+C");
    await window.statusItem(/Copied the value of STRIPE_KEY/).waitFor();
  });

  it("fills what is missing from the example after a look at the keys", async () => {
    await page().getByRole("button", { name: "Fill Missing…" }).click();
    await window.quickInput.pick(".env", /Environment that gets the keys it lacks/);
    await window.quickInput.pick(".env.example", /Where .env gets them from/);
    await window.quickInput.waitFor(/Keys of .env.example to add to .env, with their values/);
    expect((await window.quickInput.state())?.rows.join()).toMatch(/^REDIS_URL ∅ empty$/);
    await window.quickInput.accept();
    await expect.poll(() => readFile(join(shop, ".env"), "utf8")).toContain("REDIS_URL=\n");
    await expect.poll(async () => (await states("REDIS_URL"))[0]).toBe("empty");
  });

  it("leaves rows by state and by name, and says how many", async () => {
    await page()
      .getByRole("button", { name: /^Differs/ })
      .click();
    await count(/^\d of 11 keys$/).waitFor();
    await row("APP_NAME").waitFor({ state: "detached" });
    await row("SESSION_SECRET").waitFor();
    await page().getByRole("searchbox").fill("url");
    await count("2 of 11 keys").waitFor();
    expect(await keys()).toEqual(["API_URL", "DATABASE_URL"]);
    await page().getByRole("searchbox").fill("nothing of this name");
    await page().getByText("No key passes the filter.").waitFor();
    await window.screenshot("matrix-nothing");
    await page().getByRole("button", { name: "Show All Keys" }).click();
    await count(/^11 keys$/).waitFor();
  });

  it("follows a file that another program changes", async () => {
    const text = await readFile(join(shop, ".env.staging"), "utf8");
    await writeFile(join(shop, ".env.staging"), text.replace(/^STRIPE_KEY=.*\n/m, ""));
    await expect
      .poll(async () => (await states("STRIPE_KEY"))[4], { timeout: waitMs })
      .toMatch(/^not set here/);
  });

  it("keeps folder, filter and place over a reload of the window, masked", async () => {
    await page().getByRole("searchbox").fill("s");
    await count("7 of 11 keys").waitFor();
    await row("API_URL").waitFor({ state: "detached" });
    await cell("STRIPE_KEY", ".env.production").click();
    await press("Space");
    await cell("STRIPE_KEY", ".env.production").getByText("canary-sk-2").waitFor();
    await Promise.all([window.page.waitForEvent("load"), window.runCommand("Developer: Reload Window")]);
    await row("STRIPE_KEY").waitFor({ timeout: waitMs });
    expect(await page().getByRole("searchbox").inputValue()).toBe("s");
    await detail("STRIPE_KEY in .env.production").waitFor();
    expect(await pageText()).not.toContain(canary);
    await page().getByRole("searchbox").fill("");
    await row("API_URL").waitFor();
  });

  it("goes to another folder by its list", async () => {
    await page().getByRole("combobox", { name: "Folder" }).selectOption("packages/worker");
    await row("QUEUE").waitFor();
    expect(await keys()).toEqual(["QUEUE"]);
    await page().getByRole("combobox", { name: "Folder" }).selectOption("shop");
    await row("API_URL").waitFor();
  });

  it("is readable in a light and in high-contrast themes, and in a narrow editor", async () => {
    for (const [name, picture] of [
      ["Light Modern", "light"],
      ["Dark High Contrast", "high-contrast"],
      ["Light High Contrast", "high-contrast-light"],
    ] as const) {
      await theme(name);
      await cell("DATABASE_URL", ".env.staging").click();
      await press("Space");
      await cell("DATABASE_URL", ".env.staging").getByText("postgres://db/canary").waitFor();
      await window.screenshot(`matrix-${picture}`);
      await press("Space");
      await expect.poll(pageText).not.toContain(canary);
    }
    await theme("Dark Modern");
    await window.page.setViewportSize({ width: 760, height: 700 });
    await cell("DATABASE_URL", ".env").click();
    await press("End");
    const {
      grid: outer,
      page: whole,
      key,
    } = await grid().evaluate((element: GridElement) => ({
      grid: element.scrollWidth > element.clientWidth,
      page:
        element.ownerDocument.documentElement.scrollWidth <=
        element.ownerDocument.documentElement.clientWidth,
      key: element.querySelector("[role=rowheader]")?.getBoundingClientRect().left,
    }));
    expect({ outer, whole, key }).toEqual({ outer: true, whole: true, key: 0 });
    await window.screenshot("matrix-narrow");
    await window.page.setViewportSize({ width: 1400, height: 900 });
  });

  it("explains a value: the file that wins, what it shadows, where each reference came from", async () => {
    await cell("API_URL", ".env.production").click();
    await press("Shift+F10");
    await page().getByRole("menuitem", { name: "Explain Value" }).click();
    await page().getByRole("heading", { name: "API_URL" }).waitFor({ timeout: waitMs });
    await page().getByText(".env.production wins and shadows .env.").waitFor();
    await page().getByText("Next.js was found in this folder's dependencies.").waitFor();
    expect(await pageText()).not.toContain(canary);
    await page().getByRole("button", { name: "Reveal the effective value" }).click();
    await page().getByText("https://api.shop/canary").waitFor();
    await window.screenshot("explain-value");
    await page().getByRole("combobox", { name: "Mode" }).selectOption("development");
    await page().getByText(".env.development wins and shadows .env.").waitFor();
    await page()
      .getByRole("combobox", { name: "Convention" })
      .selectOption({ label: "This file only (dotenv)" });
    await page().getByText(".env.production wins.").waitFor();
    await window.runCommand("View: Close All Editors");
    await window.editor.open(".env");
    await window.editor.goToLine(10);
    await window.runCommand("Envpact: Explain Value");
    await page().getByRole("heading", { name: "CDN_URL" }).waitFor({ timeout: waitMs });
    await page().getByText("is not set, so its default counts").waitFor();
    await window.screenshot("explain-references");
    await theme("Light Modern");
    await window.screenshot("explain-light");
    await theme("Dark High Contrast");
    await window.screenshot("explain-high-contrast");
    await theme("Dark Modern");
    await page().getByRole("listitem").getByRole("button", { name: ".env" }).click();
    await window.editor.waitForText("CDN_HOST=");
    await window.runCommand("View: Close All Editors");
  });

  it("scrolls through 2,000 keys in 12 environments with the rows of one screen in the document", async () => {
    await window.close();
    window = await scene.window(await scene.machine.folder("large", largeFiles()));
    await window.showActivity("Envpact");
    await window.runCommand("Envpact: Open Environment Matrix");
    await row(keyOf(0)).waitFor({ timeout: waitMs });
    expect(await grid().getAttribute("aria-rowcount")).toBe(String(keysOfLargeMatrix + 1));
    expect(await grid().getAttribute("aria-colcount")).toBe(String(environmentsOfLargeMatrix + 1));
    for (const at of [970, 1_999, 300, 1_500, 0]) {
      await grid().evaluate((element: GridElement, top) => element.scrollTo(0, top), at * 30);
      await row(keyOf(at)).locator(".value .hidden").last().waitFor({ state: "attached" });
      expect(await states(keyOf(at))).toEqual(expectedStates(at));
      expect(await grid().getByRole("row").count()).toBeLessThan(rowsInDocumentMax);
    }
    await cell(keyOf(0), ".env").click();
    await press("Control+End");
    await expect.poll(focusedCell).toMatchObject({ row: "2001", column: "13" });
    await row(keyOf(1_999)).locator(".value .hidden").last().waitFor({ state: "attached" });
    await window.screenshot("matrix-large");
    for (let turn = 0; turn < 5; turn += 1) await press("PageUp");
    await expect.poll(async () => Number((await focusedCell()).row)).toBeLessThan(1_950);
    const before = await focusedCell();
    await grid().evaluate((element: GridElement) => element.scrollTo(0, 0));
    await row(keyOf(0)).waitFor();
    expect(await focusedCell()).toMatchObject({ row: before.row, column: before.column });
    expect(await grid().getByRole("row").count()).toBeLessThan(rowsInDocumentMax);
  });
});

function keyOf(at: number): string {
  return `SERVICE_${String(at).padStart(4, "0")}_URL`;
}

/** What the files of {@link largeFiles} say of a key, column by column: `.env`, `.env.local`, then the stages. */
function expectedStates(key: number): string[] {
  const values = Array.from({ length: environmentsOfLargeMatrix }, (_, at) => {
    if (at > 1 && key % 97 === at) return undefined;
    return key % 89 === at ? "" : key % 10 === 0 ? at % 3 : 0;
  });
  // Stages are shown by name, so stage10 would stand before stage2; there are ten, 0 to 9.
  const order = [0, 1, ...Array.from({ length: environmentsOfLargeMatrix - 2 }, (_, at) => at + 2)];
  const set = [
    ...new Set(order.map((at) => values[at]).filter((value) => value !== undefined && value !== "")),
  ];
  return order.map((at) => {
    const value = values[at];
    if (value === undefined) return "not set here, taken from another file";
    if (value === "") return "empty";
    const letter = set.length > 1 ? `, value ${"ABC"[set.indexOf(value)]}` : "";
    return `${value === set[0] ? "equal" : "differs"}${letter}`;
  });
}

/** The little of the DOM that is read in the page: the project is type-checked without the DOM's types. */
interface GridElement {
  readonly scrollWidth: number;
  readonly clientWidth: number;
  readonly ownerDocument: { readonly documentElement: GridElement };
  querySelector(selector: string): GridElement | null;
  getBoundingClientRect(): { readonly left: number };
  scrollTo(left: number, top: number): void;
}

interface CellElement {
  readonly innerText: string;
  readonly outerHTML: string;
  readonly parentElement: CellElement;
  getAttribute(name: string): string | null;
}
