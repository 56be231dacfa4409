import * as vscode from "vscode";
import { scanCode } from "../../code/scan.ts";
import { codeFileBytesMax, isIdentifier, usageAt } from "../../code/usage.ts";
import { occurrenceAt, occurrencesOf } from "../../dotenv/occurrences.ts";
import { headline, placesPart, schemaParts } from "../editor/hover.ts";
import { isLintable, lintableSelector } from "../editor/lintable.ts";
import { parsedDocument } from "../editor/parsedDocuments.ts";
import type { EnvironmentServices } from "../services/environments.ts";
import { rangeIn } from "../services/keyKnowledge.ts";
import { codeSelector, familyOfDocument, rangeOf, usageAtPosition } from "./codeFiles.ts";
import type { CodeIndex } from "./codeIndex.ts";
import { folderScope, type Scope, scopeOf, within } from "./codeScope.ts";

/** What opens a list of names: the last character of `env.`, `["`, `('`, `${`. */
const triggers: readonly string[] = [".", '"', "'", "`", "{"];

/** A name that is offered, and the file that it is offered in. */
class NameItem extends vscode.CompletionItem {
  readonly near: vscode.Uri;

  constructor(name: string, near: vscode.Uri) {
    super(name, vscode.CompletionItemKind.Constant);
    this.near = near;
  }
}

/** Offers the keys of the environments near a file of code where a name is expected; never a value. */
class CodeCompletion implements vscode.CompletionItemProvider<NameItem> {
  readonly #services: EnvironmentServices;

  constructor(services: EnvironmentServices) {
    this.#services = services;
  }

  async provideCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
  ): Promise<NameItem[]> {
    const family = familyOfDocument(document);
    const text = document.getText();
    if (family === undefined || text.length > codeFileBytesMax) return [];
    const offset = document.offsetAt(position);
    const usage = usageAt(scanCode(text, family, { incomplete: true }), offset);
    if (!usage) return [];
    const inserting = new vscode.Range(document.positionAt(usage.nameSpan.start), position);
    const replacing = inserting.with(undefined, document.positionAt(usage.nameSpan.end));
    const keys = await this.#services.knowledge.keysNear(document.uri);
    const needsIdentifier = usage.form !== "text" || family === "shell" || family === "compose";
    return keys
      .filter((key) => !needsIdentifier || isIdentifier(key))
      .map((key) => Object.assign(new NameItem(key, document.uri), { range: { inserting, replacing } }));
  }

  async resolveCompletionItem(item: NameItem): Promise<NameItem> {
    const name = String(item.label);
    const facts = await this.#services.knowledge.factsOf(name, item.near);
    const parts = [...schemaParts(facts.schema), placesPart(facts, item.near)];
    item.documentation = new vscode.MarkdownString(parts.map(({ value }) => value).join("\n\n"), true);
    return item;
  }
}

/** Where a variable is defined, where it is missing and what its type is; its value stays in the files. */
class CodeHover implements vscode.HoverProvider {
  readonly #services: EnvironmentServices;

  constructor(services: EnvironmentServices) {
    this.#services = services;
  }

  async provideHover(
    document: vscode.TextDocument,
    position: vscode.Position,
  ): Promise<vscode.Hover | undefined> {
    const found = usageAtPosition(document, position);
    if (!found) return undefined;
    const { name, nameSpan } = found.usage;
    const facts = await this.#services.knowledge.factsOf(name, document.uri);
    if (facts.places.length === 0 && facts.missingIn.length === 0 && !facts.schema) return undefined;
    const parts = [
      headline({ name, span: nameSpan, kind: "reference" }, facts.schema),
      ...schemaParts(facts.schema),
      placesPart(facts, document.uri),
    ];
    return new vscode.Hover(parts, rangeOf(found.usage));
  }
}

/** From code to the lines of the environments, examples last. */
class CodeDefinitions implements vscode.DefinitionProvider {
  readonly #services: EnvironmentServices;

  constructor(services: EnvironmentServices) {
    this.#services = services;
  }

  async provideDefinition(
    document: vscode.TextDocument,
    position: vscode.Position,
  ): Promise<vscode.DefinitionLink[]> {
    const found = usageAtPosition(document, position);
    if (!found) return [];
    const { places } = await this.#services.knowledge.factsOf(found.usage.name, document.uri);
    return places.map(({ uri, range }) => ({
      originSelectionRange: rangeOf(found.usage),
      targetUri: uri,
      targetRange: range,
      targetSelectionRange: range,
    }));
  }
}

/** From code to everything: the other code, and the environments with what refers to the key in them. */
class CodeReferences implements vscode.ReferenceProvider {
  readonly #services: EnvironmentServices;
  readonly #index: CodeIndex;

  constructor(services: EnvironmentServices, index: CodeIndex) {
    this.#services = services;
    this.#index = index;
  }

  async provideReferences(
    document: vscode.TextDocument,
    position: vscode.Position,
    { includeDeclaration }: vscode.ReferenceContext,
  ): Promise<vscode.Location[]> {
    const found = usageAtPosition(document, position);
    if (!found) return [];
    const { name } = found.usage;
    const { knowledge } = this.#services;
    const inCode = await codeLocations(
      this.#services,
      this.#index,
      name,
      await scopeOf(knowledge, document.uri),
    );
    const environments = (await knowledge.documentsNear(document.uri)).flatMap(({ file, document: parsed }) =>
      occurrencesOf(parsed, name)
        .filter(({ kind }) => includeDeclaration || kind !== "assignment")
        .map(({ span }) => new vscode.Location(file.uri, rangeIn(parsed, span))),
    );
    return [...environments, ...inCode];
  }
}

/** From a key of an environment to the code; what refers to it in environments is told by another provider. */
class KeyUsages implements vscode.ReferenceProvider {
  readonly #services: EnvironmentServices;
  readonly #index: CodeIndex;

  constructor(services: EnvironmentServices, index: CodeIndex) {
    this.#services = services;
    this.#index = index;
  }

  async provideReferences(
    document: vscode.TextDocument,
    position: vscode.Position,
  ): Promise<vscode.Location[]> {
    if (!isLintable(document)) return [];
    const found = occurrenceAt(parsedDocument(document), document.offsetAt(position));
    if (!found) return [];
    return codeLocations(this.#services, this.#index, found.name, folderScope(document.uri));
  }
}

async function codeLocations(
  { knowledge }: EnvironmentServices,
  index: CodeIndex,
  name: string,
  scope: Scope,
): Promise<vscode.Location[]> {
  const files = await within(knowledge, await index.usagesOf(name), scope);
  return files.flatMap(({ uri, usages }) => usages.map((usage) => new vscode.Location(uri, rangeOf(usage))));
}

/** Registers completion, hover, definition and references for code, and references from keys to code. */
export function registerCodeProviders(services: EnvironmentServices, index: CodeIndex): vscode.Disposable {
  const { languages } = vscode;
  return vscode.Disposable.from(
    languages.registerCompletionItemProvider(codeSelector, new CodeCompletion(services), ...triggers),
    languages.registerHoverProvider(codeSelector, new CodeHover(services)),
    languages.registerDefinitionProvider(codeSelector, new CodeDefinitions(services)),
    languages.registerReferenceProvider(codeSelector, new CodeReferences(services, index)),
    languages.registerReferenceProvider(lintableSelector, new KeyUsages(services, index)),
  );
}
