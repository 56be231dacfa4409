import * as vscode from "vscode";
import type { ExampleContext, LintContext, SchemaContext, SiblingContext } from "../../lint/rule.ts";
import { peerNames } from "../../lint/siblings.ts";
import { DisposableStore } from "../../shared/disposable.ts";
import { type EnvironmentFile, environmentFileOf } from "../services/environmentFile.ts";
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
    this.#store.add(services.layers.onDidChange(told));
  }

  dispose(): void {
    this.#last.clear();
    this.#store.dispose();
  }

  async of(uri: vscode.Uri): Promise<Surroundings> {
    const { summaries, dialects } = this.#services;
    const isExample = isExampleName(uri);
    const file = isExample ? undefined : environmentFileOf(uri);
    const [beside, known, readers, expands] = await Promise.all([
      file && this.#besideOf(file),
      summaries.knownNames(uri),
      dialects.dialectsFor(uri),
      dialects.expandsFor(uri),
    ]);
    const id = uri.toString();
    const last = this.#last.get(id);
    const now: Surroundings = {
      example: sameExample(last?.example, beside?.example),
      schema: sameSchema(last?.schema, beside?.schema),
      siblings: sameSiblings(last?.siblings, beside?.siblings),
      known,
      dialects: readers,
      expands,
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

  /** What an environment is held against of the files in its directory. */
  async #besideOf(file: EnvironmentFile): Promise<Pick<Surroundings, "example" | "schema" | "siblings">> {
    const { summaries, schemas } = this.#services;
    const inherited = await summaries.inheritedKeys(file);
    const [example, schema, siblings] = await Promise.all([
      summaries.exampleOf(file),
      schemas.schemaFor(file.uri),
      this.#siblingsOf(file, inherited),
    ]);
    return {
      example: example && { name: example.name, document: example.document, inherited },
      schema: schema && { name: schema.name, schema: schema.schema, inherited },
      siblings,
    };
  }

  async #siblingsOf(
    { name, directory }: EnvironmentFile,
    inherited: ReadonlySet<string>,
  ): Promise<LintContext["siblings"]> {
    const { index } = this.#services;
    await index.files();
    const siblings: SiblingContext[] = [];
    for (const peer of peerNames(name, index.siblings(directory))) {
      const keys = new Set(await this.#keysOf(vscode.Uri.joinPath(directory, peer)));
      for (const key of inherited) keys.delete(key);
      siblings.push({ name: peer, keys });
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
