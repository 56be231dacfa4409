/** Pure: which file of a folder is which environment of the space, as text and as data. */
import * as v from "valibot";
import { limits } from "../../protocol/limits.ts";
import { nameSchema } from "../../protocol/messages.ts";
import { err, ok, type Result } from "../../shared/result.ts";

/** The environment name that a file suggests: `.env` is `default`, `.env.staging` is `staging`, `api/.env` is `api`. */
export function environmentNameOf(path: string): string {
  const parts = path.split("/");
  const suffix = (parts.pop() ?? "").replace(/^\.env\.?/, "");
  return [...parts, ...(suffix === "" ? [] : [suffix])].join(".") || "default";
}

/** `default=.env, staging=.env.staging`. */
export function mappingText(mapping: Readonly<Record<string, string>>): string {
  return Object.entries(mapping)
    .map(([name, file]) => `${name}=${file}`)
    .join(", ");
}

/** Reads what {@link mappingText} writes; the error is a sentence for the person who typed it. */
export function parseMapping(text: string): Result<Readonly<Record<string, string>>, string> {
  const mapping = new Map<string, string>();
  for (const pair of text.split(",").map((part) => part.trim())) {
    if (pair === "") continue;
    const at = pair.indexOf("=");
    const name = pair.slice(0, Math.max(at, 0)).trim();
    const file = pair
      .slice(at + 1)
      .trim()
      .replaceAll("\\", "/");
    if (at < 0 || file === "") return err(`Write NAME=FILE instead of “${pair}”.`);
    if (!v.is(nameSchema, name)) return err(`“${name}” is no name for an environment.`);
    if (mapping.has(name)) return err(`The environment ${name} is there twice.`);
    if (/^(?:\/|[A-Za-z]:)/.test(file) || file.split("/").includes("..")) {
      return err(`${file} is not inside of the folder: write its path relative to the folder.`);
    }
    if ([...mapping.values()].includes(file)) return err(`${file} is there twice.`);
    mapping.set(name, file);
  }
  if (mapping.size === 0) return err("Write at least one environment, such as default=.env.");
  if (mapping.size > limits.mappedEnvironmentsMax) {
    return err(`Write at most ${limits.mappedEnvironmentsMax} environments.`);
  }
  return ok(Object.fromEntries(mapping));
}
