// What the tests of the space share: a stand-in for the person at the window, a second peer as a real process, and
// the view as text.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as vscode from "vscode";
import type { TestApi } from "../../src/extension/extension.ts";
import { spaceCommandIds } from "../../src/extension/spaceIds.ts";
import type { SpaceRow } from "../../src/extension/views/spaceRow.ts";

/** How long anything may take until a test gives up, in milliseconds. */
const patienceMs = 30_000;

/** A message that the window showed. */
export interface Said {
  readonly kind: "information" | "warning" | "error";
  readonly text: string;
  readonly detail: string;
  readonly buttons: readonly string[];
}

/** Labels of a picker (one, or several where several can be picked), the text of a box, or undefined to give up. */
type Answer = string | readonly string[] | undefined;

interface Waiting {
  readonly pattern: RegExp;
  readonly heard: (said: Said) => void;
}

/** Answers boxes and pickers in the order that a test gives, presses buttons, and remembers every message. */
export class Person {
  readonly said: Said[] = [];
  /** What went wrong while answering, for the end of the test. */
  readonly surprises: string[] = [];
  readonly #window = vscode.window as unknown as Record<string, unknown>;
  readonly #genuine: Record<string, unknown> = {};
  readonly #presses: [pattern: RegExp, button: string][] = [];
  #answers: Answer[] = [];
  #waiting: Waiting[] = [];

  /** Takes the person's place until `leave`. */
  arrive(): void {
    this.#stub("showInputBox", (options: vscode.InputBoxOptions) => this.#type(options));
    this.#stub("showQuickPick", (items: readonly vscode.QuickPickItem[], options: vscode.QuickPickOptions) =>
      this.#pick(items, options),
    );
    for (const kind of ["information", "warning", "error"] as const) {
      const name = `show${kind[0]?.toUpperCase()}${kind.slice(1)}Message`;
      this.#stub(name, (text: string, ...rest: unknown[]) => this.#read(kind, text, rest));
    }
  }

  leave(): void {
    Object.assign(this.#window, this.#genuine);
  }

  /** What to type and pick next. */
  answers(...answers: readonly Answer[]): void {
    assert.deepEqual(this.#answers, [], "earlier answers were not asked for");
    this.#answers = [...answers];
  }

  /** Presses a button of every later message that matches. */
  presses(pattern: RegExp, button: string): void {
    this.#presses.push([pattern, button]);
  }

  /** Resolves with the first message that matches, from `since` (a length of `said`) on. */
  async hears(pattern: RegExp, since = 0): Promise<Said> {
    const known = this.said.slice(since).find(({ text }) => pattern.test(text));
    if (known !== undefined) return known;
    return within(
      `a message like ${pattern}`,
      new Promise((heard) => this.#waiting.push({ pattern, heard })),
      () => this.said.map(({ text }) => text).join("\n"),
    );
  }

  #stub(name: string, replacement: unknown): void {
    this.#genuine[name] = this.#window[name];
    this.#window[name] = replacement;
  }

  #next(what: string): Answer {
    if (this.#answers.length === 0) this.surprises.push(`nothing to answer to: ${what}`);
    return this.#answers.shift();
  }

  async #type(options: vscode.InputBoxOptions): Promise<string | undefined> {
    const answer = this.#next(options.prompt ?? "");
    if (typeof answer !== "string") return undefined;
    const refusal = await options.validateInput?.(answer);
    if (refusal) this.surprises.push(`“${options.prompt}” refused: ${String(refusal)}`);
    return refusal ? undefined : answer;
  }

  async #pick(items: readonly vscode.QuickPickItem[], options: vscode.QuickPickOptions): Promise<unknown> {
    const what = `${options.title} / ${options.placeHolder}`;
    const answer = this.#next(what);
    if (answer === undefined) return undefined;
    const picked = [answer].flat().map((label) => {
      const found = items.find((item) => item.label === label || item.label.endsWith(` ${label}`));
      if (!found)
        this.surprises.push(`${what} offers no “${label}”: ${items.map((item) => item.label).join(", ")}`);
      return found;
    });
    return options.canPickMany ? picked.filter((item) => item !== undefined) : picked[0];
  }

  async #read(kind: Said["kind"], text: string, rest: readonly unknown[]): Promise<string | undefined> {
    const buttons = rest.filter((item) => typeof item === "string");
    const options = rest.find((item) => typeof item === "object") as vscode.MessageOptions | undefined;
    const said = { kind, text, detail: options?.detail ?? "", buttons };
    this.said.push(said);
    const heard = this.#waiting.filter(({ pattern }) => pattern.test(text));
    this.#waiting = this.#waiting.filter((waiting) => !heard.includes(waiting));
    for (const waiting of heard) waiting.heard(said);
    const press = this.#presses.findIndex(([pattern]) => pattern.test(text));
    if (press < 0) return undefined;
    const [[, button] = []] = this.#presses.splice(press, 1);
    if (!buttons.includes(button ?? "")) this.surprises.push(`“${text}” has no button ${button}`);
    return button;
  }
}

/** Another developer: a folder elsewhere, with `envpact agent` taking part for it. */
export class OtherPeer {
  readonly folder: string;
  readonly #cli: string;
  #agent: ChildProcess | undefined;
  readonly #lines: Record<string, unknown>[] = [];
  #heard: (() => void)[] = [];

  private constructor(folder: string, cli: string) {
    this.folder = folder;
    this.#cli = cli;
  }

  /** The agent of a folder that is a peer already, such as the one that is open in this window. */
  static beside(folder: string): OtherPeer {
    const extension = vscode.extensions.getExtension("envpact.envpact");
    assert.ok(extension);
    return new OtherPeer(folder, join(extension.extensionPath, "dist", "cli.js"));
  }

