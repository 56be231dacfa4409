import * as vscode from "vscode";
import { isDropped } from "../../dotenv/assignments.ts";
import { type KeyMark, type KeySign, markOf, type Sibling, signOf } from "../../dotenv/keySigns.ts";
import { recordFrom, recordLength, startField } from "../../dotenv/statements.ts";
import { DisposableStore } from "../../shared/disposable.ts";
import { editorSettingIds, stateColorIds } from "../ids.ts";
import { environmentFileOf } from "../services/environmentFile.ts";
import type { EnvironmentServices } from "../services/environments.ts";
import { inheritedFrom } from "../services/keyKnowledge.ts";
import { isLintable } from "./lintable.ts";
import { parsedDocument } from "./parsedDocuments.ts";

/** How long typing or scrolling must pause before the signs are drawn again, in milliseconds. */
const pauseMs = 150;
/** Lines above and below the visible ones that get signs too, so that slow scrolling shows them at once. */
const marginLines = 60;

const colors: Readonly<Record<KeySign, vscode.ThemeColor>> = {
  equal: new vscode.ThemeColor(stateColorIds.equal),
  differs: new vscode.ThemeColor(stateColorIds.differs),
  empty: new vscode.ThemeColor(stateColorIds.empty),
  missing: new vscode.ThemeColor(stateColorIds.missing),
  hidden: new vscode.ThemeColor(stateColorIds.equal),
};

/** Draws behind each assignment how it stands against the environments beside: by sign and colour, never by value. */
class StateSigns implements vscode.Disposable {
  readonly #services: EnvironmentServices;
  readonly #type = vscode.window.createTextEditorDecorationType({
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
  });
  readonly #store = new DisposableStore();
  #timer: NodeJS.Timeout | undefined;

  constructor(services: EnvironmentServices) {
    this.#services = services;
    const { window, workspace } = vscode;
    const later = (): void => this.#later();
    this.#store.add(this.#type);
    this.#store.add(window.onDidChangeVisibleTextEditors(() => this.#drawAll()));
    this.#store.add(window.onDidChangeTextEditorVisibleRanges(later));
    this.#store.add(services.watch.onDidChangeContent(later));
    this.#store.add(services.index.onDidChange(later));
    this.#store.add(services.layers.onDidChange(later));
    this.#store.add(
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0 && isLintable(document)) this.#later();
      }),
    );
    this.#store.add(
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(editorSettingIds.stateSigns)) this.#later();
      }),
    );
    this.#later();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#store.dispose();
  }

  #later(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#drawAll();
    }, pauseMs);
  }

  #drawAll(): void {
    for (const editor of vscode.window.visibleTextEditors) {
      this.#draw(editor).catch((error: unknown) => {
        this.#services.log.error("The state signs failed.", error instanceof Error ? error.name : "");
      });
    }
  }

  async #draw(editor: vscode.TextEditor): Promise<void> {
    const { document } = editor;
    const file = environmentFileOf(document.uri);
    if (!isLintable(document) || file?.kind !== "environment") return;
    if (!vscode.workspace.getConfiguration(undefined, document).get<boolean>(editorSettingIds.stateSigns)) {
      editor.setDecorations(this.#type, []);
      return;
    }
    const siblings = await this.#siblings(document.uri, file.name);
    const marks = this.#visibleMarks(editor, siblings);
    editor.setDecorations(
      this.#type,
      marks.map((mark) => decorationOf(mark, document)),
    );
  }

  async #siblings(uri: vscode.Uri, ownName: string): Promise<Sibling[]> {
    const near = await this.#services.knowledge.documentsNear(uri);
    const environments = near.filter(({ file }) => file.kind === "environment");
    return environments
      .filter(({ file }) => file.name !== ownName)
      .map((sibling) => ({
        name: sibling.name,
        document: sibling.document,
        inherits: (key) => inheritedFrom(key, sibling, environments) !== undefined,
      }));
  }

  #visibleMarks({ document, visibleRanges }: vscode.TextEditor, siblings: readonly Sibling[]): KeyMark[] {
    const parsed = parsedDocument(document);
    const marks: KeyMark[] = [];
    let done = 0;
    for (const { start, end } of visibleRanges) {
      const from = document.offsetAt(new vscode.Position(Math.max(0, start.line - marginLines), 0));
      const to = document.offsetAt(new vscode.Position(end.line + marginLines, 0));
      let record = Math.max(done, recordFrom(parsed.statements, from));
      for (; record < parsed.statements.length; record += recordLength) {
        if (parsed.statements[record + startField]! > to) break;
        if (isDropped(parsed, record)) continue;
        const mark = markOf(parsed.entryOf(record), siblings);
        if (mark) marks.push(mark);
      }
      done = record;
    }
    return marks;
  }
}

function decorationOf(
  { entry, signs, words }: KeyMark,
  document: vscode.TextDocument,
): vscode.DecorationOptions {
  // Behind the first line of a value that has several: it is the one with the key.
  const line = document.lineAt(document.positionAt(entry.keySpan.end).line);
  return {
    range: new vscode.Range(line.range.end, line.range.end),
    hoverMessage: words.map((sentence) => new vscode.MarkdownString().appendText(sentence)),
    renderOptions: {
      after: {
        contentText: signs.map(signOf).join(" "),
        color: colors[signs[0]!],
        margin: "0 0 0 2ch",
      },
    },
  };
}

/** Draws the state signs in every visible editor of an environment. */
export function registerStateSigns(services: EnvironmentServices): vscode.Disposable {
  return new StateSigns(services);
}
