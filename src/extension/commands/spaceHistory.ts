import * as vscode from "vscode";
import { effectiveEntry } from "../../dotenv/document.ts";
import type { KeyRef, RevealedChange, RevisionView } from "../../peer/api.ts";
import type { OpenFolder } from "../services/peerService.ts";
import { fileOf } from "../services/peerSharedState.ts";
import { opWord, revisionTitle } from "../views/historyRows.ts";
import { row, type SpaceRow } from "../views/spaceRow.ts";
import { counted, isSameKey, keyName, keyNames } from "../views/spaceWords.ts";
import { submit } from "./spaceCommit.ts";
import { compareRevisions, tellsNoDrift } from "./spaceCompare.ts";
import {
  choosePeer,
  keysOf,
  notice,
  rowOf,
  type SpaceArguments,
  type SpaceContext,
  type SpaceKey,
} from "./spaceContext.ts";
import { pickRevision } from "./spacePickers.ts";
import { showTimeline } from "./spaceTimeline.ts";

/** Lets the user go through the history: a revision, then what to do with it. */
export async function showHistory(context: SpaceContext, args: SpaceArguments): Promise<void> {
  const open = await choosePeer(context, args, "Show History");
  if (open === undefined) return;
  const revision = await pickRevision(context, open, "History", () => true);
  if (revision === undefined) return;
  const compare = {
    label: "$(diff) Show What Changed",
    act: () => compareRevision(context, open, revision.revision),
  };
  const revert = {
    label: "$(discard) Revert…",
    act: () => revertOf(context, open, revision.revision, undefined),
  };
  const isCommit = revision.kind === "commit";
  const revertSome = {
    label: "$(discard) Revert Some Keys…",
    act: () => revertKeys(context, [historyRow(open, revision)]),
  };
  const compareWith = {
    label: "$(diff-multiple) Compare With Another Revision…",
    act: () => compareRevisions(context, [historyRow(open, revision)]),
  };
  const timeline = {
    label: "$(pulse) Show Timeline",
    act: () => showTimeline(context, [historyRow(open, revision)]),
  };
  const items = [
    ...(isCommit ? [compare, compareWith, revert, ...(revision.changes.length > 1 ? [revertSome] : [])] : []),
    ...(isCommit ? [timeline] : []),
    ...revision.changes.map((change) => ({
      label: `$(key) ${change.key}`,
      description: `${change.env} · ${opWord(change.op)}`,
      act: () => compareRevision(context, open, revision.revision, change),
    })),
    ...revision.riders.map((rider) => ({
      label: `$(person) with ${rider.author}`,
      description: rider.message,
      act: () => Promise.resolve(),
    })),
    ...revision.members.map((member) => ({
      label: `$(person) ${member.name}`,
      description: member.reason || member.state,
      act: () => Promise.resolve(),
    })),
  ];
  const title = `r${revision.revision} ${revisionTitle(revision)}`;
  await (await vscode.window.showQuickPick(items, { title, placeHolder: "What to do" }))?.act();
}

/** The row that the view would have for a revision. */
function historyRow({ folder }: OpenFolder, { revision, tx }: RevisionView): SpaceRow {
  const id = folder.uri.toString();
  return row({
    id: `${id}#picked:${revision}`,
    kind: "revision",
    folder: id,
    label: "",
    icon: "",
    revision,
    tx,
  });
}

/** Opens the comparison of a revision with what it replaced. */
export async function showRevision(context: SpaceContext, args: SpaceArguments): Promise<void> {
  const open = await choosePeer(context, args, "Show Changes");
  if (open === undefined) return;
  const revision =
    rowOf(args)?.revision ?? (await pickRevision(context, open, "Show Changes", isCommit))?.revision;
  if (revision !== undefined) await compareRevision(context, open, revision);
}

/** Compares a key: with the space for a change in a file, with what was before for a key of a revision. */
export async function compareChange(context: SpaceContext, args: SpaceArguments): Promise<void> {
  const [key] = keysOf(context, args);
  const revision = rowOf(args)?.kind === "revisionKey" ? rowOf(args)?.revision : undefined;
  if (key !== undefined && revision !== undefined)
    return compareRevision(context, key.open, revision, key.ref);
  if (key !== undefined) return compareWithFile(context, key);
  const open = await choosePeer(context, args, "Compare Change");
  if (open === undefined || tellsNoDrift(context, open)) return;
  const picked = await vscode.window.showQuickPick(
    open.peer.view.drift.map((ref) => ({ label: ref.key, description: ref.env, ref })),
    { title: "Compare Change", placeHolder: "Key that differs from the space" },
  );
  if (picked !== undefined) await compareWithFile(context, { open, ref: picked.ref });
}

/** Restores what a revision replaced, as a new transaction; the difference is shown before. */
export async function revertRevision(context: SpaceContext, args: SpaceArguments): Promise<void> {
  const open = await choosePeer(context, args, "Revert Revision");
  if (open === undefined) return;
  const row = rowOf(args);
  const revision =
    row?.revision ?? (await pickRevision(context, open, "Revert Revision", isCommit))?.revision;
  if (revision !== undefined) await revertOf(context, open, revision, row?.ref && [row.ref]);
}

