import * as vscode from "vscode";
import type { CommitOptions } from "../../peer/api.ts";
import { limits } from "../../protocol/limits.ts";
import { spaceSettingIds } from "../spaceIds.ts";

const minuteMs = 60_000;

/** What the settings of a folder say about its commits. */
export function commitSettings(folder: vscode.Uri): Pick<CommitOptions, "policy" | "reviewMs"> {
  const configuration = vscode.workspace.getConfiguration(undefined, folder);
  const absent = configuration.get<string>(spaceSettingIds.absentVoters);
  const minutes = configuration.get<number>(spaceSettingIds.reviewMinutes);
  const policy: Pick<CommitOptions, "policy"> =
    absent === "detach" || absent === "wait" || absent === "strict" ? { policy: absent } : {};
  if (typeof minutes !== "number" || !(minutes > 0)) return policy;
  return { ...policy, reviewMs: Math.min(minutes * minuteMs, limits.reviewTimeoutMaxMs) };
}

/**
 * Whether the person at this folder looks at every change of others before it is agreed to; undefined where no
 * setting says so, and `.envpact.json` decides.
 */
export function reviewSetting(folder: vscode.Uri): boolean | undefined {
  const found = vscode.workspace.getConfiguration(undefined, folder).inspect<boolean>(spaceSettingIds.review);
  return found?.workspaceFolderValue ?? found?.workspaceValue ?? found?.globalValue;
}

/** Whether a change of the settings is one of {@link reviewSetting} for this folder. */
export function changesReview(event: vscode.ConfigurationChangeEvent, folder: vscode.Uri): boolean {
  return event.affectsConfiguration(spaceSettingIds.review, folder);
}
