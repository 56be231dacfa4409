import * as vscode from "vscode";
import type { ExampleContext, LintContext, SchemaContext, SiblingContext } from "../../lint/rule.ts";
import { baseName, peerNames } from "../../lint/siblings.ts";
import { DisposableStore } from "../../shared/disposable.ts";
import { environmentFileOf } from "../services/environmentFile.ts";
import type { EnvironmentServices } from "../services/environments.ts";
import { GitTracking } from "../services/gitTracking.ts";
import type { DiagnosticsSurroundings, Surroundings } from "./diagnostics.ts";
import { isExampleName, isSchemaName } from "./lintable.ts";

/** Files whose surroundings are remembered; the least recently asked go first. */
const rememberedMax = 256;

/**
 * What the checks of a document need to know of the files around it, from the services that know them. Parts that are
 * the same as they were at the last check are the same objects, by which the checks know what they need not do again.
 */
export class LintSurroundings implements DiagnosticsSurroundings, vscode.Disposable {
  readonly #services: EnvironmentServices;
  readonly #git: GitTracking;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  readonly #store = new DisposableStore();
  readonly #last = new Map<string, Surroundings>();

  constructor(services: EnvironmentServices) {
    this.#services = services;
    this.#git = new GitTracking(services.log);
    this.#store.add(this.#changed);
    this.#store.add(this.#git);
    const told = () => this.#changed.fire();
    this.#store.add(this.#git.onDidChange(told));
    this.#store.add(services.dialects.onDidChange(told));
    this.#store.add(services.schemas.onDidChange(told));
  }

  dispose(): void {
    this.#last.clear();
    this.#store.dispose();
  }

  async of(uri: vscode.Uri): Promise<Surroundings> {
    const { summaries, dialects } = this.#services;
    const isExample = isExampleName(uri);
    const [example, known, readers, siblings] = await Promise.all([
      isExample ? undefined : summaries.exampleFor(uri),
      summaries.knownNames(uri),
      dialects.dialectsFor(uri),
      isExample ? undefined : this.#siblingsOf(uri),
    ]);
    const schema = isExample ? undefined : await this.#schemaOf(uri, example?.inherited);
    const id = uri.toString();
    const last = this.#last.get(id);
    const now: Surroundings = {
      example: sameExample(last?.example, example),
      schema: sameSchema(last?.schema, schema),
      siblings: sameSiblings(last?.siblings, siblings),
      known,
      dialects: readers,
      isExample,
      isSchema: isSchemaName(uri),
      tracked: this.#git.isTracked(uri),
    };
    this.#remember(id, now);
    return now;
  }

  #remember(id: string, now: Surroundings): void {
    this.#last.delete(id);
    this.#last.set(id, now);
    const oldest = this.#last.keys().next().value;
    if (this.#last.size > rememberedMax && oldest !== undefined) this.#last.delete(oldest);
  }

  async #schemaOf(
    uri: vscode.Uri,
    inherited: ReadonlySet<string> | undefined,
  ): Promise<SchemaContext | undefined> {
    if (environmentFileOf(uri) === undefined) return undefined;
    const found = await this.#services.schemas.schemaFor(uri);
    return found && { name: found.name, schema: found.schema, ...(inherited ? { inherited } : {}) };
  }

  async #siblingsOf(uri: vscode.Uri): Promise<LintContext["siblings"]> {
    const file = environmentFileOf(uri);
    if (file === undefined) return undefined;
    const { index } = this.#services;
    await index.files();
    const names = index.siblings(file.directory);
    const base = baseName(file.name, names);
    const inherited = base === undefined ? [] : await this.#keysOf(vscode.Uri.joinPath(file.directory, base));
    const siblings: SiblingContext[] = [];
    for (const name of peerNames(file.name, names)) {
      const keys = new Set(await this.#keysOf(vscode.Uri.joinPath(file.directory, name)));
      for (const key of inherited) keys.delete(key);
      siblings.push({ name, keys });
    }
    return siblings;
  }

  async #keysOf(uri: vscode.Uri): Promise<readonly string[]> {
    const content = await this.#services.contents.read(uri);
    return content.ok ? content.document.entries.map(({ key }) => key) : [];
  }
}

function isSameSet(one: ReadonlySet<string> | undefined, other: ReadonlySet<string> | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  if (one.size !== other.size) return false;
  for (const member of one) if (!other.has(member)) return false;
  return true;
}

function sameExample(
  last: ExampleContext | undefined,
  now: ExampleContext | undefined,
): ExampleContext | undefined {
  if (!last || !now) return now;
  const isSame =
    last.name === now.name &&
    (last.document === now.document || last.document.text === now.document.text) &&
    isSameSet(last.inherited, now.inherited);
  return isSame ? last : now;
}

function sameSchema(
  last: SchemaContext | undefined,
  now: SchemaContext | undefined,
): SchemaContext | undefined {
  if (!last || !now) return now;
  const isSame =
    last.name === now.name && last.schema === now.schema && isSameSet(last.inherited, now.inherited);
  return isSame ? last : now;
}

function sameSiblings(last: LintContext["siblings"], now: LintContext["siblings"]): LintContext["siblings"] {
  if (!last || !now || last.length !== now.length) return now;
  const isSame = now.every(
    ({ name, keys }, index) => last[index]!.name === name && isSameSet(last[index]!.keys, keys),
  );
  return isSame ? last : now;
}
