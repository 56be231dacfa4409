import { changeSetsOf, type LogRecord, slot } from "../protocol/record.ts";
import type { KeyVersion } from "./ports.ts";

/** Takes the new versions of the keys that a record changes, by slot, each with the author of its own change set. */
export function takeVersions(versions: Map<string, KeyVersion>, record: LogRecord): void {
  for (const { author, items } of changeSetsOf(record)) {
    for (const { env, key, op, expected } of items) {
      versions.set(slot(env, key), {
        version: expected + 1,
        deleted: op !== "set",
        author: author.name,
        at: record.at,
      });
    }
  }
}
