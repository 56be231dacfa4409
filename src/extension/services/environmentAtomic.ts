import { readFile, writeFile } from "node:fs/promises";
import writeFileAtomic from "write-file-atomic";
import type { Problem } from "../../protocol/errors.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import { systemCodeOf } from "./environmentBytes.ts";
import type { AtomicFiles } from "./environmentEditor.ts";

/** Mode of a new file: it is going to hold secrets, so only its owner may read it. */
const newFileMode = 0o600;

/** Files on this machine's disk. */
export const diskFiles: AtomicFiles = {
  async replace(path, expected, text): Promise<Result<void, Problem>> {
    try {
      if (expected === undefined) {
        await writeFile(path, text, { flag: "wx", mode: newFileMode, flush: true });
        return ok(undefined);
      }
      if ((await readFile(path, "utf8")) !== expected) return err(changed(path));
      await writeFileAtomic(path, text, { encoding: "utf8" });
      return ok(undefined);
    } catch (error) {
      const code = systemCodeOf(error);
      if (code === "EEXIST" || code === "ENOENT") return err(changed(path));
      return err({
        code: "FILE_NOT_WRITABLE",
        message: `${path} could not be written (${code}); it is as it was.`,
        next: "Check the permissions and the free space of its folder, then try again.",
      });
    }
  },
};

function changed(path: string): Problem {
  return { code: "FILE_CHANGED", message: `${path} changed meanwhile.`, next: "Look at it and try again." };
}
