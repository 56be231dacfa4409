import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { activated, answering, run, treeText } from "../environments-workspace.ts";

describe("the Environments tree without a folder", () => {
  it("is empty, so that the welcome text shows", async () => {
    assert.deepEqual(await treeText(await activated()), []);
  });

  it("answers New Environment with what to do first", async () => {
    await activated();
    const said = await answering([], () => run("newEnvironment"));
    assert.match(said[0]?.text ?? "", /No folder is open.+Open a folder first/);
  });
});
