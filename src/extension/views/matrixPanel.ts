import * as vscode from "vscode";
import { problemOf } from "../../protocol/errors.ts";
import { matrixViewType } from "../ids.ts";
import type { EnvironmentServices } from "../services/environments.ts";
import { matrixHtml } from "./matrixHtml.ts";
import type { CellAction, ColumnAction, MatrixAnswer, MatrixAsk, MatrixMessage } from "./matrixMessages.ts";
import { readMatrixAsk } from "./matrixMessages.ts";
import { MatrixSheet, type SheetColumn } from "./matrixSheet.ts";
import { pageOf } from "./webviewPanel.ts";

/** What is done with cells and columns outside of the page: input boxes, pickers, files, the clipboard. */
export interface MatrixActions {
  cell(
    action: Exclude<CellAction, "reveal">,
    sheet: MatrixSheet,
    column: SheetColumn,
    key: string,
  ): Promise<void>;
  column(action: Exclude<ColumnAction, "hideColumn">, sheet: MatrixSheet, column: SheetColumn): Promise<void>;
  fillAny(sheet: MatrixSheet): Promise<void>;
  copyName(key: string): Promise<void>;
  newEnvironment(): Promise<void>;
}

interface Shown {
  readonly panel: vscode.WebviewPanel;
  sheet: MatrixSheet;
  /** Key of the row that the keyboard is on. */
  active: string | undefined;
  /** Resolves when the page has started. */
  readonly started: Promise<void>;
}

/** Panels with keys by environments, one a directory, live, and brought back after a reload of the window. */
export class Matrices implements vscode.WebviewPanelSerializer, vscode.Disposable {
  readonly #services: EnvironmentServices;
  readonly #actions: MatrixActions;
  readonly #media: vscode.Uri;
  readonly #shown = new Set<Shown>();
  readonly #listening: vscode.Disposable;

