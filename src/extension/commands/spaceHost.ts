import { hostname } from "node:os";
import * as v from "valibot";
import * as vscode from "vscode";
import { limits } from "../../protocol/limits.ts";
import { nameSchema } from "../../protocol/messages.ts";
import { invitationProblem } from "../../runtime/peers.ts";
import { createSpace, inviteToSpace, ownedSpaces } from "../../runtime/spaces.ts";
import { counted, problemText } from "../views/spaceWords.ts";
import {
  chooseFolder,
  choosePeer,
  notice,
  reportProblem,
  type SpaceArguments,
  type SpaceContext,
} from "./spaceContext.ts";
import { askEnvironments } from "./spaceEnvironments.ts";

const dayMs = 24 * 3_600_000;
const invitationStart = "envpact:";

/** Creates a space on this machine and joins a folder to it. */
export async function hostSpace(context: SpaceContext, args: SpaceArguments): Promise<void> {
  const folder = await chooseFolder(args, "Host Space");
  if (folder === undefined || !(await mayJoin(context, folder))) return;
  const name = await vscode.window.showInputBox({
    title: "Host Space",
    prompt: "Name of the space; the other developers see it",
    value: suggestedName(folder.name),
    ignoreFocusOut: true,
    validateInput: refuseName,
  });
  if (name === undefined) return;
  const environments = await askEnvironments(context, folder, "Host Space");
  if (environments === undefined) return;
  const peer = await progress(`Hosting space ${name}`, async (report) => {
    report("starting the coordinator");
    const invitation = await ownInvitation(context, name);
    if (invitation === undefined) return undefined;
    report("joining this folder");
    return context.peers.join(folder, { invitation, environments, role: "voter" });
  });
  if (peer === undefined) return;
  const copy = "Copy Invitation";
  const text = `Space ${name} is hosted on this machine, and ${folder.name} takes part in it. Invite the others.`;
  notice(context, vscode.window.showInformationMessage(text, copy), async (choice) => {
    if (choice === copy) await copyTo(context, name);
  });
}

/** Joins a folder to a space by an invitation. */
export async function joinSpace(context: SpaceContext, args: SpaceArguments): Promise<void> {
  const folder = await chooseFolder(args, "Join Space");
  if (folder === undefined || !(await mayJoin(context, folder))) return;
  const pasted = await vscode.window.showInputBox({
    title: "Join Space",
    prompt: "Paste the invitation; it works once",
    placeHolder: `${invitationStart}…`,
    password: true,
    ignoreFocusOut: true,
    validateInput: refuseInvitation,
  });
  if (pasted === undefined) return;
  const name = await vscode.window.showInputBox({
    title: "Join Space",
    prompt: "Name of this peer; the others see it beside votes and changes",
    value: suggestedName(`${hostname()}-${folder.name}`),
    ignoreFocusOut: true,
    validateInput: refuseName,
  });
  if (name === undefined) return;
  const environments = await askEnvironments(context, folder, "Join Space");
  if (environments === undefined) return;
  const peer = await progress("Joining the space", () =>
    context.peers.join(folder, { invitation: pasted.trim(), environments, name, role: "voter" }),
  );
  const { space, revision, shared } = peer.view;
  const text = `${folder.name} takes part in ${space} as ${name}, at r${revision} with ${counted(shared.length, "shared key")}.`;
  notice(context, vscode.window.showInformationMessage(text), () => undefined);
}

/** Makes an invitation to the space and puts it on the clipboard. */
export async function copyInvitation(context: SpaceContext, args: SpaceArguments): Promise<void> {
  const open = await choosePeer(context, args, "Copy Invitation");
  if (open !== undefined) await copyTo(context, open.peer.view.space);
}

