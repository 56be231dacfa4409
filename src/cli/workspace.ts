import { stat } from "node:fs/promises";
import type { EnvpactError } from "../protocol/errors.ts";
import { readConfig } from "../runtime/config.ts";
import { usageError } from "./arguments.ts";

/** The environment that is meant when none is named. */
export const defaultEnvironment = "default";

/** An environment by its name, with its file relative to the folder. */
export interface NamedEnvironment {
  readonly name: string;
  readonly file: string;
}

/** Throws BAD_USAGE unless `folder` is a folder. */
export async function requireFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) throw usageError(`There is no folder ${folder}.`, "Check --dir.");
  if (!found.isDirectory()) throw usageError(`${folder} is not a folder.`, "Name its folder with --dir.");
}

/**
 * The environment of `folder` that `name` means: as `.envpact.json` maps it; without that file, `default` is
 * `.env` and any other NAME is `.env.NAME`. Throws BAD_CONFIG for a broken `.envpact.json`, BAD_USAGE for a
 * name that means nothing.
 */
export async function environmentOf(folder: string, name: string | undefined): Promise<NamedEnvironment> {
  await requireFolder(folder);
  const mapped = (await readConfig(folder))?.environments;
  if (name === undefined) {
    const file = mapped && Object.hasOwn(mapped, defaultEnvironment) ? mapped[defaultEnvironment] : undefined;
    return { name: defaultEnvironment, file: file ?? ".env" };
  }
  if (mapped) {
    const file = Object.hasOwn(mapped, name) ? mapped[name] : undefined;
    if (file === undefined) throw unknownEnvironment(name, Object.keys(mapped));
    return { name, file };
  }
  if (!/^\w[\w.-]*$/.test(name)) {
    throw usageError(`"${name}" is no name of an environment.`, "Use letters, digits, dots and dashes.");
  }
  return { name, file: name === defaultEnvironment ? ".env" : `.env.${name}` };
}

/** The error for an environment that `.envpact.json` does not map. */
export function unknownEnvironment(name: string, mapped: readonly string[]): EnvpactError {
  return usageError(
    `.envpact.json maps no environment "${name}".`,
    mapped.length === 0 ? "Add it there." : `It maps ${mapped.join(", ")}.`,
  );
}
