import * as vscode from "vscode";
import { type ConventionId, conventionIds, modeOf, modesOf } from "../../dotenv/conventions.ts";
import { type DotenvDocument, effectiveEntry } from "../../dotenv/document.ts";
import { type Explanation, explain } from "../../dotenv/explain.ts";
import { problemOf } from "../../protocol/errors.ts";
import { conventionSettingId, explainViewType } from "../ids.ts";
import { type ChosenConvention, conventionFor } from "../services/conventionChoice.ts";
import { type EnvironmentFile, environmentFileOf } from "../services/environmentFile.ts";
import type { EnvironmentServices } from "../services/environments.ts";
import { explainHtml } from "./explainHtml.ts";
import { pageOf } from "./webviewPanel.ts";

/** What a panel explains; what VS Code keeps over a reload. */
interface Subject {
  readonly file: EnvironmentFile;
  readonly key: string;
  convention: ConventionId | undefined;
  mode: string | undefined;
}

interface Shown {
  readonly panel: vscode.WebviewPanel;
  readonly subject: Subject;
  /** Names of the files whose values are revealed; "" for the effective value. */
  readonly revealed: Set<string>;
  /** The last page that was asked for; one that was overtaken is dropped. */
  turn: number;
}

/** Panels that explain where a value comes from, masked at first, live, and brought back after a reload. */
export class Explanations implements vscode.WebviewPanelSerializer, vscode.Disposable {
  readonly #services: EnvironmentServices;
  readonly #media: vscode.Uri;
  readonly #shown = new Set<Shown>();
  readonly #listening: vscode.Disposable;

