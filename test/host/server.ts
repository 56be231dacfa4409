import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ensureCodeServer } from "./install.ts";

const startMillisecondsMax = 60_000;
const stopMillisecondsMax = 3_000;
const installMillisecondsMax = 120_000;
const keptOutputCharactersMax = 8_000;

/** What a VS Code server is started with. Folders are absolute; they are made where they do not exist. */
export interface ServerOptions {
  readonly extensionsDir: string;
  readonly serverDataDir: string;
  /** Where user settings and extension storage lie; `<serverDataDir>/data` when left out. */
  readonly userDataDir?: string;
  /** Settings written over the quiet defaults of {@link quietSettings}. */
  readonly userSettings?: Readonly<Record<string, unknown>>;
  /** Set over this process's environment; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** True starts every folder untrusted. Left out, Workspace Trust is off and everything is trusted. */
  readonly untrusted?: boolean;
  /**
   * True lets a window's payload load extensions and tests from folders. VS Code then keeps notifications off the
   * screen, so a test of what a person sees installs a package instead.
   */
  readonly loadsDevelopment?: boolean;
}

/** A server that runs. Every page on its URL is a VS Code window with an extension host of its own. */
export interface VscodeServer {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** `User/settings.json` of all windows of this server, read when a window opens or reloads. */
  readonly settingsFile: string;
  /** The last output of the server, for the message of a failing test. */
  output(): string;
  /** Ends the server and its extension hosts. May be called again. */
  stop(): Promise<void>;
}

/** Settings that keep a window still: nothing pops up, nothing asks the network, nothing moves. */
export const quietSettings: Readonly<Record<string, unknown>> = {
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.enableExperiments": false,
  "workbench.welcomePage.walkthroughs.openOnInstall": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.reduceMotion": "on",
  "workbench.colorTheme": "Default Dark Modern",
  "workbench.layoutControl.enabled": false,
  "window.commandCenter": false,
  "window.menuBarVisibility": "compact",
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "extensions.autoUpdate": "off",
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "chat.disableAIFeatures": true,
  "git.enabled": false,
  "npm.fetchOnlineInfo": false,
  "json.schemaDownload.enable": false,
  "security.workspace.trust.startupPrompt": "never",
  "security.workspace.trust.banner": "never",
  "files.autoSave": "off",
  "editor.minimap.enabled": false,
  "editor.autoClosingQuotes": "never",
  "editor.autoClosingBrackets": "never",
  "editor.cursorBlinking": "solid",
};

/**
 * Starts VS Code's server on a free loopback port, with user settings in place.
 * @throws when it does not listen in time, with its last output
 */
