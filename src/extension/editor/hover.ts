import * as vscode from "vscode";
import { inheritedSign, stateSigns, valueWords } from "../../dotenv/comparison.ts";
import { type DotenvDocument, effectiveEntry } from "../../dotenv/document.ts";
import { type Occurrence, occurrenceAt } from "../../dotenv/occurrences.ts";
import { describeType } from "../../dotenv/schema/describe.ts";
import { decoratorAt } from "../../dotenv/schema/hover.ts";
import type { SchemaItem } from "../../dotenv/schema/model.ts";
import { hoverCommandIds } from "../ids.ts";
import { mask, revealedText } from "../services/environmentMask.ts";
import type { EnvironmentServices } from "../services/environments.ts";
import { type KeyFacts, type KeyPlace, rangeIn } from "../services/keyKnowledge.ts";
import { isLintable, lintableSelector } from "./lintable.ts";
import { isPieceOfValue } from "./occurrenceUnder.ts";
import { parsedDocument } from "./parsedDocuments.ts";

/** Files that one hover names; the rest is a number. */
const placesMax = 12;

/** What a key is, where else it is set and where it is missing. Its value stands there only once revealed. */
class DotenvHover implements vscode.HoverProvider {
  readonly #services: EnvironmentServices;

  constructor(services: EnvironmentServices) {
    this.#services = services;
  }

  async provideHover(
    document: vscode.TextDocument,
    position: vscode.Position,
  ): Promise<vscode.Hover | undefined> {
    if (!isLintable(document)) return undefined;
    const parsed = parsedDocument(document);
    const offset = document.offsetAt(position);
    const found = occurrenceAt(parsed, offset);
    if (!found) return decoratorHover(parsed, offset);
    const { version } = document;
    const facts = await this.#services.knowledge.factsOf(found.name, document.uri);
    // Positions of an older text would put the hover on another word.
    if (document.version !== version || isPieceOfValue(parsed, found, facts)) return undefined;
    const parts = [
      headline(found, facts.schema),
      ...schemaParts(facts.schema),
      ...this.#value(document.uri, parsed, found),
      placesPart(facts, document.uri),
    ];
    return new vscode.Hover(parts, rangeIn(parsed, found.span));
  }

  /** The mask with a link that reveals, or the value with one that hides it. */
  #value(uri: vscode.Uri, document: DotenvDocument, { name, kind }: Occurrence): vscode.MarkdownString[] {
    const entry = kind === "commented" ? undefined : effectiveEntry(document, name);
    if (!entry) return [];
    if (entry.value === "") return [new vscode.MarkdownString("*empty*")];
    const isRevealed = this.#services.revealed.isRevealed(uri, name);
    const command = isRevealed ? hoverCommandIds.hideKey : hoverCommandIds.revealKey;
    const text = new vscode.MarkdownString();
    text.isTrusted = { enabledCommands: [command] };
    const given = encodeURIComponent(JSON.stringify([uri.toString(), name]));
    if (isRevealed) text.appendCodeblock(revealedText(entry.value), "plaintext");
    const link = isRevealed ? "Hide" : `${mask} · Reveal`;
    return [text.appendMarkdown(`[${link}](command:${command}?${given})`)];
  }
}

function decoratorHover(document: DotenvDocument, offset: number): vscode.Hover | undefined {
  const decorator = decoratorAt(document, offset);
  if (!decorator) return undefined;
  const text = new vscode.MarkdownString(`**${escaped(decorator.title)}**\n\n`);
  text.appendText(decorator.documentation);
  if (isAddress(decorator.url)) text.appendMarkdown(`\n\n[@env-spec](${decorator.url})`);
  return new vscode.Hover(text, rangeIn(document, decorator.span));
}

