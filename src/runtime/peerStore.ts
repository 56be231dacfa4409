import { statSync } from "node:fs";
import { appendFile, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { readPrivate, writePrivate } from "../drivers/home.ts";
import type { Marks, PeerStore, Superseded } from "../peer/ports.ts";
import { EnvpactError } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";
import { type PeerPlaces, removePeer, writeJson } from "./config.ts";
import { failpoint } from "./failpoint.ts";

const keyRef = v.object({ env: v.string(), key: v.string() });
const marksSchema = v.object({
  shared: v.array(keyRef),
  released: v.array(keyRef),
  allowed: v.array(v.string()),
  adopted: v.array(v.string()),
});
const supersededSchema = v.object({ ...keyRef.entries, revision: v.number(), value: v.string() });
const noFile = { ino: 0, ctimeMs: 0, size: 0 };
const noMarks: Marks = { shared: [], released: [], allowed: [], adopted: [] };

/** The local state of one peer in its state folder. */
export function createPeerStore(places: PeerPlaces): PeerStore {
  const marksPath = join(places.state, "marks.json");
  const supersededPath = join(places.state, "superseded.jsonl");

  let marksSeen: (typeof noFile & { readonly marks: Marks }) | undefined;

  async function readSuperseded(): Promise<readonly Superseded[]> {
    const text = (await readPrivate(supersededPath)) ?? "";
    const lines = text.split("\n").filter((line) => line !== "");
    const parsed = lines.flatMap((line) => {
      const result = v.safeParse(supersededSchema, parseOrUndefined(line));
      // A line that a crash tore holds nothing to restore.
      return result.success ? [result.output] : [];
    });
    return parsed.slice(-limits.supersededMax);
  }

  return {
    async readMarks() {
      // Every write puts a new file in the place of the old one, so one that is the same holds what it held.
      const { ino, ctimeMs, size } = statSync(marksPath, { throwIfNoEntry: false }) ?? noFile;
      if (marksSeen?.ino === ino && marksSeen.ctimeMs === ctimeMs && marksSeen.size === size)
        return marksSeen.marks;
      const text = await readPrivate(marksPath);
      if (text === undefined) return noMarks;
      const result = v.safeParse(marksSchema, parseOrUndefined(text));
      if (result.success) {
        marksSeen = { ino, ctimeMs, size, marks: result.output };
        return result.output;
      }
      throw new EnvpactError(
        "DATA_DAMAGED",
        `${marksPath} is damaged.`,
        "Remove it and share the keys again that were not committed yet.",
      );
    },
    writeMarks: (marks) => writeJson(marksPath, marks),
    async keepSuperseded(values) {
      if (values.length === 0) return;
      failpoint("participant.before-superseded");
      await appendFile(supersededPath, values.map((value) => `${JSON.stringify(value)}\n`).join(""), {
        mode: 0o600,
      });
      const handle = await open(supersededPath, "r+");
      try {
        await handle.datasync();
      } finally {
        await handle.close();
      }
      const lines = (await readFile(supersededPath, "utf8")).split("\n").length;
      if (lines > 2 * limits.supersededMax) {
        const kept = await readSuperseded();
        await writePrivate(supersededPath, kept.map((value) => `${JSON.stringify(value)}\n`).join(""));
      }
      failpoint("participant.after-superseded");
    },
    readSuperseded,
    remove: () => removePeer(places),
  };
}

function parseOrUndefined(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
