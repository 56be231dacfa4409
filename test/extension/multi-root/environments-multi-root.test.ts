import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { after, before, describe, it } from "mocha";
import type { TestApi } from "../../../src/extension/extension.ts";
import { activated, answering, at, onDisk, put, run, treeText } from "../environments-workspace.ts";

describe("the Environments tree with several workspace folders", () => {
  let api: TestApi;

  before(async () => {
    api = await activated();
  });

  after(async () => {
    await rm(at("packages"), { recursive: true, force: true });
    await rm(at(".env.test", 1), { force: true });
  });

  it("groups by workspace folder, and names the folder of a package", async () => {
    await put({ "packages/core/.env": "A=1\n" });
    await run("refresh");
    const [api0, web] = ["api", "web"];
    assert.deepEqual(await treeText(api), [
      api0,
      "  .env 1 key",
      "    GREETING ••••",
      `packages/core ${api0}`,
      "  .env 1 key",
      "    A ••••",
      web,
      "  .env 1 key",
      "    GREETING ••••",
    ]);
  });

  it("asks for the folder of a new environment", async () => {
    await answering(["web", ".env.test", "Start empty"], () => run("newEnvironment"));
    const { readFile } = await import("node:fs/promises");
    assert.equal(await readFile(at(".env.test", 1), "utf8"), "");
  });

  it("names the folder of a file in what it says", async () => {
    const asked = await answering([".env", "GREETING", undefined], () => run("editValue"));
    assert.match(asked[2]?.text ?? "", /GREETING in api\/\.env/);
    assert.equal(await onDisk(".env"), "GREETING=hello\n");
  });

  it("still shows a folder that has no environment", async () => {
    await rm(at(".env", 1));
    await rm(at(".env.test", 1), { force: true });
    await run("refresh");
    assert.equal((await treeText(api)).at(-1), "web no .env file");
  });
});
