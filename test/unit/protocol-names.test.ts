import { describe, expect, it } from "vitest";
import { coordinatorMessageSchema, readFrame } from "../../src/protocol/messages.ts";

describe("a transaction of a space", () => {
  it.each(["team", "my team", "Grüße", "команда 2", "a@b+c._-d"])(
    "whose name is %s is understood by its peers",
    (space) => {
      const abort = { t: "abort", tx: `${space}:1:5:x-Y_z`, code: "CONFLICT", reason: "" };
      expect(readFrame(coordinatorMessageSchema, JSON.stringify(abort))).toEqual(abort);
    },
  );
});
