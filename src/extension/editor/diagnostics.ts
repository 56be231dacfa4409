import * as vscode from "vscode";
import { documentationOf, type RuleId, type Severity, severitiesFrom } from "../../lint/catalog.ts";
import { type LintedText, lintText } from "../../lint/lint.ts";
import type { EncodingProblem, Finding, LintContext } from "../../lint/rule.ts";
import { DisposableStore } from "../../shared/disposable.ts";
import { isExampleName, isLintable, nameOf } from "./lintable.ts";

/** What the checks of a file need to know about what is around it. */
export type Surroundings = Omit<LintContext, "problems" | "severities">;

/** Who knows that, as it is now. */
export interface DiagnosticsSurroundings {
  /** Parts that have not changed since the last call are the same objects. */
  of(uri: vscode.Uri): Promise<Surroundings>;
  /** Fires when any document may have other surroundings. */
  readonly onDidChange: vscode.Event<void>;
}

/** A document as it was checked. */
export interface Linted extends LintedText {
  /** The version of the text document that the offsets belong to. */
  readonly version: number;
}

/** How long typing must pause before a document is checked. */
const typingPauseMsMax = 120;

/**
 * How long after a document was opened its file is looked for, in milliseconds. VS Code drops a creation and a deletion
 * that follow closely, so nobody is told of a file that was opened in between.
 */
const confirmAfterMs = 1_000;

/** The setting with the severity of each rule, within the section `envpact`. */
const severitySetting = "lint.severity";

const diagnosticSeverities: Readonly<Record<Severity, vscode.DiagnosticSeverity>> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
  hint: vscode.DiagnosticSeverity.Hint,
};

/** Findings that are shown by how their text looks: faded, struck through. */
const tags: Readonly<Partial<Record<RuleId, vscode.DiagnosticTag>>> = {
  "duplicate-key": vscode.DiagnosticTag.Unnecessary,
  "deprecated-key": vscode.DiagnosticTag.Deprecated,
};

/** One open document: its pending check, and the last one that was published. */
interface Tracked {
  readonly document: vscode.TextDocument;
  timer: NodeJS.Timeout | undefined;
  /** Looks once whether the file is there. */
  readonly confirm: NodeJS.Timeout;
  /** Its file was deleted: not checked until somebody types into what is left, or the file is back. */
  isGone: boolean;
  /** Counts the checks begun. */
  begun: number;
  /** The last check that was published or called off: one that began no later and still waits is dropped. */
  settled: number;
  linted: Linted | undefined;
}

/**
 * Publishes what the rules find in every open `.env` document: while it is typed in, dirty and untitled ones
 * included, until it is closed or its file is deleted.
 */
export class DiagnosticsService implements vscode.Disposable {
  readonly #surroundings: DiagnosticsSurroundings;
  readonly #log: vscode.LogOutputChannel;
  readonly #collection = vscode.languages.createDiagnosticCollection("envpact");
  readonly #tracked = new Map<string, Tracked>();
  readonly #store = new DisposableStore();

  constructor(surroundings: DiagnosticsSurroundings, log: vscode.LogOutputChannel) {
    this.#surroundings = surroundings;
    this.#log = log;
    this.#store.add(this.#collection);
    this.#store.add(surroundings.onDidChange(() => this.refresh()));
    this.#listenToDocuments();
    this.#listenToFiles();
    for (const document of vscode.workspace.textDocuments) this.#open(document);
  }

