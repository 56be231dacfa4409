import type { EnvironmentFile } from "../services/environmentFile.ts";
import { shownName } from "../services/environmentFile.ts";
import { type Plan, sequence } from "../services/environmentPlans.ts";
import { confirmDone, type EnvironmentCommandContext, type KeyTarget, report } from "./environmentContext.ts";

/**
 * Makes one change to one file and tells the user what became of it. `done` is said in the status bar.
 * Answers true when the file is as asked.
 */
export async function changeFile(
  context: EnvironmentCommandContext,
  file: EnvironmentFile,
  plan: Plan,
  done: string,
): Promise<boolean> {
  const outcome = await context.services.editor.change(file, plan);
  context.services.watch.touch(file.uri);
  if (!outcome.ok) {
    report(context, outcome.problem);
    return false;
  }
  const waits = outcome.where === "unsaved" ? " Not saved yet: the file had other unsaved edits." : "";
  if (outcome.changed) confirmDone(`${done}${waits}`);
  return true;
}

/**
 * Makes the same kind of change to keys of several files: one change a file, so one undo takes it back.
 * A file that refuses does not keep the others from being changed.
 */
export async function changeKeys(
  context: EnvironmentCommandContext,
  targets: readonly KeyTarget[],
  planOf: (key: string) => Plan,
  verb: string,
): Promise<void> {
  for (const [file, keys] of byFile(targets)) {
    const what = keys.length === 1 ? keys[0] : `${keys.length} keys`;
    await changeFile(context, file, sequence(keys.map(planOf)), `${verb} ${what} in ${shownName(file)}.`);
  }
}

/** Keys of each file, files and keys in the order of the targets. */
export function byFile(targets: readonly KeyTarget[]): ReadonlyMap<EnvironmentFile, readonly string[]> {
  const ids = new Map<string, EnvironmentFile>();
  const keys = new Map<EnvironmentFile, string[]>();
  for (const { file, row } of targets) {
    const known = ids.get(file.uri.toString()) ?? file;
    ids.set(file.uri.toString(), known);
    const list = keys.get(known);
    if (list === undefined) keys.set(known, [row.key]);
    else if (!list.includes(row.key)) list.push(row.key);
  }
  return keys;
}
