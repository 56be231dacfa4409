import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type FileSystemCalls, systemCalls } from "../../src/drivers/atomic.ts";
import { createDiskFiles, sweepStaged } from "../../src/drivers/files.ts";

const nasty = fc
  .string({
    unit: fc.constantFrom("A", "=", "\n", "\r", "\uFEFF", "é", "😀", " ", "#", '"', "\u2028", "\x7f"),
  })
  .filter((text) => text.isWellFormed());

it("leaves a file exactly old or exactly new wherever the system fails, with its mode, and no leftovers", async () => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "envpact-files-")));
  const path = join(folder, ".env");
  const modes = fc.constantFrom(0o600, 0o640, 0o644, 0o664, 0o755);
  const faults = fc.constantFrom("none", "fill", "rename", "crash");
  await fc.assert(
    fc.asyncProperty(nasty, nasty, modes, faults, async (before, after, mode, fault) => {
      writeFileSync(path, before);
      chmodSync(path, mode);
      const fail = (code: string) => Promise.reject(Object.assign(new Error(code), { code }));
      const calls: FileSystemCalls = {
        rename: fault === "rename" ? () => fail("EIO") : systemCalls.rename,
        fill: fault === "fill" ? () => fail("ENOSPC") : systemCalls.fill,
        force: systemCalls.force,
      };
      const files = createDiskFiles(folder, calls);
      const staged = await files.stage(".env", "tx", after);
      expect(readFileSync(path, "utf8")).toBe(before);
      if (staged.ok && fault !== "crash") {
        const applied = await files.applyStaged({ env: "default", ...staged.value });
        const changed = applied.ok && applied.value;
        expect(readFileSync(path, "utf8")).toBe(changed ? after : before);
        expect(changed).toBe(fault !== "rename" || before === after);
        if (!changed) await files.discard([{ env: "default", ...staged.value }]);
      }
      await sweepStaged(folder, []);
      expect(statSync(path).mode & 0o777).toBe(mode);
      expect(readdirSync(folder)).toEqual([".env"]);
    }),
    { numRuns: 300 },
  );
  await rm(folder, { recursive: true });
});