  dispose(): void {
    for (const { document } of this.#tracked.values()) this.#untrack(document.uri);
    this.#store.dispose();
  }

  /**
   * Checks every open document again: for whoever knows that examples, names or files around them changed. Those that
   * changed themselves are seen to already when they are open.
   */
  refresh(changed: readonly vscode.Uri[] = []): void {
    const seen = new Set(changed.map(String));
    for (const [key, tracked] of this.#tracked) if (!seen.has(key)) this.#schedule(tracked, 0);
  }

  /** The findings for the document's present text, made now when typing has overtaken the published ones. */
  async current(document: vscode.TextDocument): Promise<Linted | undefined> {
    const tracked = this.#tracked.get(document.uri.toString());
    if (!tracked) return undefined;
    if (tracked.linted?.version !== document.version) await this.#lint(tracked);
    return tracked.linted?.version === document.version ? tracked.linted : undefined;
  }

  #listenToDocuments(): void {
    const { workspace } = vscode;
    this.#store.add(workspace.onDidOpenTextDocument((document) => this.#open(document)));
    this.#store.add(workspace.onDidCloseTextDocument((document) => this.#close(document.uri)));
    this.#store.add(
      workspace.onDidChangeTextDocument(({ document }) => {
        // VS Code reports a change of the encoding or of the dirty mark here too, without a new version.
        const tracked = this.#tracked.get(document.uri.toString());
        if (!tracked) return;
        tracked.isGone = false;
        this.#schedule(tracked, typingPauseMsMax);
        if (isExampleName(document.uri)) this.#scheduleAllBut(tracked);
      }),
    );
    this.#store.add(
      workspace.onDidChangeConfiguration((event) => {
        for (const tracked of this.#tracked.values()) {
          if (event.affectsConfiguration(`envpact.${severitySetting}`, tracked.document)) {
            this.#schedule(tracked, 0);
          }
        }
      }),
    );
  }

  #listenToFiles(): void {
    const watcher = vscode.workspace.createFileSystemWatcher("**/{.env,.env.*,*.env}", false, true, false);
    this.#store.add(watcher);
    this.#store.add(watcher.onDidDelete((uri) => this.#forget(uri)));
    // A file that is replaced by renaming another over it is deleted and created for a watcher.
    this.#store.add(
      watcher.onDidCreate((uri) => {
        const tracked = this.#tracked.get(uri.toString());
        if (tracked) tracked.isGone = false;
        this.refresh();
      }),
    );
    this.#store.add(
      vscode.workspace.onDidDeleteFiles(({ files }) => {
        for (const file of files) this.#forget(file);
      }),
    );
  }

  #open(document: vscode.TextDocument): void {
    if (!isLintable(document)) return;
    this.#untrack(document.uri);
    const confirm = setTimeout(() => {
      this.#confirm(document.uri).catch((error: unknown) => {
        this.#log.error(`${nameOf(document.uri)} could not be looked for.`, String(error));
      });
    }, confirmAfterMs);
    const tracked: Tracked = {
      document,
      timer: undefined,
      confirm,
      isGone: false,
      begun: 0,
      settled: 0,
      linted: undefined,
    };
    this.#tracked.set(document.uri.toString(), tracked);
    this.#schedule(tracked, 0);
  }

  #close(uri: vscode.Uri): void {
    this.#untrack(uri);
    this.#collection.delete(uri);
  }

  #untrack(uri: vscode.Uri): void {
    const tracked = this.#tracked.get(uri.toString());
    clearTimeout(tracked?.timer);
    clearTimeout(tracked?.confirm);
    this.#tracked.delete(uri.toString());
  }

  async #confirm(uri: vscode.Uri): Promise<void> {
    if (uri.scheme === "untitled") return;
    try {
      await vscode.workspace.fs.stat(uri);
    } catch (error) {
      if (!(error instanceof vscode.FileSystemError)) throw error;
      if (error.code === "FileNotFound") this.#forget(uri);
    }
  }

  /**
   * Clears a deleted file, or every file of a deleted folder; one that stays open is checked at its next edit. One with
   * unsaved edits stays as it is: the word of a deletion may come late, and what is typed is going to be a file again.
   */
  #forget(uri: vscode.Uri): void {
    const gone = uri.toString();
    for (const [key, tracked] of this.#tracked) {
      if ((key !== gone && !key.startsWith(`${gone}/`)) || tracked.document.isDirty) continue;
      clearTimeout(tracked.timer);
      tracked.isGone = true;
      tracked.settled = tracked.begun;
      tracked.linted = undefined;
      this.#collection.delete(tracked.document.uri);
    }
  }

  #scheduleAllBut(cause: Tracked): void {
    for (const tracked of this.#tracked.values()) {
      if (tracked !== cause && !isExampleName(tracked.document.uri)) {
        this.#schedule(tracked, typingPauseMsMax);
      }
    }
  }

  #schedule(tracked: Tracked, delayMs: number): void {
    clearTimeout(tracked.timer);
    if (tracked.isGone) return;
    tracked.timer = setTimeout(() => {
      this.#lint(tracked).catch((error: unknown) => {
        this.#log.error(
          `Checking ${nameOf(tracked.document.uri)} failed.`,
          error instanceof Error ? error.name : "",
        );
      });
    }, delayMs);
  }

  async #lint(tracked: Tracked): Promise<void> {
    clearTimeout(tracked.timer);
    const turn = ++tracked.begun;
    const { document } = tracked;
    const context = await this.#contextOf(document);
    // A check that began later may have got its surroundings sooner.
    if (turn <= tracked.settled || this.#tracked.get(document.uri.toString()) !== tracked) return;
    tracked.settled = turn;
    // The text is read only now, so a version is never published after a newer one.
    const { version } = document;
    const linted = lintText(document.getText(), context, tracked.linted);
    tracked.linted = { version, ...linted };
    if (tracked.isGone) return;
    this.#collection.set(
      document.uri,
      linted.findings.map((finding) => diagnosticOf(finding, document)),
    );
  }

  async #contextOf(document: vscode.TextDocument): Promise<LintContext> {
    const surroundings = await this.#surroundings.of(document.uri);
    const setting = vscode.workspace.getConfiguration("envpact", document).get(severitySetting);
    return { ...surroundings, problems: problemsOf(document), severities: severitiesFrom(setting) };
  }
}

/** VS Code takes the byte order mark off the text and decodes it; what the bytes were is left in the encoding. */
function problemsOf({ encoding }: vscode.TextDocument): EncodingProblem[] {
  if (encoding === "utf8") return [];
  if (encoding === "utf8bom") return ["byte-order-mark"];
  return [encoding.startsWith("utf16") ? "utf-16" : "other-encoding"];
}

/** A finding as VS Code shows it. */
export function diagnosticOf(finding: Finding, document: vscode.TextDocument): vscode.Diagnostic {
  const rangeOf = ({ start, end }: Finding["span"]) =>
    new vscode.Range(document.positionAt(start), document.positionAt(end));
  const diagnostic = new vscode.Diagnostic(
    rangeOf(finding.span),
    finding.message,
    diagnosticSeverities[finding.severity],
  );
  diagnostic.source = "envpact";
  diagnostic.code = { value: finding.rule, target: vscode.Uri.parse(documentationOf(finding.rule), true) };
  const tag = tags[finding.rule];
  if (tag !== undefined) diagnostic.tags = [tag];
  if (finding.related) {
    diagnostic.relatedInformation = finding.related.map(
      ({ span, message }) =>
        new vscode.DiagnosticRelatedInformation(new vscode.Location(document.uri, rangeOf(span)), message),
    );
  }
  return diagnostic;
}