  constructor(services: EnvironmentServices, actions: MatrixActions, extensionUri: vscode.Uri) {
    this.#services = services;
    this.#actions = actions;
    this.#media = vscode.Uri.joinPath(extensionUri, "media");
    this.#listening = vscode.Disposable.from(
      vscode.window.registerWebviewPanelSerializer(matrixViewType, this),
      services.index.onDidChange(() => this.#refresh(() => true)),
      // Which file overrides which decides what is missing and what is inherited.
      services.layers.onDidChange(() => this.#refresh(() => true)),
      services.watch.onDidChangeContent((uris) => {
        const changed = new Set(uris.map((uri) => vscode.Uri.joinPath(uri, "..").toString()));
        this.#refresh(({ sheet }) => changed.has(sheet.directory.toString()));
      }),
    );
  }

  /** Opens the matrix of a directory, or brings the one that is open to the front. */
  show(directory: vscode.Uri): vscode.WebviewPanel {
    const known = [...this.#shown].find(({ sheet }) => sheet.directory.toString() === directory.toString());
    if (known !== undefined) {
      known.panel.reveal();
      return known.panel;
    }
    const panel = vscode.window.createWebviewPanel(
      matrixViewType,
      "Environment Matrix",
      vscode.ViewColumn.Active,
    );
    this.#adopt(panel, directory);
    return panel;
  }

  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const folder =
      typeof state === "object" && state !== null ? (state as { folder?: unknown }).folder : undefined;
    const directory = typeof folder === "string" ? vscode.Uri.parse(folder) : undefined;
    // A folder that is no longer part of the workspace has no matrix.
    if (directory === undefined || vscode.workspace.getWorkspaceFolder(directory) === undefined) {
      return panel.dispose();
    }
    this.#adopt(panel, directory);
  }

  /** What the page of a directory's panel would be answered once it has started, for the tests inside VS Code. */
  async ask(directory: vscode.Uri, message: unknown): Promise<readonly MatrixAnswer[]> {
    const shown = [...this.#shown].find(({ sheet }) => sheet.directory.toString() === directory.toString());
    const ask = readMatrixAsk(message);
    if (shown === undefined || ask === undefined) return [];
    await shown.started;
    return this.#answer(shown, ask);
  }

  dispose(): void {
    this.#listening.dispose();
    for (const { panel } of [...this.#shown]) panel.dispose();
  }

  #adopt(panel: vscode.WebviewPanel, directory: vscode.Uri): void {
    const { promise: started, resolve: startNow } = Promise.withResolvers<void>();
    const shown: Shown = {
      panel,
      sheet: new MatrixSheet(this.#services, directory),
      active: undefined,
      started,
    };
    this.#shown.add(shown);
    panel.webview.options = { enableScripts: true, localResourceRoots: [this.#media] };
    panel.onDidDispose(() => this.#shown.delete(shown));
    panel.webview.onDidReceiveMessage(async (message: unknown) => {
      const ask = readMatrixAsk(message);
      if (ask === undefined) return;
      try {
        await this.#post(shown, await this.#answer(shown, ask));
        startNow();
      } catch (error) {
        this.#failed(error);
      }
    });
    panel.webview.html = pageOf(panel, this.#media, "matrix.js", matrixHtml(), "matrix.css");
  }

  #refresh(isMeant: (shown: Shown) => boolean): void {
    for (const shown of this.#shown) {
      // A hidden page is gone; it asks for everything when it is shown again.
      if (!isMeant(shown) || !shown.panel.visible) continue;
      const { sheet } = shown;
      sheet
        .load()
        .then(async (current) => {
          if (current && sheet === shown.sheet) await this.#post(shown, [this.#matrix(shown)]);
        })
        .catch((error: unknown) => this.#failed(error));
    }
  }

  async #post(shown: Shown, answers: readonly MatrixAnswer[]): Promise<void> {
    for (const answer of answers) if (this.#shown.has(shown)) await shown.panel.webview.postMessage(answer);
  }

  async #answer(shown: Shown, ask: MatrixAsk): Promise<readonly MatrixAnswer[]> {
    const { sheet } = shown;
    switch (ask.ask) {
      case "ready":
        // A page that starts, at first or because it was hidden, starts masked.
        sheet.hide();
        sheet.setFilter(ask);
        shown.active = ask.active;
        return this.#reload(shown);
      case "view":
        sheet.setFilter(ask);
        shown.active = ask.active;
        return [this.#matrix(shown)];
      case "rows":
        if (ask.revision !== sheet.revision) return [];
        return [{ kind: "rows", revision: sheet.revision, from: ask.from, rows: sheet.page(ask.from) }];
      case "folder":
        return this.#change(shown, ask.folder);
      case "detail":
        return this.#detail(shown, ask.key, ask.file);
      case "cell":
        return this.#cell(shown, ask);
      case "column":
        return this.#column(shown, ask);
      case "row":
        return this.#row(shown, ask);
      case "fillAny":
        await this.#actions.fillAny(sheet);
        return this.#reload(shown);
      case "hideAll":
        sheet.hide();
        return this.#rerow(shown);
      case "newEnvironment":
        await this.#actions.newEnvironment();
        return [];
    }
  }

  async #reload(shown: Shown): Promise<readonly MatrixAnswer[]> {
    return (await shown.sheet.load()) ? [this.#matrix(shown)] : [];
  }

  /** The rows stay where they are, and what they show has changed. */
  #rerow(shown: Shown): readonly MatrixAnswer[] {
    shown.sheet.revision += 1;
    return [this.#matrix(shown)];
  }

  #change(shown: Shown, folder: string): Promise<readonly MatrixAnswer[]> | readonly MatrixAnswer[] {
    const directory = directoriesOf(this.#services).find(({ id }) => id === folder)?.uri;
    if (directory === undefined) return [];
    shown.sheet = new MatrixSheet(this.#services, directory);
    shown.active = undefined;
    return this.#reload(shown);
  }

  #detail(shown: Shown, key: string, file: string): readonly MatrixAnswer[] {
    shown.active = key;
    const detail = shown.sheet.detail(key, file);
    return detail === undefined ? [] : [{ kind: "detail", key, file, ...detail }];
  }

  async #cell(shown: Shown, ask: MatrixAsk & { ask: "cell" }): Promise<readonly MatrixAnswer[]> {
    const { sheet } = shown;
    const { action, key, file } = ask;
    const column = sheet.columnOf(file);
    if (column === undefined || sheet.rowOf(key) === undefined) return [];
    shown.active = key;
    if (action === "reveal") {
      sheet.setRevealed(file, key, !sheet.isRevealed(file, key));
      return this.#rerow(shown);
    }
    await this.#actions.cell(action, sheet, column, key);
    return this.#reload(shown);
  }

  async #column(shown: Shown, ask: MatrixAsk & { ask: "column" }): Promise<readonly MatrixAnswer[]> {
    const { sheet } = shown;
    const column = sheet.columnOf(ask.file);
    if (column === undefined) return [];
    if (ask.action === "hideColumn") {
      sheet.hide(ask.file);
      return this.#rerow(shown);
    }
    await this.#actions.column(ask.action, sheet, column);
    return this.#reload(shown);
  }

  async #row(shown: Shown, ask: MatrixAsk & { ask: "row" }): Promise<readonly MatrixAnswer[]> {
    const { sheet } = shown;
    if (ask.action === "copyName") {
      await this.#actions.copyName(ask.key);
      return [];
    }
    const files = sheet.columns.map(({ file }) => file.uri.toString());
    const isShown = files.some((file) => sheet.isRevealed(file, ask.key));
    for (const file of files) sheet.setRevealed(file, ask.key, !isShown);
    return this.#rerow(shown);
  }

  #matrix({ sheet, panel, active }: Shown): MatrixMessage {
    const folders = directoriesOf(this.#services);
    const folder = sheet.directory.toString();
    const label = folders.find(({ id }) => id === folder)?.label;
    panel.title = folders.length > 1 && label !== undefined ? `Matrix: ${label}` : "Environment Matrix";
    return {
      kind: "matrix",
      revision: sheet.revision,
      folder,
      folders: folders.map((each) => ({ id: each.id, label: each.label })),
      columns: sheet.columns.map(({ file, name, writable, note, isExample }) => ({
        id: file.uri.toString(),
        name,
        writable,
        note,
        isExample,
      })),
      counts: sheet.counts,
      rows: sheet.shown.length,
      active: active === undefined ? -1 : sheet.placeOf(active),
      inherits: sheet.rows.some(({ cells }) => cells.some(({ inherited }) => inherited)),
      alone: sheet.rows.some(({ cells }) => cells.some(({ state }) => state === "alone")),
      revealed: sheet.revealedCells,
      notices: sheet.notices,
    };
  }

  #failed(error: unknown): void {
    this.#services.log.error(`matrix: ${problemOf(error).message}`);
  }
}

/** A directory with environments, as the page names it. */
export interface MatrixDirectory {
  readonly id: string;
  readonly uri: vscode.Uri;
  readonly label: string;
}

/** Directories that have environments, in shown order. */
export function directoriesOf({ index }: EnvironmentServices): readonly MatrixDirectory[] {
  const several = (vscode.workspace.workspaceFolders?.length ?? 0) > 1;
  const directories = new Map<string, MatrixDirectory>();
  for (const { directory, directoryPath, folder } of index.known()) {
    const id = directory.toString();
    const path = directoryPath === "" ? folder.name : directoryPath;
    const label = several && directoryPath !== "" ? `${folder.name}/${directoryPath}` : path;
    directories.set(id, { id, uri: directory, label });
  }
  return [...directories.values()];
}
