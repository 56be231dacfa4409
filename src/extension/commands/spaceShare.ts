import * as vscode from "vscode";
import { lineOf, parseDocument } from "../../dotenv/document.ts";
import type { KeyRef } from "../../peer/api.ts";
import type { OpenFolder } from "../services/peerService.ts";
import { environmentOf, fileOf } from "../services/peerSharedState.ts";
import { spaceCommandIds } from "../spaceIds.ts";
import { counted, driftWord, isSameKey, keyNames } from "../views/spaceWords.ts";
import {
  choosePeer,
  isKeyNode,
  keysOf,
  mappedKey,
  notice,
  reportProblem,
  type SpaceArguments,
  type SpaceContext,
  type SpaceKey,
  targetsOf,
} from "./spaceContext.ts";

/** Marks keys so that the next commit takes them into the space. */
export async function shareKey(context: SpaceContext, args: SpaceArguments): Promise<void> {
  const open = await choosePeer(context, args, "Share Key");
  if (open === undefined) return;
  const keys = await keysToShare(context, open, args);
  if (keys.length === 0) return;
  await open.peer.share(keys);
  const commit = "Commit Now";
  const text = `${keyNames(keys)} ${keys.length === 1 ? "goes" : "go"} into ${open.peer.view.space} with the next commit. Nothing has left this machine yet.`;
  notice(context, vscode.window.showInformationMessage(text, commit), async (choice) => {
    if (choice === commit) await vscode.commands.executeCommand(spaceCommandIds.commitChanges);
  });
}

/** Takes marks back; keys that the space holds leave it with the next commit. */
export async function unshareKey(context: SpaceContext, args: SpaceArguments): Promise<void> {
  const open = await choosePeer(context, args, "Unshare");
  if (open === undefined) return;
  const named = keysOf(context, args).filter((key) => key.open.peer === open.peer);
  const keys = named.length > 0 ? named.map(({ ref }) => ref) : await pickShared(context, open);
  if (keys.length === 0) return;
  const held = keys.filter((ref) => open.peer.view.shared.some((shared) => isSameKey(shared, ref)));
  await open.peer.unshare(keys);
  const text =
    held.length === 0
      ? `${keyNames(keys)} ${keys.length === 1 ? "stays" : "stay"} on this machine.`
      : `${keyNames(held)} ${held.length === 1 ? "leaves" : "leave"} the space with the next commit; every file keeps its line.`;
  notice(context, vscode.window.showInformationMessage(text), () => undefined);
}

async function keysToShare(
  context: SpaceContext,
  open: OpenFolder,
  args: SpaceArguments,
): Promise<readonly KeyRef[]> {
  const [target] = args;
  if (target instanceof vscode.Uri) return cursorKey(context, open);
  const rows = targetsOf(args).filter(isKeyNode);
  if (rows.length === 0) return pickUnshared(context, open);
  const keys = keysOf(context, args).filter((key) => key.open.peer === open.peer);
  const unmapped = rows.find((row) => environmentOf(open, row.file.uri) === undefined);
  if (keys.length === 0 && unmapped !== undefined) explainUnmapped(context, open, unmapped.file.uri);
  return keys.map(({ ref }) => ref);
}

/** The key on whose line the cursor of the active editor is. */
async function cursorKey(context: SpaceContext, open: OpenFolder): Promise<readonly KeyRef[]> {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) return [];
  const key = keyAtCursor(context, editor);
  if (key !== undefined && key.open.peer === open.peer) return [key.ref];
  if (environmentOf(open, editor.document.uri) === undefined) {
    explainUnmapped(context, open, editor.document.uri);
    return [];
  }
  return pickUnshared(context, open);
}

function keyAtCursor(context: SpaceContext, editor: vscode.TextEditor): SpaceKey | undefined {
  const parsed = parseDocument(editor.document.getText());
  const line = editor.selection.active.line + 1;
  const entry = parsed.entries.find(
    ({ span }) => lineOf(parsed, span.start).line <= line && line <= lineOf(parsed, span.end).line,
  );
  return entry === undefined ? undefined : mappedKey(context, editor.document.uri, entry.key);
}

async function pickUnshared(context: SpaceContext, open: OpenFolder): Promise<readonly KeyRef[]> {
  const { view } = open.peer;
  const candidates: KeyRef[] = [];
  for (const env of Object.keys(view.environments)) {
    const file = fileOf(open, env);
    const content = file === undefined ? undefined : await context.services.contents.readNow(file);
    if (content?.ok !== true) continue;
    for (const { key, effective } of content.document.entries) if (effective) candidates.push({ env, key });
  }
  const known = [...view.shared, ...view.drift];
  const unshared = candidates.filter((ref) => !known.some((each) => isSameKey(each, ref)));
  if (unshared.length === 0) {
    const files = Object.values(view.environments).join(", ");
    const text =
      candidates.length === 0
        ? `There is no key in ${files} to share.`
        : `Every key of ${files} is shared already.`;
    notice(context, vscode.window.showInformationMessage(text), () => undefined);
    return [];
  }
  const editor = vscode.window.activeTextEditor;
  const atCursor = editor === undefined ? undefined : keyAtCursor(context, editor)?.ref;
  const picked = await vscode.window.showQuickPick(
    unshared.map((ref) => ({
      label: ref.key,
      description: `${ref.env} · ${view.environments[ref.env] ?? ""}`,
      picked: atCursor !== undefined && isSameKey(atCursor, ref),
      ref,
    })),
    {
      title: `Share in ${view.space}`,
      placeHolder: "Keys that every peer of the space gets",
      canPickMany: true,
    },
  );
  return (picked ?? []).map(({ ref }) => ref);
}

async function pickShared(context: SpaceContext, open: OpenFolder): Promise<readonly KeyRef[]> {
  const { shared, drift } = open.peer.view;
  const marked = drift.filter(({ kind }) => kind === "new");
  const released = drift.filter(({ kind }) => kind === "released");
  const items = [
    ...marked.map((ref) => ({ label: ref.key, description: `${ref.env} · ${driftWord("new")}`, ref })),
    ...shared
      .filter((ref) => !released.some((each) => isSameKey(each, ref)))
      .map((ref) => ({ label: ref.key, description: `${ref.env} · since r${ref.revision}`, ref })),
  ];
  if (items.length === 0) {
    const text = "No key is shared. Use “Envpact: Share Key” to share one.";
    notice(context, vscode.window.showInformationMessage(text), () => undefined);
    return [];
  }
  const picked = await vscode.window.showQuickPick(items, {
    title: `Unshare in ${open.peer.view.space}`,
    placeHolder: `${counted(items.length, "shared key")}; files keep their lines`,
    canPickMany: true,
  });
  return (picked ?? []).map(({ ref }) => ref);
}

function explainUnmapped(context: SpaceContext, open: OpenFolder, file: vscode.Uri): void {
  const { space, environments } = open.peer.view;
  reportProblem(context, {
    code: "NOT_SHARED",
    message: `${vscode.workspace.asRelativePath(file)} is none of the files that take part in ${space} (${Object.values(environments).join(", ")}).`,
    next: "Add it to “environments” in .envpact.json, or copy the key into one of these files.",
  });
}
