import * as vscode from "vscode";
import type { KeyRef } from "../../peer/api.ts";
import type { OpenFolder } from "../services/peerService.ts";
import { type SpaceCommandId, spaceCommandIds } from "../spaceIds.ts";
import { row } from "../views/spaceRow.ts";
import { counted, isSameKey, keyName } from "../views/spaceWords.ts";
import type { ThreeWayKey } from "../views/threeWayHtml.ts";
import {
  choosePeer,
  keysOf,
  notice,
  reportError,
  rowOf,
  type SpaceArguments,
  type SpaceContext,
  targetsOf,
} from "./spaceContext.ts";
import { pickRevision } from "./spacePickers.ts";
import { restoreValue } from "./spaceRestore.ts";

/** Compares any two revisions: the two that are selected in the view, or two that the user picks. Masked. */
export async function compareRevisions(context: SpaceContext, args: SpaceArguments): Promise<void> {
  const open = await choosePeer(context, args, "Compare Revisions");
  if (open === undefined) return;
  const selected = targetsOf(args).flatMap((target) => rowOf([target])?.revision ?? []);
  const chosen = [...new Set(selected)];
  while (chosen.length < 2) {
    const title = chosen.length === 0 ? "Compare Revisions" : `Compare r${chosen[0]} With`;
    const picked = await pickRevision(context, open, title, ({ revision }) => !chosen.includes(revision));
    if (picked === undefined) return;
    chosen.push(picked.revision);
  }
  const [from = 0, to = 0] = [...chosen.slice(0, 2)].sort((a, b) => a - b);
  const changes = await open.peer.compare(from, to);
  const { space } = open.peer.view;
  if (changes.length === 0) {
    const text = `Nothing differs: every key has the same value at r${from} and at r${to}.`;
    return notice(context, vscode.window.showInformationMessage(text), () => undefined);
  }
  await context.comparisons.show(`${space} r${from} ↔ r${to}: ${counted(changes.length, "key")}`, {
    space,
    before: `r${from}`,
    after: `r${to}`,
    changes,
  });
}

/** Shows what a key started from, the space's value and the one here; masked until it is revealed. */
export async function compareThreeWays(context: SpaceContext, args: SpaceArguments): Promise<void> {
  const named = keysOf(context, args);
  const [first] = named;
  if (first !== undefined) {
    const refs = named.filter(({ open }) => open.peer === first.open.peer).map(({ ref }) => ref);
    return compareKeys(context, first.open, refs);
  }
  const open = await choosePeer(context, args, "Compare Three Ways");
  if (open === undefined) return;
  if (tellsNoDrift(context, open)) return;
  const picked = await vscode.window.showQuickPick(
    open.peer.view.drift.map((ref) => ({ label: ref.key, description: ref.env, ref })),
    { title: "Compare Three Ways", placeHolder: "Keys that differ from the space", canPickMany: true },
  );
  if (picked !== undefined && picked.length > 0) {
    await compareKeys(
      context,
      open,
      picked.map(({ ref }) => ref),
    );
  }
}

/** Says so when no key differs from the space: an empty picker would not. */
export function tellsNoDrift(context: SpaceContext, { peer }: OpenFolder): boolean {
  if (peer.view.drift.length > 0) return false;
  const text = `Nothing to compare: every shared key is as ${peer.view.space} has it.`;
  notice(context, vscode.window.showInformationMessage(text), () => undefined);
  return true;
}

/** Opens the three-way page of some keys; its buttons commit or discard them. */
export async function compareKeys(
  context: SpaceContext,
  open: OpenFolder,
  refs: readonly KeyRef[],
): Promise<void> {
  const folder = open.folder.uri.toString();
  const rows = refs.map((ref) =>
    row({
      id: `${folder}#threeWay:${keyName(ref)}`,
      kind: "change",
      folder,
      label: ref.key,
      icon: "key",
      ref,
    }),
  );
  const run = async (command: SpaceCommandId): Promise<void> => {
    await vscode.commands.executeCommand(command, rows[0], rows);
  };
  const keysNow = (): Promise<readonly ThreeWayKey[]> => Promise.all(refs.map((ref) => sidesOf(open, ref)));
  await context.threeWays.show({
    read: async () => ({ space: open.peer.view.space, folder: open.folder.name, keys: await keysNow() }),
    mine: async () => {
      for (const key of await keysNow()) {
        const { mine } = key;
        if (!key.replaced || mine === undefined) continue;
        if (!(await restoreValue(context, open, { ...key, value: mine }))) return;
      }
      await run(spaceCommandIds.commitChanges);
    },
    theirs: () => run(spaceCommandIds.discardChange),
    failed: (error) => reportError(context, error),
  });
}

/** The sides of a key. Where a commit has just replaced the local value, that value is still the user's side. */
async function sidesOf({ peer }: OpenFolder, ref: KeyRef): Promise<ThreeWayKey> {
  const sides = await peer.threeWay(ref);
  if (sides.mine !== sides.theirs) return sides;
  const replaced = (await peer.superseded()).findLast(
    (value) => isSameKey(value, ref) && value.revision === sides.revision,
  );
  if (replaced === undefined) return sides;
  const change = (await peer.reveal(sides.revision)).find((each) => isSameKey(each, ref));
  return { ...sides, base: change?.before, mine: replaced.value, replaced: true };
}
