import { readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { ParticipantWrite } from "../../src/commit/effects.ts";
import type { JournalImage } from "../../src/commit/ports.ts";
import { emptySnapshot } from "../../src/commit/snapshot.ts";
import { openJournal } from "../../src/drivers/journal.ts";
import { type LogRecord, sealRecord } from "../../src/protocol/record.ts";

type Step = { readonly what: "prepare" | "commit" | "abort" | "apply" | "term"; readonly force: boolean };

const steps = fc.array(
  fc.record<Step>({
    what: fc.constantFrom("prepare", "commit", "abort", "apply", "term"),
    force: fc.boolean(),
  }),
  { minLength: 1, maxLength: 25 },
);

/** A log as the test keeps it: what a journal with these writes must say, step by step. */
class Model {
  image: JournalImage = {
    base: emptySnapshot,
    settled: [],
    records: [],
    appliedRev: 0,
    highestTerm: 0,
    prepared: undefined,
  };

  /** The write of a step as a participant could make it, or undefined when it could not. */
  next({ what }: Step): ParticipantWrite | undefined {
    const { records, appliedRev, highestTerm, prepared } = this.image;
    const rev = records.length;
    switch (what) {
      case "prepare": {
        if (prepared !== undefined || appliedRev < rev) return undefined;
        const promise = { tx: `t${rev}`, base: rev, term: highestTerm, items: [], staged: [], sinceMs: 1 };
        this.image = { ...this.image, prepared: promise };
        return { kind: "prepared", prepared: promise };
      }
      case "commit": {
        if (prepared === undefined || prepared.base < rev) return undefined;
        const record = recordAfter(records.at(-1), prepared.tx);
        this.image = { ...this.image, records: [...records, record] };
        return { kind: "committed", record };
      }
      case "abort":
        if (prepared === undefined || prepared.base < rev) return undefined;
        this.image = { ...this.image, prepared: undefined };
        return { kind: "aborted", tx: prepared.tx };
      case "apply":
        this.image = { ...this.image, appliedRev: rev, prepared: appliedRev < rev ? undefined : prepared };
        return { kind: "applied", rev };
      case "term":
        this.image = { ...this.image, highestTerm: highestTerm + 1 };
        return { kind: "term", term: highestTerm + 1 };
    }
  }
}

function recordAfter(previous: LogRecord | undefined, tx: string): LogRecord {
  return sealRecord({
    rev: (previous?.rev ?? 0) + 1,
    prevHash: previous?.hash ?? "",
    kind: "commit",
    tx,
    term: 1,
    epoch: 1,
    keyEpoch: 1,
    author: { peer: "p", name: "Ana" },
    requestId: `request-${tx}`,
    items: [],
    members: [],
    participants: [],
    message: "naïve",
    at: 1,
    signature: "",
  });
}

it("after any crash says a prefix of what was appended that holds everything forced", async () => {
  const folder = await mkdtemp(join(tmpdir(), "envpact-journal-"));
  let run = 0;
  const crash = fc.record({ at: fc.nat(), zeros: fc.boolean(), bytesMax: fc.constantFrom(600, 1_000_000) });
  await fc.assert(
    fc.asyncProperty(steps, crash, async (script, { at, zeros, bytesMax }) => {
      run += 1;
      const file = join(folder, String(run));
      const model = new Model();
      const journal = await openJournal(file, bytesMax);
      const after: JournalImage[] = [model.image];
      let forcedBytes = statSync(file).size;
      let forcedSteps = 0;
      for (const step of script) {
        const write = model.next(step);
        if (write === undefined) continue;
        const inode = statSync(file).ino;
        await journal.append([write], step.force);
        after.push(model.image);
        const { ino, size } = statSync(file);
        if (!step.force && ino === inode) continue;
        forcedBytes = size;
        forcedSteps = after.length - 1;
      }
      await journal.close();
      // What was not forced may be cut anywhere, or be zeros from anywhere on.
      const whole = readFileSync(file);
      const keep = forcedBytes + (at % (whole.length - forcedBytes + 1));
      writeFileSync(file, zeros ? Buffer.from(whole).fill(0, keep) : whole.subarray(0, keep));
      const again = await openJournal(file, bytesMax);
      const possible = after.slice(forcedSteps);
      expect(possible.map((image) => JSON.stringify(image))).toContain(JSON.stringify(again.image));
      await again.append([{ kind: "term", term: 1_000 }], true);
      await again.close();
      const third = await openJournal(file, bytesMax);
      expect(third.image).toEqual({ ...again.image, highestTerm: 1_000 });
      await third.close();
    }),
    { numRuns: 200 },
  );
  await rm(folder, { recursive: true });
});
