import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext } from "playwright-core";
import { expect } from "vitest";
import { launchBrowser, newContext } from "../host/browser.ts";
import { repositoryRoot } from "../host/install.ts";
import { endProcessesWith } from "../host/processes.ts";
import { installVsix, type ServerOptions, startServer, type VscodeServer } from "../host/server.ts";
import { Scene } from "../process/harness.ts";
import { VscodeWindow } from "./window.ts";

const vsix = join(repositoryRoot, "envpact.vsix");

/** What the windows of most tests measure, in pixels. */
const usualSize = { width: 1400, height: 900 };

/** What a window is opened with besides its folder. */
export interface WindowOptions {
  /** Windows of one context are of one user; a user of its own when left out. */
  readonly context?: BrowserContext;
  /** Of a window without a context; those of one context have its size. */
  readonly size?: typeof usualSize;
}

/** A machine with VS Code's server, the packaged extension installed in it, and a browser. */
export class EditorScene {
  /** The folders and other processes of the machine. */
  readonly machine: Scene;
  readonly server: VscodeServer;
  readonly browser: Browser;

  private constructor(machine: Scene, server: VscodeServer, browser: Browser) {
    this.machine = machine;
    this.server = server;
    this.browser = browser;
  }

  /** Makes a machine and starts server and browser on it, with settings over the quiet defaults. */
  static async open(userSettings: ServerOptions["userSettings"] = {}): Promise<EditorScene> {
    expect(existsSync(vsix), "npm run package makes envpact.vsix").toBe(true);
    return await Scene.openFor(async (machine) => {
      const { root } = machine;
      const places = { extensionsDir: join(root, "extensions"), serverDataDir: join(root, "server") };
      await installVsix(places, vsix);
      const env = { ENVPACT_HOME: join(root, "home"), XDG_RUNTIME_DIR: join(root, "run") };
      const server = await startServer({ ...places, userSettings, env });
      try {
        return new EditorScene(machine, server, await launchBrowser());
      } catch (error) {
        await server.stop();
        throw error;
      }
    });
  }

  /** Opens a window on a folder. */
  async window(target: string, { context, size = usualSize }: WindowOptions = {}): Promise<VscodeWindow> {
    const user = context ?? (await newContext(this.browser, size));
    return await VscodeWindow.open(this.browser, this.server, { target, context: user });
  }

  /** Ends browser, server, what windows left running on purpose, and the machine. */
  async close(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
    await endProcessesWith("ENVPACT_HOME", join(this.machine.root, "home"));
    await this.machine.close();
  }
}
