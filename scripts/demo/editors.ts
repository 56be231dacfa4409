import { join } from "node:path";
import { BrowserHost } from "./browser.ts";
import type { Crew } from "./crew.ts";
import { findDesktop, openDesktopWindow } from "./desktop.ts";
import type { Editor } from "./options.ts";
import { type Places, repository } from "./places.ts";
import type { Name } from "./samples.ts";
import type { Teller } from "./teller.ts";

/** The workspaces that are opened in VS Code. */
export const windowNames = ["web", "api"] as const satisfies readonly Name[];

/** As much as is shown of the reason why there is no VS Code; an installer's may be long. */
const reasonCharactersMax = 800;

/** VS Code, opened on the first two workspaces. */
export interface OpenedEditor {
  /** Whether its windows are open now and take part; else somebody stands in for them. */
  readonly takesPart: boolean;
  /** The browser host, which has links to hand out; undefined for the desktop and without an editor. */
  readonly host: BrowserHost | undefined;
  /** Whether windows are on the person's desktop. */
  readonly desktop: boolean;
}

const noEditor: OpenedEditor = { takesPart: false, host: undefined, desktop: false };

/** Opens VS Code as it was asked for. With `auto`, what cannot be had is said and left out. */
export async function openEditor(
  asked: Editor,
  crew: Crew,
  places: Places,
  teller: Teller,
): Promise<OpenedEditor> {
  if (asked === "none") return noEditor;
  if (asked !== "browser") {
    const desktop = await findDesktop(crew, repository);
    if ("command" in desktop) return openDesktop(desktop.command, crew, places, teller);
    if (asked === "desktop") throw new Error(`VS Code cannot be opened on the desktop: ${desktop.reason}.`);
    teller.note(`not on the desktop (${desktop.reason}), so VS Code opens in the browser`);
  }
  try {
    return await openBrowserHost(crew, places, teller);
  } catch (error) {
    if (asked === "browser" || crew.isEnding) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    teller.note("VS Code could not be opened, so agents take part for web and api. Why:");
    for (const line of reason.slice(0, reasonCharactersMax).split("\n")) teller.line(`      ${line}`);
    return noEditor;
  }
}

async function openDesktop(
  command: string,
  crew: Crew,
  places: Places,
  teller: Teller,
): Promise<OpenedEditor> {
  const { extension, env, root } = places;
  for (const name of windowNames) {
    const data = join(root, "editor", name);
    await openDesktopWindow(crew, command, { name, folder: places.folder(name), extension, data, env });
  }
  teller.done(`VS Code on web and api: two windows of ${command}`);
  return { takesPart: true, host: undefined, desktop: true };
}

async function openBrowserHost(crew: Crew, places: Places, teller: Teller): Promise<OpenedEditor> {
  const { extensions, env, root } = places;
  const folders = new Map(windowNames.map((name) => [name, places.folder(name)] as const));
  const data = join(root, "editor");
  teller.note("VS Code starts; the first time it is fetched from npm, which may take a minute or two");
  const host = await BrowserHost.start(crew, { extensions, data, env }, folders);
  const takesPart = await host.openUnseen();
  teller.done(
    takesPart
      ? "VS Code on web and api: two windows in a Chromium that nobody sees"
      : "VS Code is ready for web and api; no Chromium is installed here, so agents take part until you open it",
  );
  return { takesPart, host, desktop: false };
}
