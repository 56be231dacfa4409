import { kindOfName } from "../dotenv/fileNames.ts";

/**
 * The environments of a folder whose keys may be asked for in `name` too: `.env.staging` beside `.env.production`.
 * A file that only overrides others (`.local`) is asked for nothing, and asks for nothing.
 */
export function peerNames(name: string, names: Iterable<string>): readonly string[] {
  if (!isPeer(name)) return [];
  return [...names].filter((other) => other !== name && other !== ".env" && isPeer(other)).sort();
}

function isPeer(name: string): boolean {
  return kindOfName(name) === "environment" && !name.endsWith(".local");
}