/** A name in bold, and what it is: its place in the text, and what a schema says of it. */
export function headline({ name, kind }: Occurrence, item: SchemaItem | undefined): vscode.MarkdownString {
  const words: string[] = [];
  if (kind === "commented") words.push("commented out");
  if (item) {
    words.push(`\`${describeType(item.type).replaceAll("`", "'")}\``);
    words.push(item.required ? "required" : "optional");
    if (item.sensitive) words.push("sensitive");
  }
  const title = `**${escaped(name)}**`;
  return new vscode.MarkdownString(words.length === 0 ? title : `${title} — ${words.join(", ")}`);
}

/** What a schema has to say of a key beyond its type: that it is deprecated, its description, its pages. */
export function schemaParts(item: SchemaItem | undefined): vscode.MarkdownString[] {
  if (!item) return [];
  const parts: vscode.MarkdownString[] = [];
  if (item.deprecated !== undefined) {
    const deprecated = new vscode.MarkdownString("$(warning) **Deprecated** ", true);
    parts.push(item.deprecated === true ? deprecated : deprecated.appendText(item.deprecated));
  }
  if (item.description !== "") parts.push(new vscode.MarkdownString().appendText(item.description));
  const pages = item.docs.filter(isAddress).map((address) => `[${escaped(address)}](${address})`);
  if (pages.length > 0) parts.push(new vscode.MarkdownString(pages.join("  \n")));
  return parts;
}

/** One line a file: its sign, its name as a link to the key, and the state in words. */
export function placesPart(
  { places, missingIn, inheritedIn }: KeyFacts,
  here: vscode.Uri,
): vscode.MarkdownString {
  const elsewhere = places.filter(({ uri }) => uri.toString() !== here.toString());
  const isHere = elsewhere.length < places.length;
  const lines = [
    ...elsewhere.map((place) => placeLine(place, isHere)),
    ...missingIn.map((name) => `- ${stateSigns.missing} ${escaped(name)} · missing`),
    ...inheritedIn.map(({ name, from }) => {
      return `- ${inheritedSign} ${escaped(name)} · not set there, taken from ${escaped(from)}`;
    }),
  ];
  const shown = lines.slice(0, placesMax);
  if (lines.length > placesMax) shown.push(`- and ${lines.length - placesMax} more`);
  return new vscode.MarkdownString(shown.join("\n"));
}

function placeLine({ uri, name, range, kind, state }: KeyPlace, isCompared: boolean): string {
  const target = uri.with({ fragment: `L${range.start.line + 1},${range.start.character + 1}` });
  const link = `[${escaped(name)}](${target.toString()})`;
  const isTold = isCompared || state === "empty";
  const told = isTold ? valueWords[state] : "set";
  const sign = isTold ? `${stateSigns[state]} ` : "";
  return `- ${sign}${link} · ${told}${kind === "example" ? " (example)" : ""}`;
}

function isAddress(text: string): boolean {
  return /^https?:\/\/[^\s()<>"]+$/.test(text);
}

/** A text that Markdown shows as it is, on one line. */
function escaped(text: string): string {
  return text.replace(/[\r\n]+/g, " ").replace(/[\\`*_{}[\]()#+\-.!|<>~$]/g, "\\$&");
}

/** Reveals or hides a key's value and shows the hover again; the arguments are a URI and a key. */
async function toggle(services: EnvironmentServices, reveals: boolean, args: unknown[]): Promise<void> {
  const [uri, key] = args;
  if (typeof uri !== "string" || typeof key !== "string") return;
  const file = vscode.Uri.parse(uri, true);
  if (reveals) services.revealed.reveal(file, key);
  else services.revealed.hide(file, key);
  const editor = vscode.window.activeTextEditor;
  if (editor?.document.uri.toString() !== file.toString()) return;
  const parsed = parsedDocument(editor.document);
  const entry = effectiveEntry(parsed, key);
  if (!entry) return;
  // The hover is made anew where the cursor is.
  const start = rangeIn(parsed, entry.keySpan).start;
  const cursor = editor.selection.active;
  const onKey = occurrenceAt(parsed, editor.document.offsetAt(cursor))?.name === key;
  if (!onKey) editor.selection = new vscode.Selection(start, start);
  // One that is shown already would stay as it is.
  await vscode.commands.executeCommand("editor.action.hideHover");
  await vscode.commands.executeCommand("editor.action.showHover");
}

/** Registers the hover over keys and the commands of its links. */
export function registerHover(services: EnvironmentServices): vscode.Disposable {
  const { commands, languages } = vscode;
  return vscode.Disposable.from(
    languages.registerHoverProvider(lintableSelector, new DotenvHover(services)),
    commands.registerCommand(hoverCommandIds.revealKey, (...args: unknown[]) => toggle(services, true, args)),
    commands.registerCommand(hoverCommandIds.hideKey, (...args: unknown[]) => toggle(services, false, args)),
  );
}