  constructor(services: EnvironmentServices, extensionUri: vscode.Uri) {
    this.#services = services;
    this.#media = vscode.Uri.joinPath(extensionUri, "media");
    this.#listening = vscode.Disposable.from(
      vscode.window.registerWebviewPanelSerializer(explainViewType, this),
      services.index.onDidChange(() => this.#refreshAll()),
      services.watch.onDidChangeContent(() => this.#refreshAll()),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(conventionSettingId)) this.#refreshAll();
      }),
    );
  }

  /** Opens a panel for a key of a file, beside nothing: a second key gets a second panel. */
  async show(file: EnvironmentFile, key: string): Promise<void> {
    const known = [...this.#shown].find(
      ({ subject }) => subject.key === key && subject.file.uri.toString() === file.uri.toString(),
    );
    if (known !== undefined) return known.panel.reveal();
    const panel = vscode.window.createWebviewPanel(
      explainViewType,
      `Value of ${key}`,
      vscode.ViewColumn.Active,
    );
    await this.#adopt(panel, { file, key, convention: undefined, mode: undefined });
  }

  /** What the panel of a key shows, for the tests inside VS Code. */
  html(key: string): string | undefined {
    return [...this.#shown].find(({ subject }) => subject.key === key)?.panel.webview.html;
  }

  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const subject = subjectOf(state);
    if (subject === undefined) return panel.dispose();
    await this.#adopt(panel, subject);
  }

  dispose(): void {
    this.#listening.dispose();
    for (const { panel } of [...this.#shown]) panel.dispose();
  }

  async #adopt(panel: vscode.WebviewPanel, subject: Subject): Promise<void> {
    const shown: Shown = { panel, subject, revealed: new Set(), turn: 0 };
    this.#shown.add(shown);
    panel.webview.options = { enableScripts: true, localResourceRoots: [this.#media] };
    panel.onDidDispose(() => this.#shown.delete(shown));
    panel.webview.onDidReceiveMessage(async (message: unknown) => {
      try {
        await this.#take(shown, message);
      } catch (error) {
        this.#failed(error);
      }
    });
    // Masked: VS Code keeps this text, also while the panel is hidden. Revealed values travel by message only.
    panel.webview.html = pageOf(panel, this.#media, "explain.js", await this.#body(shown), "explain.css");
  }

  async #take(shown: Shown, message: unknown): Promise<void> {
    const { ask, file, line, choice } = (message ?? {}) as Readonly<Record<string, unknown>>;
    const { subject, revealed } = shown;
    if (ask === "open" && typeof file === "string") return this.#open(shown, file, Number(line));
    if (ask === "reveal" && typeof file === "string") {
      if (!revealed.delete(file)) revealed.add(file);
    } else if (ask === "ready") {
      // A page that starts, at first or because it was hidden, starts masked.
      revealed.clear();
    } else if (ask === "convention") {
      subject.convention = conventionIds.find((id) => id === choice);
    } else if (ask === "mode" && typeof choice === "string") subject.mode = choice;
    else return;
    await this.#refresh(shown);
  }

  async #open({ subject }: Shown, name: string, line: number): Promise<void> {
    // A name from the page, so only a file that is known beside the subject is opened.
    if (!this.#services.index.siblings(subject.file.directory).has(name)) return;
    const uri = vscode.Uri.joinPath(subject.file.directory, name);
    const content = await this.#services.contents.read(uri);
    if (!content.ok) return;
    const at = new vscode.Position(Math.max(0, Number.isInteger(line) ? line - 1 : 0), 0);
    await vscode.window.showTextDocument(uri, { selection: new vscode.Range(at, at) });
  }

  #refreshAll(): void {
    for (const shown of this.#shown) {
      if (shown.panel.visible) this.#refresh(shown).catch((error: unknown) => this.#failed(error));
    }
  }

  async #refresh(shown: Shown): Promise<void> {
    shown.turn += 1;
    const { turn, panel, subject } = shown;
    const html = await this.#body(shown);
    if (turn !== shown.turn || !this.#shown.has(shown)) return;
    const { file, key, convention, mode } = subject;
    await panel.webview.postMessage({
      kind: "explain",
      html,
      file: file.uri.toString(),
      key,
      convention,
      mode,
    });
  }

  async #body({ subject, revealed }: Shown): Promise<string> {
    const { file, key } = subject;
    const chosen = await conventionFor(file, subject.convention);
    await this.#services.index.files();
    const files = await this.#filesBeside(file);
    const modes = modesOf(files.keys());
    const mode = subject.mode ?? modeOf(file.name) ?? "development";
    const explanation = explain(
      { key, convention: chosen.convention, mode, file: file.name },
      { files, environment: environmentOf(process.env) },
    );
    const values = new Map<string, string>();
    for (const name of revealed) {
      const document = files.get(name);
      const value = document && effectiveEntry(document, key)?.value;
      if (value !== undefined) values.set(name, value);
    }
    return explainHtml({
      explanation,
      folder: file.directoryPath === "" ? file.folder.name : `${file.folder.name}/${file.directoryPath}`,
      choice: subject.convention ?? "auto",
      reason: reasonOf(chosen, explanation),
      modes: modes.includes(mode) ? modes : [mode, ...modes],
      value: revealed.has("") ? explanation.value : undefined,
      values,
    });
  }

  async #filesBeside(file: EnvironmentFile): Promise<Map<string, DotenvDocument | undefined>> {
    const { index, contents } = this.#services;
    const files = new Map<string, DotenvDocument | undefined>();
    for (const name of index.siblings(file.directory)) {
      const content = await contents.read(vscode.Uri.joinPath(file.directory, name));
      files.set(name, content.ok ? content.document : undefined);
    }
    return files;
  }

  #failed(error: unknown): void {
    this.#services.log.error(`explain value: ${problemOf(error).message}`);
  }
}

function reasonOf({ convention, by }: ChosenConvention, { question }: Explanation): string {
  const read = convention.id === "plain" ? `only ${question.file} is read` : "";
  const words = {
    asked: "",
    setting: "as the setting envpact.convention says",
    detected: `${convention.reader} was found in this folder's dependencies`,
    unknown: "no framework was recognised in this folder",
  }[by];
  const text = [words, read].filter((part) => part !== "").join("; ");
  return text === "" ? "" : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** The variables of a process environment that are set. */
function environmentOf(environment: NodeJS.ProcessEnv): Record<string, string> {
  const set = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return Object.fromEntries(set);
}

function subjectOf(state: unknown): Subject | undefined {
  if (typeof state !== "object" || state === null) return undefined;
  const { file, key, convention, mode } = state as Readonly<Record<string, unknown>>;
  const found = typeof file === "string" ? environmentFileOf(vscode.Uri.parse(file)) : undefined;
  if (found === undefined || typeof key !== "string") return undefined;
  return {
    file: found,
    key,
    convention: conventionIds.find((id) => id === convention),
    mode: typeof mode === "string" ? mode : undefined,
  };
}
