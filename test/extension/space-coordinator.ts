// A coordinator of a test's own: a process that nobody starts again, and that can be made to die at a certain point.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as vscode from "vscode";

/** Runs `envpact coordinator` on a data folder of its own; the build with failpoints. */
export class OwnCoordinator {
  readonly #data: string;
  readonly #cli: string;
  #process: ChildProcess | undefined;

  private constructor(data: string) {
    const extension = vscode.extensions.getExtension("envpact.envpact");
    assert.ok(extension);
    this.#data = data;
    this.#cli = join(extension.extensionPath, "out", "failpoints", "cli.js");
  }

  static async make(): Promise<OwnCoordinator> {
    return new OwnCoordinator(await mkdtemp(join(tmpdir(), "envpact-coordinator-")));
  }

  /** Starts it, to die at `failpoint` if one is given, with `more` arguments; resolves with its address once it listens. */
  async start(failpoint?: string, more: readonly string[] = []): Promise<string> {
    const args = ["coordinator", "--json", "--listen", "127.0.0.1:0", "--data", this.#data, ...more];
    const child = this.#spawn(args, failpoint === undefined ? {} : { ENVPACT_FAILPOINT: failpoint });
    this.#process = child;
    assert.ok(child.stdout);
    for await (const line of createInterface({ input: child.stdout })) {
      const said = JSON.parse(line) as { event?: string; url?: string };
      if (said.event === "listening") return String(said.url);
    }
    throw new Error("the coordinator ended before it listened");
  }

  /** Resolves when it has died. */
  async died(): Promise<void> {
    const child = this.#process;
    if (child && child.exitCode === null && child.signalCode === null) await once(child, "exit");
    this.#process = undefined;
  }

  /** Ends it at once, as a power cut would. */
  async kill(): Promise<void> {
    this.#process?.kill("SIGKILL");
    await this.died();
  }

  /** Makes a space there, as its owner; returns the first invitation. */
  async createSpace(name: string, url: string): Promise<string> {
    return this.#invitation(["space", "create", name, "--coordinator", url, "--json"]);
  }

  /** A further invitation to the space. */
  async invite(name: string): Promise<string> {
    return this.#invitation(["space", "invite", name, "--json"]);
  }

  async leave(): Promise<void> {
    await this.kill();
    await rm(this.#data, { recursive: true, force: true, maxRetries: 5 });
  }

  async #invitation(args: readonly string[]): Promise<string> {
    const child = this.#spawn(args, {});
    assert.ok(child.stdout);
    const lines: { invite?: string }[] = [];
    for await (const line of createInterface({ input: child.stdout })) lines.push(JSON.parse(line));
    const invite = lines.at(-1)?.invite;
    assert.ok(invite, JSON.stringify(lines));
    return invite;
  }

  #spawn(args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
    return spawn(process.execPath, [this.#cli, ...args], {
      env: { ...process.env, ELECTRON_RUN_AS_NODE: "1", ...env },
      stdio: ["ignore", "pipe", "ignore"],
    });
  }
}
