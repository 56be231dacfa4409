import { describe, expect, it } from "vitest";
import { environmentMeant, keysMeant } from "../../src/cli/peers.ts";
import type { PeerView } from "../../src/peer/api.ts";

function view(parts: Partial<PeerView>): PeerView {
  return {
    environments: { default: ".env", staging: ".env.staging" },
    drift: [],
    shared: [],
    ...parts,
  } as PeerView;
}

const staged = { env: "staging", key: "A" };
const plain = { env: "default", key: "A" };

describe("the keys that a command means", () => {
  it("are everything when nothing is named", () => {
    expect(keysMeant(view({}), [], undefined)).toBeUndefined();
  });

  it("are the drift of the environment when only that is named", () => {
    const drift = [
      { ...staged, kind: "changed" as const },
      { ...plain, kind: "changed" as const },
    ];
    expect(keysMeant(view({ drift }), [], "staging")).toEqual([staged]);
  });

  it("are where the key drifts, else where it is shared, else in the default environment", () => {
    const shared = [
      { ...plain, revision: 1 },
      { ...staged, revision: 2 },
    ];
    const drift = [{ ...staged, kind: "changed" as const }];
    expect(keysMeant(view({ shared, drift }), ["A"], undefined)).toEqual([staged]);
    expect(keysMeant(view({ shared }), ["A"], undefined)).toEqual([plain, staged]);
    expect(keysMeant(view({}), ["A"], undefined)).toEqual([plain]);
  });

  it("are in the environment that is named, which must be mapped", () => {
    expect(keysMeant(view({}), ["A"], "staging")).toEqual([staged]);
    expect(() => keysMeant(view({}), ["A"], "prod")).toThrow(/prod/);
    expect(() => keysMeant(view({}), [], "toString")).toThrow(/toString/);
  });

  it("fall to the only environment of a peer that maps just one", () => {
    expect(environmentMeant(view({ environments: { prod: ".env.prod" } }))).toBe("prod");
    expect(environmentMeant(view({}))).toBe("default");
  });
});
