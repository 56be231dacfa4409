import * as vscode from "vscode";
import { isReadByLibrary } from "../../code/libraryKeys.ts";
import type { UsageIndex } from "../../code/usageIndex.ts";
import { isWellKnown } from "../../code/wellKnown.ts";
import { referencesIn } from "../../dotenv/occurrences.ts";
import { withoutSilenced } from "../../lint/directives.ts";
import { DisposableStore } from "../../shared/disposable.ts";
import { isLintable } from "../editor/lintable.ts";
import { parsedDocument } from "../editor/parsedDocuments.ts";
import { codeSettingIds } from "../ids.ts";
import { environmentFileOf } from "../services/environmentFile.ts";
import type { EnvironmentServices } from "../services/environments.ts";
import { rangeIn } from "../services/keyKnowledge.ts";
import { codeFinding } from "./codeFindings.ts";
import type { CodeIndex } from "./codeIndex.ts";
import { severityOf } from "./codeSettings.ts";

/** How long an environment is open before its hints make the code be searched, in milliseconds. */
const searchDelayMs = 2_000;
/** How long typing must pause before a document is looked at, in milliseconds. */
const typingPauseMs = 400;

/**
 * Fades keys of open environments that no code names, no value refers to and no library reads. Says nothing while the search of the
 * code is under way or incomplete, nor where the code names none of an environment's keys: it lives elsewhere then.
 */
export class UnusedKeys implements vscode.Disposable {
  readonly #services: EnvironmentServices;
  readonly #index: CodeIndex;
  readonly #collection = vscode.languages.createDiagnosticCollection("envpact-unused");
  readonly #store = new DisposableStore();
  #searchTimer: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(services: EnvironmentServices, index: CodeIndex) {
    this.#services = services;
    this.#index = index;
    const { workspace } = vscode;
    for (const each of [
      this.#collection,
      workspace.onDidOpenTextDocument((document) => this.#look(document)),
      workspace.onDidChangeTextDocument(({ document }) => this.#look(document)),
      workspace.onDidCloseTextDocument(({ uri }) => this.#collection.delete(uri)),
      workspace.onDidChangeConfiguration((event) => {
        if (!event.affectsConfiguration(codeSettingIds.unusedKey)) return;
        for (const document of workspace.textDocuments) this.#look(document);
      }),
      index.onDidChange(() => this.#soon()),
      services.watch.onDidChangeContent(() => this.#soon()),
    ]) {
      this.#store.add(each);
    }
    for (const document of workspace.textDocuments) this.#look(document);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#searchTimer);
    this.#store.dispose();
  }

  #look(document: vscode.TextDocument): void {
    if (!isEnvironment(document)) return;
    this.#soon();
    if (severityOf(codeSettingIds.unusedKey, document.uri) === undefined) return;
    this.#searchTimer ??= setTimeout(() => this.#index.start(), searchDelayMs);
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#publishAll().catch((error: unknown) => {
        this.#services.log.error(`Unused keys could not be told: ${String(error)}`);
      });
    }, typingPauseMs);
  }

  async #publishAll(): Promise<void> {
    for (const document of vscode.workspace.textDocuments.filter(isEnvironment)) {
      const { version } = document;
      const findings = await this.#findings(document);
      if (!document.isClosed && document.version === version) this.#collection.set(document.uri, findings);
    }
  }

  async #findings(document: vscode.TextDocument): Promise<vscode.Diagnostic[]> {
    const severity = severityOf(codeSettingIds.unusedKey, document.uri);
    if (severity === undefined || !this.#index.isComplete) return [];
    const used = this.#index.known;
    const near = await this.#services.knowledge.documentsNear(document.uri);
    if (!near.some((each) => [...each.document.effectiveEntries.keys()].some((key) => used.has(key))))
      return [];
    const referred = new Set(near.flatMap((each) => referencesIn(each.document)).map(({ name }) => name));
    const parsed = parsedDocument(document);
    const unused = parsed.entries
      .filter(({ key }) => !isUsed(key, used) && !referred.has(key))
      .map(({ key, keySpan }) => ({ rule: "unused-key" as const, span: keySpan, key }));
    return withoutSilenced(unused, parsed).map(({ rule, span, key }) => {
      const message = `${key} is used nowhere in the code of this workspace that Envpact reads.`;
      const diagnostic = codeFinding(rule, rangeIn(parsed, span), message, severity);
      diagnostic.tags = [vscode.DiagnosticTag.Unnecessary];
      return diagnostic;
    });
  }
}

/** Some settings classes name a variable in lower case. */
function isUsed(key: string, used: UsageIndex): boolean {
  return used.has(key) || used.has(key.toLowerCase()) || isWellKnown(key, "compose") || isReadByLibrary(key);
}

function isEnvironment(document: vscode.TextDocument): boolean {
  return isLintable(document) && environmentFileOf(document.uri) !== undefined;
}
