import assert from "node:assert/strict";
import { afterEach, before, describe, it } from "mocha";
import * as vscode from "vscode";
import { CloakedText, linesToCloak } from "../../src/extension/editor/cloakedText.ts";
import { activated } from "./environments-workspace.ts";
import {
  assertNoValue,
  canary,
  leaveScene,
  open,
  pathOf,
  positionOf,
  scene,
  uriOf,
} from "./language-scene.ts";

const files = {
  ".env": [
    "# --- Database ---",
    `DB_HOST=${canary}.test`,
    "DB_PORT=5432",
    `DB_URL="postgres://\${DB_HOST}:$DB_PORT/${canary}"`,
    "",
    "## Mail",
    "MAIL_FROM=",
    `# MAIL_KEY=${canary}`,
    `CERTIFICATE="-----BEGIN`,
    `${canary}`,
    `-----END"`,
    "",
  ].join("\n"),
  ".env.local": `DB_HOST=${canary}.local\n`,
  ".env.production": `DB_HOST=${canary}.test\nDB_PORT=1\nEXTRA=${canary}\n`,
  ".env.example": "DB_HOST=\nDB_PORT=\nMAIL_FROM=\nNEW_KEY=\n",
  ".env.schema": [
    "# The mode in which the program runs.",
    "# @required @type=enum(dev, prod) @docs(https://example.test/mode)",
    "MODE=dev",
    "",
    "# Whether it says more.",
    '# @optional @type=boolean @deprecated="Use MODE"',
    "VERBOSE=",
    "",
  ].join("\n"),
};

async function hoverText(document: vscode.TextDocument, position: vscode.Position): Promise<string> {
  const command = "vscode.executeHoverProvider";
  const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(command, document.uri, position);
  return hovers
    .flatMap(({ contents }) => contents)
    .map((content) => (content as vscode.MarkdownString).value)
    .join("\n");
}