  /** Joins a new folder with this text as its `.env` and starts its agent. */
  static async join(invitation: string, name: string, text: string): Promise<OtherPeer> {
    const folder = await mkdtemp(join(tmpdir(), "envpact-other-"));
    await writeFile(join(folder, ".env"), text);
    const other = OtherPeer.beside(folder);
    await other.run("join", invitation, "--name", name);
    await other.start();
    return other;
  }

  /** Starts the agent and waits until it is at head. */
  async start(): Promise<void> {
    this.#lines.length = 0;
    this.#agent = this.#spawn(["agent"]);
    const output = this.#agent.stdout;
    assert.ok(output);
    createInterface({ input: output }).on("line", (line) => {
      this.#lines.push(JSON.parse(line) as Record<string, unknown>);
      for (const heard of this.#heard.splice(0)) heard();
    });
    await this.tells((line) => line.event === "ready");
  }

  /** Ends the agent. */
  async stop(): Promise<void> {
    const agent = this.#agent;
    this.#agent = undefined;
    if (agent === undefined || agent.exitCode !== null) return;
    agent.kill();
    await once(agent, "exit");
  }

  async leave(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Runs a command of the command line in the folder; returns its lines and exit code. */
  async run(...args: string[]): Promise<{ code: number | null; lines: Record<string, unknown>[] }> {
    const child = this.#spawn(args);
    let text = "";
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    const [code] = (await once(child, "close")) as [number | null];
    const lines = text.split("\n").filter((line) => line !== "");
    return { code, lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
  }

  /** Resolves with the first line of the agent that is meant. */
  async tells(isMeant: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    const search = async (): Promise<Record<string, unknown>> => {
      for (;;) {
        const found = this.#lines.find(isMeant);
        if (found !== undefined) return found;
        await new Promise<void>((heard) => this.#heard.push(heard));
      }
    };
    return within("a line of the agent", search(), () => JSON.stringify(this.#lines));
  }

  /** Resolves when the agent has applied a revision. */
  async applied(revision: number): Promise<void> {
    await this.tells((line) => line.event === "applied" && Number(line.revision) >= revision);
  }

  text(): Promise<string> {
    return readFile(join(this.folder, ".env"), "utf8");
  }

  #spawn(args: readonly string[]): ChildProcess {
    const child = spawn(process.execPath, [this.#cli, ...args, "--dir", this.folder, "--json"], {
      env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" },
      stdio: ["ignore", "pipe", "ignore"],
    });
    return child;
  }
}

/** Runs a command of the space, as the palette or a row does. */
export function run(id: keyof typeof spaceCommandIds, ...args: unknown[]): Thenable<unknown> {
  return vscode.commands.executeCommand(spaceCommandIds[id], ...args);
}

/** What the one open peer knows. */
export function viewOf(api: TestApi): TestApi["space"]["peers"]["open"][number]["peer"]["view"] {
  const [open] = api.space.peers.open;
  assert.ok(open, "no peer is open");
  return open.peer.view;
}

/** No row, notice or status holds the mark that is in every value. */
export async function showsNoValue(api: TestApi, person: Person, canary: string): Promise<void> {
  for (const row of await spaceRows(api)) assert.ok(!JSON.stringify(row).includes(canary), row.id);
  for (const said of person.said) assert.ok(!JSON.stringify(said).includes(canary), said.text);
  assert.ok(!JSON.stringify([api.space.status.text, api.space.status.tooltip]).includes(canary));
}

/** Every row that the view has, opened all the way. */
export async function spaceRows(api: TestApi): Promise<readonly SpaceRow[]> {
  const rows: SpaceRow[] = [];
  const add = async (parent?: SpaceRow): Promise<void> => {
    for (const row of await api.space.tree.getChildren(parent)) {
      rows.push(row);
      await add(row);
    }
  };
  await add();
  return rows;
}

/** The first row of a kind whose label holds `text`. */
export async function spaceRow(api: TestApi, kind: SpaceRow["kind"], text = ""): Promise<SpaceRow> {
  const rows = await spaceRows(api);
  const found = rows.find((row) => row.kind === kind && row.label.includes(text));
  assert.ok(found, `no ${kind} row “${text}” in\n${rows.map(lineOf).join("\n")}`);
  return found;
}

/** Kind, label and description of a row. */
export function lineOf(row: SpaceRow): string {
  return `${row.kind}: ${row.label} | ${row.description}`;
}

/** Waits until the view shows what is meant, looking again whenever a peer's view changed. */
export async function showing(
  api: TestApi,
  what: string,
  holds: (lines: readonly string[]) => boolean,
): Promise<void> {
  let lines: readonly string[] = [];
  const look = async (): Promise<boolean> => {
    lines = (await spaceRows(api)).map(lineOf);
    return holds(lines);
  };
  await eventually(api, what, look, () => lines.join("\n"));
}

/** Waits until something holds, looking again whenever a peer's view changed. */
export async function eventually(
  api: TestApi,
  what: string,
  holds: () => boolean | Promise<boolean>,
  seen: () => string = () => "",
): Promise<void> {
  const search = async (): Promise<void> => {
    for (;;) {
      const changed = new Promise<void>((resolve) => {
        const heard = api.space.peers.onDidChange(() => {
          heard.dispose();
          resolve();
        });
      });
      if (await holds()) return;
      await changed;
    }
  };
  await within(what, search(), seen);
}

async function within<T>(what: string, work: Promise<T>, seen: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come. Seen:\n${seen()}`)), patienceMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