/** Like {@link revertRevision}, for some of the revision's keys, which the user picks first. */
export async function revertKeys(context: SpaceContext, args: SpaceArguments): Promise<void> {
  const title = "Revert Keys Of Revision";
  const open = await choosePeer(context, args, title);
  if (open === undefined) return;
  const chosen = rowOf(args)?.revision ?? (await pickRevision(context, open, title, isCommit))?.revision;
  if (chosen === undefined) return;
  const plan = await open.peer.planRevert(chosen, undefined);
  if (plan.length === 0) return tellNothingToRevert(context, chosen);
  const named = keysOf(context, args).map(({ ref }) => ref);
  const isNamed = (change: RevealedChange): boolean => named.some((ref) => isSameKey(ref, change));
  const changes = await pickChanges(plan, `Revert keys of r${chosen}`, isNamed);
  if (changes.length > 0) await revertOf(context, open, chosen, changes);
}

function tellNothingToRevert(context: SpaceContext, revision: number): void {
  const text = `Nothing to revert: the keys of r${revision} have the values from before it.`;
  notice(context, vscode.window.showInformationMessage(text), () => undefined);
}

/** Reverts a revision or some of its keys after a preview; called by notices too. */
export async function revertOf(
  context: SpaceContext,
  open: OpenFolder,
  revision: number,
  only: readonly KeyRef[] | undefined,
): Promise<void> {
  const changes = await open.peer.planRevert(
    revision,
    only?.map(({ env, key }) => ({ env, key })),
  );
  if (changes.length === 0) return tellNothingToRevert(context, revision);
  const { space } = open.peer.view;
  const sides = { before: "the space now", after: `after the revert of r${revision}` };
  const title = `Revert r${revision}: ${space} now ↔ after the revert`;
  const comparison = await context.comparisons.show(title, { space, ...sides, changes });
  if (!(await confirmRevert(context, revision, changes, comparison))) return;
  const keys = changes.map(({ env, key }) => ({ env, key }));
  await submit(context, {
    open,
    title: `Revert r${revision} of ${space}`,
    keys,
    message: `Revert r${revision}: ${keyNames(keys)}`.slice(0, 1_000),
    run: (options) => open.peer.revert(revision, keys, options),
    discardable: false,
  });
}

/** Asks above the open comparison, so that the user can look at it, and reveal it, before answering. */
async function confirmRevert(
  context: SpaceContext,
  revision: number,
  changes: readonly RevealedChange[],
  comparison: string,
): Promise<boolean> {
  let revealed = false;
  for (;;) {
    const items = [
      { id: "revert", label: `$(discard) Revert ${keyNames(changes)}` },
      { id: "reveal", label: revealed ? "$(eye-closed) Hide Values" : "$(eye) Reveal Values" },
      { id: "cancel", label: "$(close) Cancel" },
    ];
    const picked = await vscode.window.showQuickPick(items, {
      title: `Revert r${revision}?`,
      placeHolder: "The comparison shows which keys change",
      ignoreFocusOut: true,
    });
    if (picked?.id !== "reveal") return picked?.id === "revert";
    revealed = !revealed;
    context.comparisons.setRevealed(revealed, comparison);
  }
}

/** Opens the masked comparison of a revision with what it replaced. */
export async function compareRevision(
  context: SpaceContext,
  open: OpenFolder,
  revision: number,
  only?: KeyRef,
): Promise<void> {
  const all = await open.peer.reveal(revision);
  const changes = only === undefined ? all : all.filter((change) => isSameKey(change, only));
  const what = only === undefined ? counted(changes.length, "key") : keyName(only);
  const { space } = open.peer.view;
  const sides = { before: `before r${revision}`, after: `with r${revision}` };
  await context.comparisons.show(`${space} r${revision - 1} ↔ r${revision}: ${what}`, {
    space,
    ...sides,
    changes,
  });
}

async function compareWithFile(context: SpaceContext, { open, ref }: SpaceKey): Promise<void> {
  const file = fileOf(open, ref.env);
  const content = file === undefined ? undefined : await context.services.contents.readNow(file);
  const after = content?.ok === true ? effectiveEntry(content.document, ref.key)?.value : undefined;
  const before = open.peer.committedValue(ref);
  const { space, revision } = open.peer.view;
  const change = { ...ref, op: after === undefined ? ("delete" as const) : ("set" as const), before, after };
  const sides = { before: `the space at r${revision}`, after: `the file in ${open.folder.name}` };
  const title = `${space} r${revision} ↔ this folder: ${keyName(ref)}`;
  await context.comparisons.show(title, { space, ...sides, changes: [change] });
}

async function pickChanges(
  plan: readonly RevealedChange[],
  title: string,
  isPicked: (change: RevealedChange) => boolean,
): Promise<readonly RevealedChange[]> {
  const items = plan.map((change) => ({
    label: change.key,
    description: `${change.env} · ${change.after === undefined ? "is deleted" : change.before === undefined ? "comes back" : "changes"}`,
    picked: isPicked(change),
    change,
  }));
  const options = { title, placeHolder: "Keys to restore", canPickMany: true, ignoreFocusOut: true } as const;
  const picked = await vscode.window.showQuickPick(items, options);
  return (picked ?? []).map(({ change }) => change);
}

function isCommit(revision: RevisionView): boolean {
  return revision.kind === "commit";
}
