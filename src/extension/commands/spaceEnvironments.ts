import * as vscode from "vscode";
import type { SpaceContext } from "./spaceContext.ts";
import { environmentNameOf, mappingText, parseMapping } from "./spaceMapping.ts";

type Mapping = Readonly<Record<string, string>>;

interface FileItem extends vscode.QuickPickItem {
  readonly path: string | undefined;
}

/** The mapping when the folder has nothing to choose from. */
const defaultMapping: Mapping = { default: ".env" };

/**
 * Asks which files of a folder are which environments of the space.
 * @returns environment name -> path relative to the folder, or undefined when the user gave up
 */
export async function askEnvironments(
  context: SpaceContext,
  folder: vscode.WorkspaceFolder,
  title: string,
): Promise<Mapping | undefined> {
  const files = (await context.services.index.files()).filter(
    (file) => file.kind === "environment" && file.folder.uri.toString() === folder.uri.toString(),
  );
  const paths = files.map((file) =>
    file.directoryPath === "" ? file.name : `${file.directoryPath}/${file.name}`,
  );
  if (paths.length === 0) return askMapping(title, defaultMapping);
  const items: FileItem[] = paths.map((path) => ({
    label: path,
    description: `environment “${environmentNameOf(path)}”`,
    picked: path === defaultMapping.default || paths.length === 1,
    path,
  }));
  items.push({
    label: "$(edit) Other names…",
    description: "write the environments and their files",
    path: undefined,
  });
  const picked = await vscode.window.showQuickPick(items, {
    title,
    placeHolder: "Files that take part; only keys that you share are ever sent",
    canPickMany: true,
    ignoreFocusOut: true,
  });
  if (picked === undefined) return undefined;
  const chosen = picked.flatMap(({ path }) => (path === undefined ? [] : [path]));
  const mapping = Object.fromEntries(chosen.map((path) => [environmentNameOf(path), path]));
  const wantsText = chosen.length < picked.length || Object.keys(mapping).length !== chosen.length;
  if (wantsText || chosen.length === 0)
    return askMapping(title, chosen.length === 0 ? defaultMapping : mapping);
  return mapping;
}

async function askMapping(title: string, suggested: Mapping): Promise<Mapping | undefined> {
  const text = await vscode.window.showInputBox({
    title,
    prompt: "Environments of the space and their files here, as NAME=FILE, separated by commas",
    value: mappingText(suggested),
    ignoreFocusOut: true,
    validateInput: (typed) => {
      const result = parseMapping(typed);
      return result.ok ? undefined : result.error;
    },
  });
  if (text === undefined) return undefined;
  const result = parseMapping(text);
  return result.ok ? result.value : undefined;
}
