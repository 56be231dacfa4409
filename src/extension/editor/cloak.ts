import * as vscode from "vscode";
import { DisposableStore } from "../../shared/disposable.ts";
import { dotenvLanguageId, editorCommandIds, editorSettingIds } from "../ids.ts";
import { mask } from "../services/environmentMask.ts";
import { comparisonScheme } from "../spaceIds.ts";
import { CloakedText, type Lines, linesToCloak, valuesAtOnceMax } from "./cloakedText.ts";
import { CloakStatus } from "./cloakStatus.ts";
import { type CoveredValues, registerCloakTokens } from "./cloakTokens.ts";
import { nameOf } from "./lintable.ts";

/** Fewer lines than this beyond the edge of the screen, and those beyond them are decorated as well. */
const nearEdgeLines = 200;
/** How long typing must pause in a document with more values, in milliseconds; VS Code moves the old ranges meanwhile. */
const typingPauseMs = 100;

/** The values that one "Reveal Line" shows. */
interface RevealedLine {
  readonly uri: string;
  range: vscode.Range;
}

/** Whether a document holds values, whatever its scheme: the old side of a diff shows them as well. */
function isCloakable({ uri, languageId }: vscode.TextDocument): boolean {
  // A comparison masks its values itself, and shows them only when asked to.
  if (uri.scheme === comparisonScheme) return false;
  return languageId === dotenvLanguageId || /^\.env(?:$|\.|rc$)|\.env$/.test(nameOf(uri));
}

/**
 * Hides values in every text editor by decorations made from the text itself. The text stays where it is: for
 * whoever copies it, for the minimap, and for other extensions.
 */