export async function startServer(options: ServerOptions): Promise<VscodeServer> {
  const serverMain = await ensureCodeServer();
  const userData = options.userDataDir ?? join(options.serverDataDir, "data");
  const settingsFile = join(userData, "User", "settings.json");
  await mkdir(join(userData, "User"), { recursive: true });
  await mkdir(options.extensionsDir, { recursive: true });
  await writeFile(settingsFile, JSON.stringify({ ...quietSettings, ...options.userSettings }, null, 2));
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "server-entry.ts"), serverMain, ...serverArguments(options, userData)],
    { detached: true, env: serverEnvironment(options.env), stdio: ["pipe", "pipe", "pipe"] },
  );
  const output = keepOutput(child);
  const stop = stopper(child);
  try {
    const port = await listeningPort(child, output);
    return { url: `http://127.0.0.1:${port}/`, port, pid: child.pid!, settingsFile, output, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Installs a packaged extension for servers with these folders; none of them needs to run.
 * @throws with VS Code's output when it refuses the package
 */
export async function installVsix(
  folders: Pick<ServerOptions, "extensionsDir" | "serverDataDir">,
  vsix: string,
): Promise<void> {
  const serverMain = await ensureCodeServer();
  const folderArguments = [
    "--extensions-dir",
    folders.extensionsDir,
    "--server-data-dir",
    folders.serverDataDir,
  ];
  const child = spawn(
    process.execPath,
    [serverMain, "--accept-server-license-terms", ...folderArguments, "--install-extension", vsix],
    { env: serverEnvironment({}), stdio: ["ignore", "pipe", "pipe"], timeout: installMillisecondsMax },
  );
  const output = keepOutput(child);
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`VS Code did not install ${vsix} (exit code ${code}):\n${output()}`);
}

/**
 * Changes user settings for windows that open or reload from now on; `undefined` takes a setting away. For a change
 * that an open window sees at once, write the workspace's `.vscode/settings.json`.
 */
export async function changeSettings(
  server: Pick<VscodeServer, "settingsFile">,
  changes: Readonly<Record<string, unknown>>,
): Promise<void> {
  const current = JSON.parse(await readFile(server.settingsFile, "utf8")) as Record<string, unknown>;
  await writeFile(server.settingsFile, JSON.stringify({ ...current, ...changes }, null, 2));
}

/** Where a window opens: nothing, a folder, or a `.code-workspace` file, as absolute paths. */
export type WindowTarget = string | undefined;

/**
 * The address of a window.
 * @param target folder or `.code-workspace` file; left out, the window is empty
 * @param payload pairs for VS Code; `["extensionDevelopmentPath", remoteUri(server, "/abs/ext")]` and
 *   `extensionTestsPath` are only heard by a server with `loadsDevelopment`
 */
export function windowUrl(
  server: Pick<VscodeServer, "url">,
  target?: WindowTarget,
  payload: readonly (readonly [string, string])[] = [],
): string {
  const url = new URL(server.url);
  if (target === undefined) url.searchParams.set("ew", "true");
  else url.searchParams.set(target.endsWith(".code-workspace") ? "workspace" : "folder", target);
  const skipped = [
    ["skipWelcome", "true"],
    ["skipReleaseNotes", "true"],
  ];
  url.searchParams.set("payload", JSON.stringify([...skipped, ...payload]));
  return url.href;
}

/** A file of the server's machine as the payload names it. */
export function remoteUri(server: Pick<VscodeServer, "port">, path: string): string {
  return `vscode-remote://127.0.0.1:${server.port}${encodeURI(path)}`;
}

function serverArguments(options: ServerOptions, userData: string): string[] {
  const trust = options.untrusted ? [] : ["--disable-workspace-trust"];
  const development = options.loadsDevelopment ? ["--enable-smoke-test-driver"] : [];
  return [
    ...["--host", "127.0.0.1", "--port", "0", "--without-connection-token", "--accept-server-license-terms"],
    ...["--server-data-dir", options.serverDataDir, "--user-data-dir", userData],
    ...["--extensions-dir", options.extensionsDir, "--disable-telemetry", ...trust],
    ...["--force-disable-user-env", "--disable-getting-started-override", ...development],
  ];
}

/** A server started from VS Code's own terminal or a test runner must not inherit their hooks. */
function serverEnvironment(changes: ServerOptions["env"] = {}): NodeJS.ProcessEnv {
  const foreign = /^(NODE_OPTIONS|ELECTRON_|VSCODE_|VITEST|CODE_SERVER_PARENT_PID)/;
  const inherited = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  // Without a gallery neither the server nor its windows look for extensions on the network.
  const merged = { ...Object.fromEntries(inherited), EXTENSIONS_GALLERY: "{}", ...changes };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined));
}

function keepOutput(child: ChildProcess): () => string {
  let kept = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      kept = (kept + text).slice(-keptOutputCharactersMax);
    });
  }
  return () => kept;
}

async function listeningPort(child: ChildProcess, output: () => string): Promise<number> {
  const deadline = AbortSignal.timeout(startMillisecondsMax);
  return await new Promise<number>((resolve, reject) => {
    const fail = (what: string) => reject(new Error(`VS Code's server ${what}:\n${output()}`));
    child.once("error", reject);
    child.once("exit", (code) => fail(`ended with ${code} before it listened`));
    deadline.addEventListener("abort", () => fail(`did not listen within ${startMillisecondsMax} ms`));
    child.stdout?.on("data", () => {
      const port = /listening on (\d+)/.exec(output())?.[1];
      if (port) resolve(Number(port));
    });
  });
}

function stopper(child: ChildProcess): () => Promise<void> {
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  return async () => {
    const pid = child.pid;
    if (pid === undefined) return;
    signalGroup(pid, "SIGTERM");
    const deadline = setTimeout(() => signalGroup(pid, "SIGKILL"), stopMillisecondsMax);
    await ended;
    clearTimeout(deadline);
    // An extension host that ignored the first signal outlives the server that led its group.
    signalGroup(pid, "SIGKILL");
  };
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
