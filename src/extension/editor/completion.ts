import * as vscode from "vscode";
import { type CompletionPlace, completionPlace } from "../../dotenv/completing.ts";
import { type DotenvDocument, effectiveEntry, type Span } from "../../dotenv/document.ts";
import { decoratorCompletions } from "../../dotenv/schema/complete.ts";
import { describeType, valueChoices } from "../../dotenv/schema/describe.ts";
import type { SchemaItem } from "../../dotenv/schema/model.ts";
import type { EnvironmentServices } from "../services/environments.ts";
import { type KeyFacts, rangeIn } from "../services/keyKnowledge.ts";
import { isLintable, lintableSelector } from "./lintable.ts";
import { parsedDocument } from "./parsedDocuments.ts";

/** Keys offered at one place; more are found by typing on. */
const keysMax = 1_000;

/** Text that needs no quotes wherever it is written as a value. */
const plainValue = /^[\w./:@%+,-]+$/;

const decoratorKinds = {
  decorator: vscode.CompletionItemKind.Keyword,
  type: vscode.CompletionItemKind.TypeParameter,
  option: vscode.CompletionItemKind.Property,
  value: vscode.CompletionItemKind.EnumMember,
};

/** Missing keys, names in references, the values that a schema allows, and decorators. No value of any file. */
class DotenvCompletion implements vscode.CompletionItemProvider {
  static readonly triggerCharacters = ["$", "{", "=", "@", "("];
  readonly #services: EnvironmentServices;

  constructor(services: EnvironmentServices) {
    this.#services = services;
  }

  async provideCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
  ): Promise<vscode.CompletionList | undefined> {
    if (!isLintable(document)) return undefined;
    const parsed = parsedDocument(document);
    const offset = document.offsetAt(position);
    const place = completionPlace(parsed, offset);
    if (!place) return new vscode.CompletionList(decoratorItems(parsed, offset));
    if (place.kind === "key") return this.#missingKeys(document.uri, parsed, place);
    if (place.kind === "reference") return this.#references(document.uri, parsed, place);
    const { schema } = await this.#services.knowledge.factsOf(place.key, document.uri);
    return new vscode.CompletionList(schema ? choiceItems(parsed, place, position, schema) : []);
  }

  async #missingKeys(
    uri: vscode.Uri,
    document: DotenvDocument,
    place: CompletionPlace & { kind: "key" },
  ): Promise<vscode.CompletionList> {
    const { knowledge } = this.#services;
    const keys = (await knowledge.keysNear(uri)).filter((key) => !effectiveEntry(document, key));
    const offered = keys.slice(0, keysMax);
    const facts = await knowledge.factsOfAll(offered, uri);
    const range = rangeIn(document, place.span);
    const items = facts.map((fact, index) => keyItem(fact, index, range, place.assigned));
    return new vscode.CompletionList(items, keys.length > keysMax);
  }

  async #references(
    uri: vscode.Uri,
    document: DotenvDocument,
    place: CompletionPlace & { kind: "reference" },
  ): Promise<vscode.CompletionList> {
    const here = [...document.effectiveEntries.keys()].filter((key) => key !== place.key);
    const known = new Set(here);
    const beside = (await this.#services.knowledge.keysNear(uri)).filter(
      (key) => !known.has(key) && key !== place.key,
    );
    const fits = place.braced ? /^[\w.]+$/ : /^[A-Za-z_]\w*$/;
    const range = rangeIn(document, place.span);
    const names = [...here, ...beside].filter((key) => fits.test(key));
    const items = names.slice(0, keysMax).map((key, index) => {
      const item = new vscode.CompletionItem(key, vscode.CompletionItemKind.Reference);
      item.detail = known.has(key) ? "in this file" : "in a file beside this one";
      item.insertText = place.braced && !place.closed ? `${key}}` : key;
      item.range = range;
      item.sortText = ordered(index);
      return item;
    });
    return new vscode.CompletionList(items, names.length > keysMax);
  }
}

function keyItem(
  { key, places, schema }: KeyFacts,
  index: number,
  range: vscode.Range,
  assigned: boolean,
): vscode.CompletionItem {
  const item = new vscode.CompletionItem(key, vscode.CompletionItemKind.Property);
  const names = places.map(({ name }) => name);
  const where = names.length > 0 ? `in ${names.join(", ")}` : "in the schema";
  item.detail = `missing here, ${where}${schema ? ` · ${describeType(schema.type)}` : ""}`;
  if (schema && schema.description !== "") {
    item.documentation = new vscode.MarkdownString().appendText(schema.description);
  }
  if (schema?.deprecated !== undefined) item.tags = [vscode.CompletionItemTag.Deprecated];
  item.insertText = assigned ? key : `${key}=`;
  item.range = range;
  item.sortText = ordered(index);
  if (!assigned && schema && valueChoices(schema.type).length > 0) {
    item.command = { command: "editor.action.triggerSuggest", title: "Choose a value" };
  }
  return item;
}

function choiceItems(
  document: DotenvDocument,
  { span, quoted }: { span: Span; quoted: boolean },
  position: vscode.Position,
  { type }: SchemaItem,
): vscode.CompletionItem[] {
  const replacing = rangeIn(document, span);
  const range = { replacing, inserting: new vscode.Range(replacing.start, position) };
  return valueChoices(type)
    .filter((choice) => plainValue.test(choice) || (quoted && !/["'`\\\r\n]/.test(choice)))
    .map((choice, index) => {
      const item = new vscode.CompletionItem(choice, vscode.CompletionItemKind.EnumMember);
      item.detail = describeType(type);
      item.range = range;
      item.sortText = ordered(index);
      return item;
    });
}

function decoratorItems(document: DotenvDocument, offset: number): vscode.CompletionItem[] {
  return decoratorCompletions(document, offset).map(
    ({ label, kind, snippet, documentation, span }, index) => {
      const item = new vscode.CompletionItem(label, decoratorKinds[kind]);
      item.insertText = new vscode.SnippetString(snippet);
      item.documentation = documentation;
      item.range = rangeIn(document, span);
      item.sortText = ordered(index);
      return item;
    },
  );
}

function ordered(index: number): string {
  return String(index).padStart(6, "0");
}

/** Registers the completion of keys, references, choices and decorators. */
export function registerCompletion(services: EnvironmentServices): vscode.Disposable {
  const provider = new DotenvCompletion(services);
  const { triggerCharacters } = DotenvCompletion;
  return vscode.languages.registerCompletionItemProvider(lintableSelector, provider, ...triggerCharacters);
}
