import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { ConventionId } from "../dotenv/conventions.ts";
import { type DotenvDocument, parseDocument } from "../dotenv/document.ts";
import { exampleNameFor, kindOfName } from "../dotenv/fileNames.ts";
import { layersBelow } from "../dotenv/layers.ts";
import { parseSchema } from "../dotenv/schema/parse.ts";
import type { RuleId, SeverityChoice } from "../lint/catalog.ts";
import type { LintContext, SchemaContext } from "../lint/rule.ts";
import { peerNames } from "../lint/siblings.ts";
import { problemOf } from "../protocol/errors.ts";
import { NearbyFolders, readersNear } from "../runtime/dialects.ts";
import { conventionOf } from "./conventionNear.ts";
import { readNamedFile } from "./namedFile.ts";
import { TrackedFiles } from "./trackedFiles.ts";

const schemaName = ".env.schema";

/** What a person chose for a run. */
export interface LintChoices {
  readonly severities?: Readonly<Partial<Record<RuleId, SeverityChoice>>>;
  /** Default: what the files around tell. */
  readonly convention?: ConventionId | undefined;
}

/** Finds what files are judged against; what several files of a run share is read once. */
export class LintSurroundings {
  readonly #environment: NodeJS.ProcessEnv;
  readonly #choices: LintChoices;
  readonly #tracked: TrackedFiles;
  readonly #nearby = new NearbyFolders();

  constructor(environment: NodeJS.ProcessEnv, choices: LintChoices) {
    this.#environment = environment;
    this.#choices = choices;
    this.#tracked = new TrackedFiles(environment);
  }

  /** The context of the file at `path` (absolute). A file beside it that cannot be read is as good as none. */
  async contextOf(path: string): Promise<LintContext> {
    const folder = dirname(path);
    const name = basename(path);
    const names = new Set(await readdir(folder).catch(() => []));
    const convention = conventionOf(await this.#nearby.of(folder), this.#choices.convention);
    const inherited = await keysOf(folder, layersBelow(name, names, convention));
    const isSchema = name === schemaName;
    return {
      example: await exampleOf(folder, exampleNameFor(name, names), inherited),
      schema: isSchema ? undefined : await schemaOf(folder, name, names, inherited),
      siblings: await siblingsOf(folder, name, names, inherited),
      known: new Set([...Object.keys(this.#environment), ...inherited]),
      isExample: isSchema || kindOfName(name) === "example",
      isSchema,
      ...(await readersNear(folder, this.#nearby)),
      tracked: await this.#tracked.has(path),
      severities: this.#choices.severities ?? {},
    };
  }
}

async function exampleOf(
  folder: string,
  name: string | undefined,
  inherited: ReadonlySet<string>,
): Promise<LintContext["example"]> {
  const document = name === undefined ? undefined : await documentBeside(folder, name);
  return name === undefined || document === undefined ? undefined : { name, document, inherited };
}

/** The `.env.schema` of the folder, else the example of the environment when decorators stand in it. */
async function schemaOf(
  folder: string,
  name: string,
  names: ReadonlySet<string>,
  inherited: ReadonlySet<string>,
): Promise<SchemaContext | undefined> {
  const own = names.has(schemaName) ? await documentBeside(folder, schemaName) : undefined;
  if (own) return { name: schemaName, schema: parseSchema(own), inherited };
  const example = exampleNameFor(name, names);
  const document = example === undefined ? undefined : await documentBeside(folder, example);
  if (example === undefined || !document?.text.includes("@")) return undefined;
  const schema = parseSchema(document);
  return schema.decorated ? { name: example, schema, inherited } : undefined;
}

async function siblingsOf(
  folder: string,
  name: string,
  names: ReadonlySet<string>,
  inherited: ReadonlySet<string>,
): Promise<LintContext["siblings"]> {
  const siblings: { name: string; keys: Set<string> }[] = [];
  for (const peer of peerNames(name, names)) {
    const keys = await keysOf(folder, [peer]);
    siblings.push({ name: peer, keys: new Set([...keys].filter((key) => !inherited.has(key))) });
  }
  return siblings;
}

async function keysOf(folder: string, names: readonly string[]): Promise<Set<string>> {
  const keys = new Set<string>();
  for (const name of names) {
    const document = await documentBeside(folder, name);
    for (const { key } of document?.entries ?? []) keys.add(key);
  }
  return keys;
}

async function documentBeside(folder: string, name: string): Promise<DotenvDocument | undefined> {
  try {
    return parseDocument((await readNamedFile(join(folder, name), name)).text);
  } catch (error) {
    if (problemOf(error).code === "INTERNAL") throw error;
    return undefined;
  }
}
