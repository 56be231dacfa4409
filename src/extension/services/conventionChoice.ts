import * as vscode from "vscode";
import {
  type Convention,
  type ConventionId,
  conventionIds,
  conventions,
  detectConvention,
  type Manifest,
  manifestNames,
} from "../../dotenv/conventions.ts";
import { conventionSettingId } from "../ids.ts";
import { decodeText } from "./environmentBytes.ts";
import type { EnvironmentFile } from "./environmentFile.ts";

/** Bytes of a package.json or Gemfile that is looked into. */
const manifestBytesMax = 1_048_576;

/** A convention and who settled it. */
export interface ChosenConvention {
  readonly convention: Convention;
  /** `asked`: for this question only; `setting`: by the user; `detected`: by a manifest; `unknown`: nothing told. */
  readonly by: "asked" | "setting" | "detected" | "unknown";
}

/** The convention that a file is read under: the one asked for, the setting's, else what the manifests nearest to it tell. */
export async function conventionFor(
  file: EnvironmentFile,
  asked: ConventionId | undefined,
): Promise<ChosenConvention> {
  const detected = await detectedFor(file);
  const chosen = asked ?? settingFor(file.uri);
  if (chosen === undefined) {
    if (detected !== undefined) return { convention: detected, by: "detected" };
    return { convention: conventions.plain, by: "unknown" };
  }
  // The program that was found tells more than the name of its family.
  const convention = detected?.id === chosen ? detected : conventions[chosen];
  return { convention, by: asked === undefined ? "setting" : "asked" };
}

function settingFor(uri: vscode.Uri): ConventionId | undefined {
  const value: unknown = vscode.workspace.getConfiguration(undefined, uri).get(conventionSettingId);
  return conventionIds.find((id) => id === value);
}

async function detectedFor({ directory, directoryPath }: EnvironmentFile): Promise<Convention | undefined> {
  const levels = directoryPath === "" ? 0 : directoryPath.split("/").length;
  for (let level = 0; level <= levels; level += 1) {
    const folder = vscode.Uri.joinPath(directory, ...Array<string>(level).fill(".."));
    const manifests = await Promise.all(manifestNames.map((name) => manifestIn(folder, name)));
    const convention = detectConvention(manifests.filter((manifest) => manifest !== undefined));
    if (convention !== undefined) return convention;
  }
  return undefined;
}

async function manifestIn(folder: vscode.Uri, name: string): Promise<Manifest | undefined> {
  const uri = vscode.Uri.joinPath(folder, name);
  try {
    const stat = await vscode.workspace.fs.stat(uri);
    if ((stat.type & vscode.FileType.File) === 0 || stat.size > manifestBytesMax) return undefined;
    const decoded = decodeText(await vscode.workspace.fs.readFile(uri));
    return decoded.ok ? { name, text: decoded.text } : undefined;
  } catch (error) {
    // Most folders have none; one that cannot be read tells nothing either.
    if (error instanceof vscode.FileSystemError) return undefined;
    throw error;
  }
}
