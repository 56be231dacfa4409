import { readFileSync } from "node:fs";
import { join } from "node:path";
import { listFiles, PackageManager } from "@vscode/vsce";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");

it("The VSIX holds exactly the files of the checked-in list", async () => {
  const listed = readFileSync(join(root, "test/fixtures/package-files.txt"), "utf8").trim().split("\n");
  const packed = await listFiles({ cwd: root, packageManager: PackageManager.None });
  expect([...packed].sort()).toEqual(listed);
});
