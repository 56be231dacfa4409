import * as vscode from "vscode";
import { type DotenvDocument, effectiveEntry } from "../../dotenv/document.ts";
import { setKey } from "../../dotenv/edit.ts";
import { type EnvironmentFile, shownName } from "../services/environmentFile.ts";
import { type Plan, type PlanResult, sequence, type Writing } from "../services/environmentPlans.ts";
import { contendedProblem, keyGoneProblem, unreadableProblem } from "../services/environmentProblems.ts";
import { isAssigned } from "../services/environmentRows.ts";
import { changeFile } from "./environmentChanges.ts";
import {
  type CommandArguments,
  confirmDone,
  type EnvironmentCommandContext,
  inform,
  type KeyTarget,
  report,
} from "./environmentContext.ts";
import { filesForPicking, pickFiles, targetKeys } from "./environmentPickers.ts";

/** A key with its value, on its way to another file. Lives for the time of one command only. */
interface Cargo {
  readonly key: string;
  readonly value: string;
  /** Where the value stands; its spelling is followed. */
  readonly from: DotenvDocument;
}

/** Puts the value that a program would read on the clipboard. */
export async function copyValue(context: EnvironmentCommandContext, args: CommandArguments): Promise<void> {
  const [target] = await targetKeys(context, args, {
    title: "Copy Value",
    accepts: isAssigned,
    none: "has no key whose value could be copied.",
  });
  if (target === undefined) return;
  const [cargo] = (await load(context, [target])) ?? [];
  if (cargo === undefined) return;
  await vscode.env.clipboard.writeText(cargo.value);
  confirmDone(`Copied the value of ${cargo.key}.`);
}

/** Puts key names on the clipboard, one a line. */
export async function copyName(context: EnvironmentCommandContext, args: CommandArguments): Promise<void> {
  const targets = await targetKeys(context, args, {
    title: "Copy Name",
    accepts: () => true,
    none: "has no key.",
  });
  if (targets.length === 0) return;
  const names = targets.map((target) => target.row.key);
  await vscode.env.clipboard.writeText(names.join("\n"));
  confirmDone(names.length === 1 ? `Copied ${names[0]}.` : `Copied ${names.length} names.`);
}

/** Copies keys with their values to other environments that the user picks. */
export async function copyKeyToEnvironment(
  context: EnvironmentCommandContext,
  args: CommandArguments,
): Promise<void> {
  const title = "Copy Key To Environment";
  const sources = await targetKeys(context, args, {
    title,
    accepts: isAssigned,
    none: "has no key that could be copied.",
  });
  if (sources.length === 0) return;
  const from = new Set(sources.map((source) => source.file.uri.toString()));
  const [first] = sources;
  const isNear = (file: EnvironmentFile): boolean =>
    file.directory.toString() === first?.file.directory.toString();
  const others = (await filesForPicking(context)).filter(
    (file) => from.size > 1 || !from.has(file.uri.toString()),
  );
  if (others.length === 0) {
    return inform(context, "There is no other environment. Use “Envpact: New Environment” to make one.");
  }
  const sorted = [...others.filter(isNear), ...others.filter((file) => !isNear(file))];
  const what = sources.length === 1 ? first?.row.key : `${sources.length} keys`;
  const destinations = await pickFiles(title, `Environments that get ${what}`, sorted);
  await copyKeys(context, sources, destinations);
}

/**
 * Copies keys to environments. Asks once before values that are there already are replaced. An example
 * gets the names only, because examples are committed.
 */
export async function copyKeys(
  context: EnvironmentCommandContext,
  sources: readonly KeyTarget[],
  destinations: readonly EnvironmentFile[],
): Promise<void> {
  for (const destination of destinations) {
    const own = destination.uri.toString();
    const cargo = await load(
      context,
      sources.filter((source) => source.file.uri.toString() !== own),
    );
    if (cargo === undefined) return;
    await unload(context, cargo, destination);
  }
}

async function unload(
  context: EnvironmentCommandContext,
  cargo: readonly Cargo[],
  destination: EnvironmentFile,
): Promise<void> {
  const content = await context.services.contents.readNow(destination.uri);
  const name = shownName(destination);
  if (!content.ok) return report(context, unreadableProblem(content.reason, name));
  const isExample = destination.kind === "example";
  const arriving = isExample ? cargo.map((each) => ({ ...each, value: "" })) : cargo;
  const seen = new Map(arriving.map(({ key }) => [key, effectiveEntry(content.document, key)?.value]));
  const taken = arriving.filter(({ key, value }) => {
    const there = seen.get(key);
    return there !== undefined && (isExample || there !== value);
  });
  const replaces = taken.length > 0 && !isExample ? await askReplace(name, taken) : "skip";
  if (replaces === "cancel") return;
  const skipped = replaces === "skip" ? new Set(taken.map(({ key }) => key)) : new Set<string>();
  const plans = arriving
    .filter(({ key }) => !skipped.has(key))
    .map(
      (each): Plan =>
        (document, writing) =>
          place(document, each, seen.get(each.key), destination, writing),
    );
  if (plans.length === 0) return confirmDone(`${name} has all of it already.`);
  const what =
    plans.length === 1 ? arriving.find(({ key }) => !skipped.has(key))?.key : `${plans.length} keys`;
  const done = `Copied ${what} to ${name}${isExample ? " without values" : ""}.`;
  await changeFile(context, destination, sequence(plans), done);
}

/** Sets a key unless it changed since the user was asked about it. */
function place(
  document: DotenvDocument,
  { key, value, from }: Cargo,
  seen: string | undefined,
  destination: EnvironmentFile,
  writing: Writing,
): PlanResult {
  if (effectiveEntry(document, key)?.value === seen)
    return setKey(document, key, value, { ...writing, from });
  return { ok: false, refusal: contendedProblem(shownName(destination)) };
}

async function askReplace(name: string, taken: readonly Cargo[]): Promise<"replace" | "skip" | "cancel"> {
  const [first] = taken;
  const question =
    taken.length === 1
      ? `${first?.key} is in ${name} already with another value. Replace it?`
      : `${taken.length} keys are in ${name} already with other values. Replace them?`;
  const answer = await vscode.window.showWarningMessage(
    question,
    { modal: true },
    "Replace",
    "Keep Existing",
  );
  if (answer === "Replace") return "replace";
  return answer === "Keep Existing" ? "skip" : "cancel";
}

/** Reads the values of keys as they are now; `undefined` after telling the user what is not there. */
async function load(
  context: EnvironmentCommandContext,
  targets: readonly KeyTarget[],
): Promise<readonly Cargo[] | undefined> {
  const cargo: Cargo[] = [];
  for (const { file, row } of targets) {
    const content = await context.services.contents.readNow(file.uri);
    const name = shownName(file);
    const value = content.ok ? effectiveEntry(content.document, row.key)?.value : undefined;
    if (!content.ok || value === undefined) {
      report(context, content.ok ? keyGoneProblem(name, row.key) : unreadableProblem(content.reason, name));
      return undefined;
    }
    cargo.push({ key: row.key, value, from: content.document });
  }
  return cargo;
}