class Cloak implements vscode.Disposable, CoveredValues {
  readonly #type = vscode.window.createTextEditorDecorationType({
    opacity: "0",
    // The length of a value is nobody's business either.
    letterSpacing: "-1ch",
    before: { contentText: mask, color: new vscode.ThemeColor("descriptionForeground") },
    // What is typed at either end of a value is hidden before this code has heard of it.
    rangeBehavior: vscode.DecorationRangeBehavior.OpenOpen,
  });
  readonly #status = new CloakStatus();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  readonly #store = new DisposableStore();
  readonly #texts = new WeakMap<vscode.TextDocument, CloakedText>();
  readonly #drawn = new WeakMap<vscode.TextEditor, Lines>();
  readonly #timers = new Map<vscode.TextDocument, NodeJS.Timeout>();
  /** What "Toggle Cloaking" said last; it holds for this window until it reloads. */
  #chosen: boolean | undefined;
  #revealed: RevealedLine | undefined;

  constructor() {
    const { commands, window, workspace } = vscode;
    for (const owned of [
      this.#type,
      this.#status,
      this.#changed,
      registerCloakTokens(this),
      window.onDidChangeVisibleTextEditors(() => this.#drawAll()),
      window.onDidChangeActiveTextEditor(() => this.#drawAll()),
      window.onDidChangeTextEditorVisibleRanges(({ textEditor }) => this.#scrolled(textEditor)),
      window.onDidChangeTextEditorSelection(({ textEditor }) => this.#hideWhenLeft(textEditor)),
      workspace.onDidChangeTextDocument((event) => this.#edited(event)),
      // Also when a document gets another language.
      workspace.onDidOpenTextDocument((document) => {
        this.#showStatus();
        this.#drawIn(document);
      }),
      workspace.onDidCloseTextDocument((document) => this.#forget(document)),
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(editorSettingIds.cloak)) this.#change();
      }),
      commands.registerCommand(editorCommandIds.toggleCloaking, () => this.#toggle()),
      commands.registerTextEditorCommand(editorCommandIds.revealLine, (editor) => this.#revealLine(editor)),
    ]) {
      this.#store.add(owned);
    }
    this.#drawAll();
  }

  dispose(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#store.dispose();
  }

  #isOn(document: vscode.TextDocument): boolean {
    const setting = vscode.workspace.getConfiguration(undefined, document).get(editorSettingIds.cloak);
    return isCloakable(document) && (this.#chosen ?? setting === "on");
  }

  coveredIn(document: vscode.TextDocument): readonly vscode.Range[] {
    if (!this.#isOn(document)) return [];
    return this.#withoutRevealed(document, this.#textOf(document).ranges);
  }

  #toggle(): void {
    const { activeTextEditor, visibleTextEditors } = vscode.window;
    const shown = [activeTextEditor, ...visibleTextEditors].find(
      (editor) => editor && isCloakable(editor.document),
    );
    const setting = vscode.workspace.getConfiguration(undefined, shown?.document).get(editorSettingIds.cloak);
    this.#chosen = !(this.#chosen ?? setting === "on");
    this.#revealed = undefined;
    this.#change();
  }

  #change(): void {
    this.#drawAll();
    this.#changed.fire();
  }

  #drawAll(): void {
    for (const editor of vscode.window.visibleTextEditors) this.#draw(editor);
    this.#showStatus();
  }

  #showStatus(): void {
    const active = vscode.window.activeTextEditor?.document;
    this.#status.show(active && isCloakable(active) ? (this.#isOn(active) ? "on" : "off") : undefined);
  }

  #drawIn(document: vscode.TextDocument): void {
    for (const editor of vscode.window.visibleTextEditors)
      if (editor.document === document) this.#draw(editor);
  }

  #draw(editor: vscode.TextEditor): void {
    const { document } = editor;
    if (!this.#isOn(document)) {
      if (this.#drawn.delete(editor)) editor.setDecorations(this.#type, []);
      return;
    }
    const text = this.#textOf(document);
    const lines = linesToCloak(text.count, document.lineCount, screenOf(editor.visibleRanges));
    this.#drawn.set(editor, lines);
    const ranges = text.between(lines.first, lines.last);
    editor.setDecorations(this.#type, this.#withoutRevealed(document, ranges));
  }

  #withoutRevealed(document: vscode.TextDocument, ranges: readonly vscode.Range[]): readonly vscode.Range[] {
    const shown = this.#revealed?.uri === document.uri.toString() ? this.#revealed.range : undefined;
    return shown ? ranges.filter((range) => !shown.contains(range)) : ranges;
  }

  #textOf(document: vscode.TextDocument): CloakedText {
    const known = this.#texts.get(document);
    if (known?.version === document.version) return known;
    const text = new CloakedText(document);
    this.#texts.set(document, text);
    return text;
  }

  #scrolled(editor: vscode.TextEditor): void {
    const drawn = this.#drawn.get(editor);
    if (drawn === undefined) return;
    const { first, last } = screenOf(editor.visibleRanges);
    const isCovered =
      (drawn.first === 0 || first - drawn.first >= nearEdgeLines) &&
      (drawn.last >= editor.document.lineCount - 1 || drawn.last - last >= nearEdgeLines);
    if (!isCovered) this.#draw(editor);
  }

  #edited({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    if (contentChanges.length === 0 || !this.#isOn(document)) return;
    this.#keepRevealed(document, contentChanges);
    const isTyping = contentChanges.every(({ text }) => text.length <= 1 && !/[\r\n]/.test(text));
    const values = this.#texts.get(document)?.count ?? 0;
    clearTimeout(this.#timers.get(document));
    this.#timers.delete(document);
    if (!isTyping || values <= valuesAtOnceMax) this.#drawIn(document);
    else {
      const draw = (): void => {
        this.#timers.delete(document);
        this.#drawIn(document);
      };
      this.#timers.set(document, setTimeout(draw, typingPauseMs));
    }
  }

  /** An edit of the revealed value keeps it revealed; one elsewhere hides it, because its place may have moved. */
  #keepRevealed(
    document: vscode.TextDocument,
    changes: readonly vscode.TextDocumentContentChangeEvent[],
  ): void {
    const revealed = this.#revealed;
    if (revealed?.uri !== document.uri.toString()) return;
    const lines = new vscode.Range(revealed.range.start.line, 0, revealed.range.end.line + 1, 0);
    if (changes.some(({ range }) => !lines.contains(range))) {
      this.#revealed = undefined;
      this.#change();
    } else revealed.range = this.#valuesAt(document, revealed.range.start.line);
  }

  /** The lines that the values of a line span. */
  #valuesAt(document: vscode.TextDocument, line: number): vscode.Range {
    const own = document.lineAt(Math.min(line, document.lineCount - 1)).range;
    return this.#textOf(document)
      .between(own.start.line, own.end.line)
      .reduce((one, other) => one.union(other), own);
  }

  #revealLine({ document, selection }: vscode.TextEditor): void {
    if (!this.#isOn(document)) return;
    const uri = document.uri.toString();
    const { line } = selection.active;
    const range = this.#valuesAt(document, line);
    const isShown = this.#revealed?.uri === uri && this.#revealed.range.isEqual(range);
    this.#revealed = isShown ? undefined : { uri, range };
    this.#change();
  }

  /** A line stays revealed while the cursor is in it. */
  #hideWhenLeft({ document, selections }: vscode.TextEditor): void {
    const revealed = this.#revealed;
    if (revealed?.uri !== document.uri.toString()) return;
    const { start, end } = revealed.range;
    if (selections.some(({ active }) => active.line >= start.line && active.line <= end.line)) return;
    this.#revealed = undefined;
    this.#change();
  }

  #forget(document: vscode.TextDocument): void {
    clearTimeout(this.#timers.get(document));
    this.#timers.delete(document);
    if (this.#revealed?.uri === document.uri.toString()) this.#revealed = undefined;
  }
}

/** From the first to the last line on the screen; the first line of an editor that is not laid out yet. */
function screenOf(visible: readonly vscode.Range[]): Lines {
  return { first: visible[0]?.start.line ?? 0, last: visible.at(-1)?.end.line ?? 0 };
}

/** Starts the cloaking of values, as the setting says and until "Toggle Cloaking" says otherwise. */
export function registerCloak(): vscode.Disposable {
  return new Cloak();
}
