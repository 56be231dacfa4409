import { existsSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { closeWindow, launchBrowser, openWindow } from "../../test/host/browser.ts";
import { remoteUri, startServer, type VscodeServer, windowUrl } from "../../test/host/server.ts";
import type { Crew } from "./crew.ts";
import { OwnProcess } from "./process.ts";
import type { Name } from "./samples.ts";

/** Whoever takes part for a folder until a person opens its window. */
export type StandIn = () => Promise<unknown>;

/** VS Code's server on this machine: every page of it is a window. */
export class BrowserHost {
  readonly #crew: Crew;
  readonly #server: VscodeServer;
  readonly #folders: ReadonlyMap<Name, string>;
  readonly #standIns = new Map<Name, StandIn>();

  private constructor(crew: Crew, server: VscodeServer, folders: ReadonlyMap<Name, string>) {
    this.#crew = crew;
    this.#server = server;
    this.#folders = folders;
  }

  /** Installs VS Code where it is missing, and starts it. Rejects with the reason when there is no way. */
  static async start(
    crew: Crew,
    places: { readonly extensions: string; readonly data: string; readonly env: NodeJS.ProcessEnv },
    folders: ReadonlyMap<Name, string>,
  ): Promise<BrowserHost> {
    const script = join(import.meta.dirname, "..", "start-install.mjs");
    const install = new OwnProcess(crew, process.execPath, [script], process.env);
    if ((await install.closed).code !== 0) throw new Error(install.output.trim());
    const starting = startServer({
      extensionsDir: places.extensions,
      serverDataDir: places.data,
      env: { ENVPACT_HOME: places.env.ENVPACT_HOME },
    });
    // Adopted before it runs: an interruption waits for it, and then ends it.
    crew.adopt("VS Code's server", async () => (await starting).stop());
    return new BrowserHost(crew, await starting, folders);
  }

  /** Opens a window a folder in a Chromium that nobody sees, where there is one; they end when a person opens theirs. */
  async openUnseen(): Promise<boolean> {
    if (!hasChromium()) return false;
    const launching = launchBrowser();
    this.#crew.adopt("Chromium", async () => (await launching).close());
    const browser = await launching;
    await Promise.all(
      [...this.#folders.keys()].map(async (name) => {
        const page: Page = await openWindow(browser, this.#urlOf(name));
        this.standIn(name, () => closeWindow(page));
      }),
    );
    return true;
  }

  /** Names who takes part for a folder until its window is opened. */
  standIn(name: Name, end: StandIn): void {
    this.#standIns.set(name, end);
  }

  /**
   * Opens the door: a link a folder that first ends the stand-in and then leads to the window, so that the window
   * itself takes part.
   */
  async openDoor(): Promise<ReadonlyMap<Name, string>> {
    const door = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        response.writeHead(500).end(error instanceof Error ? error.message : String(error));
      });
    });
    await new Promise<void>((resolve, reject) => {
      door.once("error", reject);
      door.listen(0, "127.0.0.1", resolve);
    });
    this.#crew.adopt("the links", async () => {
      door.closeAllConnections();
      await new Promise((resolve) => door.close(resolve));
    });
    const { port } = door.address() as AddressInfo;
    return new Map([...this.#folders.keys()].map((name) => [name, `http://127.0.0.1:${port}/${name}`]));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = [...this.#folders.keys()].find((each) => request.url === `/${each}`);
    if (request.method !== "GET" || name === undefined) {
      response.writeHead(404).end("Open one of the links that npm start printed.\n");
      return;
    }
    const end = this.#standIns.get(name);
    this.#standIns.delete(name);
    await end?.();
    response.writeHead(302, { location: this.#urlOf(name), "cache-control": "no-store" }).end();
  }

  #urlOf(name: Name): string {
    const folder = this.#folders.get(name) ?? "";
    return windowUrl(this.#server, folder, [["openFile", remoteUri(this.#server, join(folder, ".env"))]]);
  }
}

/** Whether a Chromium is there already: a run for newcomers installs no system package. */
function hasChromium(): boolean {
  const asked = process.env.CHROMIUM_PATH;
  if (asked) return existsSync(asked);
  return [
    chromium.executablePath(),
    "/usr/bin/chromium",
    "/usr/bin/google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  ].some((place) => place !== "" && existsSync(place));
}
