import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, constants, mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { endProcessesWith } from "../../test/host/processes.ts";
import { quietSettings } from "../../test/host/server.ts";
import type { Crew } from "./crew.ts";
import { OwnProcess } from "./process.ts";
import type { Name } from "./samples.ts";

const commandMsMax = 30_000;

/** A desktop VS Code that can be used, or why there is none, in words. */
export type Desktop = { readonly command: string } | { readonly reason: string };

/** What a window is opened with. */
export interface DesktopWindow {
  readonly name: Name;
  readonly folder: string;
  /** Folder of the extension, with its package.json and dist/. */
  readonly extension: string;
  /** Where this window's own instance of VS Code keeps its data. */
  readonly data: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Looks for the desktop `code` that this user can open windows with. */
export async function findDesktop(crew: Crew, repository: string): Promise<Desktop> {
  const { env, platform } = process;
  const hasDisplay =
    platform === "darwin" ? env.SSH_CONNECTION === undefined : Boolean(env.DISPLAY ?? env.WAYLAND_DISPLAY);
  if (!hasDisplay) return { reason: "there is no display" };
  // There, `code` opens windows of another machine, which knows neither these folders nor --user-data-dir.
  if (env.VSCODE_IPC_HOOK_CLI ?? env.WSL_DISTRO_NAME) return { reason: "this terminal is a remote one" };
  const command = await onPath("code", env.PATH ?? "");
  if (command === undefined) return { reason: "there is no `code` on the PATH" };
  const asked = new OwnProcess(crew, command, ["--version"], withoutEditorHooks(env));
  const timer = setTimeout(() => void asked.end(), commandMsMax);
  await asked.ended;
  clearTimeout(timer);
  const version = /^(\d+)\.(\d+)\.\d+/m.exec(asked.output);
  const [, major = 1, minor = 0] = /(\d+)\.(\d+)/.exec(await enginesOf(repository)) ?? [];
  if (!version) return { reason: `${command} --version gave no version` };
  const isNew =
    Number(version[1]) > Number(major) ||
    (version[1] === String(major) && Number(version[2]) >= Number(minor));
  return isNew ? { command } : { reason: `${command} is ${version[0]}, and ${major}.${minor} is needed` };
}

/**
 * Opens a window in an instance of VS Code of its own: one instance has one window for an extension in development
 * only. The command returns at once; the instance is found again by its environment, or by its data folder.
 */
export async function openDesktopWindow(crew: Crew, command: string, window: DesktopWindow): Promise<void> {
  const { folder, extension, data, env } = window;
  await mkdir(join(data, "User"), { recursive: true });
  await writeFile(join(data, "User", "settings.json"), JSON.stringify(quietSettings));
  const asRoot = process.platform === "linux" && process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const flags = [
    "--disable-workspace-trust",
    "--disable-telemetry",
    "--skip-welcome",
    "--skip-release-notes",
  ];
  const places = [`--extensionDevelopmentPath=${extension}`, `--user-data-dir=${data}`];
  const extensions = `--extensions-dir=${join(data, "extensions")}`;
  const args = [...asRoot, ...flags, ...places, extensions, "--new-window", folder];
  crew.adopt(`VS Code on ${window.name}`, () => endDesktop(data, env));
  const child = spawn(command, args, { env: withoutEditorHooks(env), detached: true, stdio: "ignore" });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`${command} ended with ${code} when it was to open ${folder}.`);
}

async function endDesktop(data: string, env: NodeJS.ProcessEnv): Promise<void> {
  if (process.platform === "linux") await endProcessesWith("ENVPACT_HOME", env.ENVPACT_HOME ?? "");
  else await endProcessesNaming(`--user-data-dir=${data}`);
}

/** For systems that do not show a process's environment. The words are those of a temporary folder of this run. */
async function endProcessesNaming(words: string): Promise<void> {
  const list = spawn("ps", ["-axo", "pid=,args="], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  list.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  await once(list, "close");
  for (const line of output.split("\n").filter((each) => each.includes(words))) {
    try {
      process.kill(Number.parseInt(line, 10), "SIGTERM");
    } catch (error) {
      // Race: the others leave by themselves when the first of them does.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

async function onPath(name: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter).filter((each) => each !== "")) {
    const command = join(folder, name);
    const found = await access(command, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return command;
  }
  return undefined;
}

async function enginesOf(repository: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(repository, "package.json"), "utf8")) as {
    readonly engines: { readonly vscode: string };
  };
  return manifest.engines.vscode;
}

/** A window that is opened from a terminal of VS Code must not take itself for a part of that one. */
function withoutEditorHooks(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const hook = /^(VSCODE_|ELECTRON_|NODE_OPTIONS$)/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !hook.test(name)));
}