/** Ends a folder's membership after the user has confirmed it. */
export async function leaveSpace(context: SpaceContext, args: SpaceArguments): Promise<void> {
  const open = await choosePeer(context, args, "Leave Space");
  if (open === undefined) return;
  const { view } = open.peer;
  const leave = "Leave Space";
  const lost =
    view.drift.length === 0 ? "" : ` ${counted(view.drift.length, "change")} here will not reach the others.`;
  const choice = await vscode.window.showWarningMessage(
    `Leave the space ${view.space}?`,
    {
      modal: true,
      detail: `The files of ${open.folder.name} stay as they are.${lost} To come back you need a new invitation.`,
    },
    leave,
  );
  if (choice !== leave) return;
  await progress(`Leaving ${view.space}`, () => context.peers.leave(open));
  const text = `${open.folder.name} has left ${view.space}. Its files are as they were.`;
  notice(context, vscode.window.showInformationMessage(text), () => undefined);
}

/** Closes a folder's connection and opens it again at once. */
export async function retryConnection(context: SpaceContext, args: SpaceArguments): Promise<void> {
  context.peers.start();
  await context.peers.settled();
  const candidates = context.peers.folders.filter(({ state }) => state.kind !== "none");
  const [first] = candidates;
  const id = args[0] !== undefined && "folder" in args[0] ? String(args[0].folder) : undefined;
  const meant = candidates.find(({ folder }) => folder.uri.toString() === id);
  const folder =
    meant?.folder ??
    (candidates.length === 1 ? first?.folder : (await choosePeer(context, args, "Retry"))?.folder);
  if (folder !== undefined) await context.peers.reopen(folder);
}

/** The first invitation of a new space, or a further one to a space of this name that is this device's already. */
async function ownInvitation(context: SpaceContext, name: string): Promise<string | undefined> {
  const options = { environment: process.env, coordinatorEntry: context.coordinatorEntry };
  if (!(await ownedSpaces(process.env)).includes(name)) return (await createSpace(name, options)).invite;
  const join = "Join It";
  const text = `You host a space ${name} already. Join this folder to it?`;
  if ((await vscode.window.showInformationMessage(text, { modal: true }, join)) !== join) return undefined;
  return (await inviteToSpace(name, options)).invite;
}

async function copyTo(context: SpaceContext, space: string): Promise<void> {
  const { invite } = await inviteToSpace(space, {
    environment: process.env,
    coordinatorEntry: context.coordinatorEntry,
  });
  await vscode.env.clipboard.writeText(invite);
  const days = Math.round(limits.invitationLifeDefaultMs / dayMs);
  const text = `An invitation to ${space} is on the clipboard. It works once, for one folder, within ${counted(days, "day")}. Send it over a channel you trust.`;
  notice(context, vscode.window.showInformationMessage(text), () => undefined);
}

async function mayJoin(context: SpaceContext, folder: vscode.WorkspaceFolder): Promise<boolean> {
  context.peers.start();
  await context.peers.settled();
  const state = context.peers.folders.find(
    (each) => each.folder.uri.toString() === folder.uri.toString(),
  )?.state;
  if (state?.kind !== "open") return true;
  reportProblem(context, {
    code: "ALREADY_A_PEER",
    message: `${folder.name} takes part in the space ${state.peer.view.space} already.`,
    next: "Leave that space first, or use another folder.",
  });
  return false;
}

function progress<T>(title: string, work: (report: (message: string) => void) => Promise<T>): Thenable<T> {
  const location = vscode.ProgressLocation.Notification;
  return vscode.window.withProgress({ location, title }, (shown) =>
    work((message) => shown.report({ message })),
  );
}

function refuseName(name: string): string | undefined {
  if (name === "") return "Write a name.";
  if (name.length > limits.nameCharsMax) return `Write at most ${limits.nameCharsMax} characters.`;
  if (v.is(nameSchema, name)) return undefined;
  return "Begin with a letter or digit; letters, digits, spaces and . _ @ + - are possible.";
}

function refuseInvitation(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return "Paste the invitation.";
  if (!trimmed.startsWith(invitationStart)) return `An invitation begins with “${invitationStart}”.`;
  const problem = invitationProblem(trimmed);
  return problem === undefined ? undefined : problemText(problem);
}

/** A name made of `text` that is allowed, as far as there is one. */
function suggestedName(text: string): string {
  const allowed = text.replace(/[^\p{L}\p{N} ._@+-]+/gu, "-").replace(/^[^\p{L}\p{N}_]+/u, "");
  return allowed.slice(0, limits.nameCharsMax);
}
