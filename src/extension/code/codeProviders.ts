import * as vscode from "vscode";
import { scanCode } from "../../code/scan.ts";
import { codeFileBytesMax, isIdentifier, usageAt } from "../../code/usage.ts";
import { headline, placesPart, schemaParts } from "../editor/hover.ts";
import { lintableSelector } from "../editor/lintable.ts";
import { occurrenceUnder } from "../editor/occurrenceUnder.ts";
import { referenceLocations } from "../editor/relatedDocuments.ts";
import type { EnvironmentServices } from "../services/environments.ts";
import type { KeyKnowledge } from "../services/keyKnowledge.ts";
import { codeSelector, familyOfDocument, rangeOf } from "./codeFiles.ts";
import type { CodeIndex } from "./codeIndex.ts";
import { folderScope, type Scope, scopeOf, variableAt, within } from "./codeScope.ts";

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
function codeCompletion(
  { knowledge }: EnvironmentServices,
  index: CodeIndex,
): vscode.CompletionItemProvider<NameItem> {
  return {
    async provideCompletionItems(document, position) {
      const family = familyOfDocument(document);
      const text = document.getText();
      if (family === undefined || text.length > codeFileBytesMax) return [];
      const offset = document.offsetAt(position);
      const usage = usageAt(scanCode(text, family, { incomplete: true }).usages, offset);
      if (!usage || !(await index.counts(document, usage))) return [];
      const inserting = new vscode.Range(document.positionAt(usage.nameSpan.start), position);
      const replacing = inserting.with(undefined, document.positionAt(usage.nameSpan.end));
      const keys = await knowledge.keysNear(document.uri);
      const needsIdentifier = usage.form !== "text" || family === "shell" || family === "compose";
      return keys
        .filter((key) => !needsIdentifier || isIdentifier(key))
        .map((key) => Object.assign(new NameItem(key, document.uri), { range: { inserting, replacing } }));
    },
    async resolveCompletionItem(item) {
      const facts = await knowledge.factsOf(String(item.label), item.near);
      const parts = [...schemaParts(facts.schema), placesPart(facts, item.near)];
      item.documentation = new vscode.MarkdownString(parts.map(({ value }) => value).join("\n\n"), true);
      return item;
    },
  };
}

/** Where a variable is defined, where it is missing and what its type is; its value stays in the files. */
function codeHover({ knowledge }: EnvironmentServices, index: CodeIndex): vscode.HoverProvider {
  return {
    async provideHover(document, position) {
      const usage = await variableAt(knowledge, index, document, position);
      if (!usage) return undefined;
      const { name, nameSpan } = usage;
      const facts = await knowledge.factsOf(name, document.uri);
      if (facts.places.length === 0 && facts.missingIn.length === 0 && !facts.schema) return undefined;
      const parts = [
        headline({ name, span: nameSpan, kind: "reference" }, facts.schema),
        ...schemaParts(facts.schema),
        placesPart(facts, document.uri),
      ];
      return new vscode.Hover(parts, rangeOf(usage));
    },
  };
}

/** From code to the lines of the environments, `.env` first; to the examples only where no environment has the key. */
function codeDefinitions({ knowledge }: EnvironmentServices, index: CodeIndex): vscode.DefinitionProvider {
  return {
    async provideDefinition(document, position) {
      const usage = (await index.usageAt(document, position))?.usage;
      if (!usage) return [];
      const originSelectionRange = rangeOf(usage);
      const { places } = await knowledge.factsOf(usage.name, document.uri);
      const real = places.filter(({ kind }) => kind === "environment");
      return (real.length > 0 ? real : places).map(
        ({ uri, range }): vscode.DefinitionLink => ({
          originSelectionRange,
          targetUri: uri,
          targetRange: range,
          targetSelectionRange: range,
        }),
      );
    },
  };
}

/** From code to everything: the other code, and the environments with what refers to the key in them. */
function codeReferences({ knowledge }: EnvironmentServices, index: CodeIndex): vscode.ReferenceProvider {
  return {
    async provideReferences(document, position, context) {
      const name = (await variableAt(knowledge, index, document, position))?.name;
      if (name === undefined) return [];
      const scope = await scopeOf(knowledge, document.uri);
      const inCode = await codeLocations(knowledge, index, name, scope);
      const near = await knowledge.documentsNear(document.uri);
      const environments = near.flatMap(({ file, document: parsed }) =>
        referenceLocations({ uri: file.uri, document: parsed }, name, context),
      );
      return [...environments, ...inCode];
    },
  };
}

/** From a key of an environment to the code; what refers to it in environments is told by another provider. */
function keyUsages({ knowledge }: EnvironmentServices, index: CodeIndex): vscode.ReferenceProvider {
  return {
    async provideReferences(document, position) {
      const found = occurrenceUnder(document, position);
      return found ? codeLocations(knowledge, index, found.name, folderScope(document.uri)) : [];
    },
  };
}

async function codeLocations(
  knowledge: KeyKnowledge,
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
    languages.registerCompletionItemProvider(codeSelector, codeCompletion(services, index), ...triggers),
    languages.registerHoverProvider(codeSelector, codeHover(services, index)),
    languages.registerDefinitionProvider(codeSelector, codeDefinitions(services, index)),
    languages.registerReferenceProvider(codeSelector, codeReferences(services, index)),
    languages.registerReferenceProvider(lintableSelector, keyUsages(services, index)),
  );
}