describe("language features: reading a .env file", () => {
  before(activated);
  afterEach(leaveScene);

  it("shows on hover where a key is set, where it differs and where it is missing, and no value", async () => {
    await scene(files);
    const { document } = await open(".env");
    const host = await hoverText(document, positionOf(document, "DB_HOST", 2));
    assert.match(host, /DB\\_HOST/);
    assert.match(host, /≠ \[\\\.env\\\.local\]\([^)]*#L1%2C1\) · another value/);
    assert.match(host, /= \[\\\.env\\\.production\]\(.*\) · the same value/);
    assert.match(host, /∅ \[\\\.env\\\.example\]\(.*\) · empty \(example\)/);
    assert.match(host, /••••/);
    const port = await hoverText(document, positionOf(document, "$DB_PORT", 3));
    assert.match(port, /\\\.env\\\.production/);
    assert.ok(!/missing/.test(port), ".env.local only overrides .env");
    const certificate = await hoverText(document, positionOf(document, "CERTIFICATE"));
    assert.match(certificate, /↑ \\\.env\\\.production · not set there, taken from \\\.env$/m);
    assert.ok(!/missing/.test(certificate), "every file gets it from .env");
    const production = (await open(".env.production")).document;
    const extra = await hoverText(production, positionOf(production, "EXTRA"));
    assert.match(extra, /– \\\.env · missing/);
    assertNoValue(extra);
    const commented = await hoverText(document, positionOf(document, "MAIL_KEY"));
    assert.match(commented, /commented out/);
    for (const text of [host, port, certificate, commented]) assertNoValue(text);
  });

  it("shows a value on hover only after it was asked for, and not after it was hidden", async () => {
    await scene(files);
    const { services } = await activated();
    const { document } = await open(".env");
    const position = positionOf(document, "DB_HOST", 2);
    const link = /\(command:(envpact\.\w+)\?([^)]+)\)/;
    const [, reveal = "", given = ""] = link.exec(await hoverText(document, position)) ?? [];
    await vscode.commands.executeCommand(reveal, ...JSON.parse(decodeURIComponent(given)));
    assert.ok(services.revealed.isRevealed(document.uri, "DB_HOST"));
    const shown = await hoverText(document, position);
    assert.match(shown, new RegExp(`${canary}\\.test`));
    assert.ok(!shown.includes(`${canary}.local`), "the values of other environments stay hidden");
    const [, hide = "", same = ""] = link.exec(shown) ?? [];
    await vscode.commands.executeCommand(hide, ...JSON.parse(decodeURIComponent(same)));
    assertNoValue(await hoverText(document, position));
  });

  it("shows nothing on hover of a $ that may be a piece of a password, and what it knows of a real name", async () => {
    await scene({
      ".env": `PASSWORD=pa$${canary}\nBRACED=\${HOTS}\nPORT=$DB_PORT\n`,
      ".env.local": "DB_PORT=1\n",
    });
    const { document } = await open(".env");
    assert.equal(await hoverText(document, positionOf(document, `$${canary}`, 3)), "");
    assert.match(await hoverText(document, positionOf(document, "HOTS", 1)), /HOTS/);
    assert.match(await hoverText(document, positionOf(document, "$DB_PORT", 3)), /\\\.env\\\.local/);
  });

  it("shows on hover what the schema says", async () => {
    await scene({ ...files, ".env": `MODE=dev\nVERBOSE=true\n` });
    const { document } = await open(".env");
    const mode = await hoverText(document, positionOf(document, "MODE"));
    assert.match(mode, /`enum\(dev, prod\)`, required/);
    assert.match(mode, /The&nbsp;mode|The mode/);
    assert.match(mode, /\(https:\/\/example\.test\/mode\)/);
    assert.match(await hoverText(document, positionOf(document, "VERBOSE")), /Deprecated/);
  });

  it("lists names and headings in the outline", async () => {
    await scene(files);
    const { document } = await open(".env");
    const symbols = await vscode.commands.executeCommand<vscode.DocumentSymbol[]>(
      "vscode.executeDocumentSymbolProvider",
      document.uri,
    );
    const tree = symbols.map(({ name, children }) => [name, children.map((child) => child.name)]);
    assert.deepEqual(tree, [["Database", ["DB_HOST", "DB_PORT", "DB_URL", "Mail"]]]);
    const mail = symbols[0]?.children[3]?.children.map(({ name, kind }) => [name, kind]);
    assert.deepEqual(mail, [
      ["MAIL_FROM", vscode.SymbolKind.Key],
      ["CERTIFICATE", vscode.SymbolKind.Key],
    ]);
    assertNoValue(symbols);
  });

  it("folds by headings and values of several lines", async () => {
    await scene(files);
    const { document } = await open(".env");
    const ranges = await vscode.commands.executeCommand<vscode.FoldingRange[]>(
      "vscode.executeFoldingRangeProvider",
      document.uri,
    );
    assert.deepEqual(
      ranges.map(({ start, end }) => [start, end]),
      [
        [0, 10],
        [5, 10],
        [8, 10],
      ],
    );
  });

  it("marks the other places of a name, and leads from a reference to where it is set", async () => {
    await scene({ ...files, ".env.test": "URL=$DB_HOST$EXTRA\n" });
    const { document } = await open(".env");
    const highlights = await vscode.commands.executeCommand<vscode.DocumentHighlight[]>(
      "vscode.executeDocumentHighlights",
      document.uri,
      positionOf(document, "DB_HOST", 1),
    );
    assert.deepEqual(
      highlights.map(({ range, kind }) => [document.getText(range), kind]),
      [
        ["DB_HOST", vscode.DocumentHighlightKind.Write],
        ["DB_HOST", vscode.DocumentHighlightKind.Read],
      ],
    );
    const definitions = async (of: vscode.TextDocument, position: vscode.Position): Promise<string[]> => {
      const command = "vscode.executeDefinitionProvider";
      const links = await vscode.commands.executeCommand<vscode.LocationLink[]>(command, of.uri, position);
      return links.map(({ targetUri, targetSelectionRange }) => {
        return `${targetUri.path.split("/").at(-1)}:${targetSelectionRange?.start.line}`;
      });
    };
    assert.deepEqual(await definitions(document, positionOf(document, "${DB_HOST", 4)), [".env:1"]);
    assert.deepEqual(await definitions(document, positionOf(document, "DB_HOST")), [
      ".env:1",
      ".env.example:0",
    ]);
    const test = (await open(".env.test")).document;
    assert.deepEqual(await definitions(test, positionOf(test, "$EXTRA", 2)), [".env.production:2"]);
  });

  it("offers keys that are missing here, names in references, and the schema's values, and no others", async () => {
    await scene({ ...files, ".env.local": `M\nMODE=\nVERBOSE="\${DB_\nS='$'\nDB_HOST=${canary}\n` });
    const { document } = await open(".env.local");
    const offered = async (position: vscode.Position): Promise<vscode.CompletionItem[]> => {
      const command = "vscode.executeCompletionItemProvider";
      const { items } = await vscode.commands.executeCommand<vscode.CompletionList>(
        command,
        document.uri,
        position,
      );
      assertNoValue(items);
      return items;
    };
    const labels = (items: vscode.CompletionItem[]): string[] => items.map(({ label }) => String(label));
    const keys = await offered(new vscode.Position(0, 1));
    assert.deepEqual(labels(keys), ["DB_PORT", "DB_URL", "MAIL_FROM", "CERTIFICATE", "EXTRA", "NEW_KEY"]);
    const port = keys.find(({ label }) => label === "DB_PORT");
    assert.equal(port?.insertText, "DB_PORT=");
    assert.equal(port?.detail, "missing here, in .env, .env.production, .env.example");
    assert.deepEqual(labels(await offered(new vscode.Position(1, 5))), ["dev", "prod"]);
    const references = await offered(new vscode.Position(2, 14));
    assert.ok(labels(references).includes("DB_HOST") && labels(references).includes("EXTRA"));
    assert.ok(!labels(references).includes("VERBOSE"), "a key does not refer to itself");
    assert.equal(references.find(({ label }) => label === "EXTRA")?.insertText, "EXTRA}");
    assert.deepEqual(labels(await offered(new vscode.Position(3, 4))), []);
  });

  it("takes each file for itself where the user says so", async () => {
    await scene({ ".env": `A=${canary}\n`, ".env.production": "B=1\n", ".env.local": "C=1\n" });
    const setting = vscode.workspace.getConfiguration("envpact");
    const { knowledge } = (await activated()).services;
    const without = async (): Promise<unknown> => {
      const { missingIn, inheritedIn } = await knowledge.factsOf("A", uriOf(".env"));
      return { missingIn, inheritedIn: inheritedIn.map(({ name }) => name) };
    };
    assert.deepEqual(await without(), { missingIn: [], inheritedIn: [".env.local", ".env.production"] });
    await setting.update("convention", "plain", vscode.ConfigurationTarget.Workspace);
    try {
      assert.deepEqual(await without(), { missingIn: [".env.production"], inheritedIn: [".env.local"] });
    } finally {
      await setting.update("convention", undefined, vscode.ConfigurationTarget.Workspace);
    }
  });

  it("completes decorators in a schema", async () => {
    await scene({ ".env.schema": "# @\nA=1\n" });
    const { document } = await open(".env.schema");
    const { items } = await vscode.commands.executeCommand<vscode.CompletionList>(
      "vscode.executeCompletionItemProvider",
      document.uri,
      new vscode.Position(0, 3),
    );
    const labels = items.map(({ label }) => String(label));
    for (const decorator of ["@required", "@type", "@sensitive"]) {
      assert.ok(
        labels.some((label) => label.startsWith(decorator)),
        `${decorator}: ${labels.join(" ")}`,
      );
    }
  });

  it("stays quick in a file of 20,000 keys", async () => {
    const text = Array.from({ length: 20_000 }, (_, index) => `KEY_${index}=\${KEY_${index - 1}}\n`).join("");
    await scene({ ".env": text, ".env.local": "KEY_7=1\n" });
    const { document } = await open(".env");
    const position = positionOf(document, "KEY_19999");
    // The first hover also waits for the window to settle around the new file.
    assert.match(await hoverText(document, position), /KEY\\_19999/);
    const began = performance.now();
    await hoverText(document, positionOf(document, "KEY_10000="));
    await vscode.commands.executeCommand("vscode.executeDocumentHighlights", document.uri, position);
    const took = performance.now() - began;
    assert.ok(took < 2_000, `hover and highlights took ${took} ms`);
  });

  it("cloaks what is on the screen of a file of 100,000 values without placing all of them", async () => {
    const line = (at: number): string => `SERVICE_${at}_URL="https://${canary}-${at}.example.test"`;
    await scene({ ".env": Array.from({ length: 100_000 }, (_, at) => `${line(at)}\n`).join("") });
    const { document } = await open(".env");
    const text = new CloakedText(document);
    assert.equal(text.count, 100_000);
    const lines = linesToCloak(text.count, document.lineCount, { first: 50_000, last: 50_040 });
    const ranges = text.between(lines.first, lines.last);
    assert.ok(lines.first < 49_800 && lines.last > 50_240, "slow scrolling finds them cloaked");
    assert.equal(ranges.length, lines.last - lines.first + 1);
    assert.ok(ranges.length < 2_000, `${ranges.length} decorations take VS Code too long`);
    for (const range of ranges) assert.match(document.getText(range), /^"https:.*"$/);
    assert.deepEqual(linesToCloak(900, 1_000, { first: 0, last: 40 }), { first: 0, last: 999 });
  });

  it("knows for a file of code the environments in the nearest folder above it, else all", async () => {
    await scene({
      "app/.env": `URL=${canary}\nONLY_APP=1\n`,
      "app/.env.test": `URL=\n`,
      "app/.env.example": `URL=${canary}\n`,
      "app/src/deep/main.ts": "process.env.URL;\n",
      "worker/.env": `URL=${canary}\n`,
      "tools/run.ts": "process.env.URL;\n",
    });
    const { knowledge } = (await activated()).services;
    const facts = await knowledge.factsOf("URL", uriOf("app/src/deep/main.ts"));
    assert.deepEqual(
      facts.places.map(({ name, kind, state, range }) => [name, kind, state, range.end.character]),
      [
        [".env", "environment", "equal", 3],
        [".env.test", "environment", "empty", 3],
        [".env.example", "example", "equal", 3],
      ],
    );
    const { missingIn, inheritedIn } = await knowledge.factsOf("ONLY_APP", uriOf("app/src/deep/main.ts"));
    assert.deepEqual([missingIn, inheritedIn], [[], [{ name: ".env.test", from: ".env" }]]);
    assert.deepEqual(await knowledge.keysNear(uriOf("app/src/deep/main.ts")), ["URL", "ONLY_APP"]);
    const all = await knowledge.factsOf("URL", uriOf("tools/run.ts"));
    const names = all.places.map(({ name }) => name);
    assert.deepEqual(names, [
      pathOf("app/.env"),
      pathOf("app/.env.test"),
      pathOf("worker/.env"),
      pathOf("app/.env.example"),
    ]);
    assertNoValue([facts, all]);
  });
});
