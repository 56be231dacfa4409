import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDevice, publicKeyOf, sign, verify } from "../../src/crypto/device.ts";
import { sameProof, secretProof, type Transcript, transcript } from "../../src/crypto/handshake.ts";
import {
  decodeInvitation,
  encodeInvitation,
  type Invitation,
  invitationKeys,
  unwrapDataKey,
  wrapDataKey,
} from "../../src/crypto/invitation.ts";
import { newDataKey, openValue, type SealContext, sealValue } from "../../src/crypto/seal.ts";
import { EnvpactError } from "../../src/protocol/errors.ts";
import { limits } from "../../src/protocol/limits.ts";

const device = createDevice();
const context: SealContext = { space: "team", env: "default", key: "TOKEN", version: 3, keyEpoch: 1 };
const invitation: Invitation = {
  version: 1,
  url: "ws://127.0.0.1:7777",
  coordinator: device.publicKey,
  space: "team",
  invite: "inv-1",
  secret: Buffer.alloc(32, 7).toString("base64url"),
  expiresAt: 2_000,
};

describe("device keys", () => {
  it("signs what only its own public key verifies", () => {
    const other = createDevice();
    const signature = sign(device.privateKey, "text");
    expect(publicKeyOf(device.privateKey)).toBe(device.publicKey);
    expect(verify(device.publicKey, "text", signature)).toBe(true);
    expect(verify(device.publicKey, "texT", signature)).toBe(false);
    expect(verify(other.publicKey, "text", signature)).toBe(false);
  });

  it("says false, without an error, to garbage", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (key, text, signature) => {
        expect(verify(key, text, signature)).toBe(false);
        expect(verify(device.publicKey, text, signature)).toBe(false);
      }),
    );
    expect(verify(device.privateKey, "text", sign(device.privateKey, "text"))).toBe(false);
  });
});

describe("handshake", () => {
  const seen: Transcript = {
    side: "client",
    space: "team",
    mode: "invite",
    invite: "inv-1",
    device: "d",
    coordinator: "c",
    clientNonce: "n1",
    serverNonce: "n2",
  };

  it("gives another text for every difference, so that no proof fits elsewhere", () => {
    const variants: Transcript[] = [
      seen,
      { ...seen, side: "coordinator" },
      { ...seen, space: "other" },
      { ...seen, mode: "device" },
      { ...seen, invite: "inv-2" },
      { ...seen, device: "e" },
      { ...seen, coordinator: "x" },
      { ...seen, clientNonce: "n3" },
      { ...seen, serverNonce: "n3" },
      { ...seen, clientNonce: "n2", serverNonce: "n1" },
    ];
    expect(new Set(variants.map(transcript)).size).toBe(variants.length);
  });

  it("proves a secret", () => {
    const { verifier } = invitationKeys(invitation.secret);
    const proof = secretProof(verifier, transcript(seen));
    expect(sameProof(proof, secretProof(verifier, transcript(seen)))).toBe(true);
    expect(sameProof(proof, secretProof(verifier, transcript({ ...seen, serverNonce: "n3" })))).toBe(false);
    expect(sameProof(proof, "")).toBe(false);
  });
});

describe("invitations", () => {
  const text = encodeInvitation(invitation);

  it.each([
    ["as it is", text],
    ["in quotes with blanks around", `  "${text}"\n`],
    ["broken into lines by a mail program", text.replace(/(.{40})/gu, "$1\r\n  ")],
    ["in angle brackets and a full stop", `<${text}>.`],
    ["with its scheme in capitals", text.replace("envpact:", "ENVPACT:")],
  ])("reads one that was pasted %s", (_how, pasted) => {
    expect(decodeInvitation(pasted, 1_000)).toEqual({ ok: true, value: invitation });
  });

  it("says that a cut or mistyped one is that, wherever the fault is", () => {
    const faulty = [...Array(text.length).keys()].flatMap((at) => [
      text.slice(0, at),
      `${text.slice(0, at)}${text[at] === "Z" ? "Y" : "Z"}${text.slice(at + 1)}`,
    ]);
    for (const pasted of faulty) {
      const result = decodeInvitation(pasted, 1_000);
      expect(result.ok ? "accepted" : result.error.code).toBe("BAD_INVITATION");
    }
  });

  it("tells expired and of another version apart", () => {
    const late = decodeInvitation(text, 2_000);
    expect(late).toMatchObject({ ok: false, error: { code: "INVITATION_EXPIRED" } });
    const newer = encodeInvitation({ ...invitation, version: 2 } as unknown as Invitation);
    expect(decodeInvitation(newer, 1_000)).toMatchObject({ ok: false, error: { code: "VERSION_MISMATCH" } });
  });

  it("says what is wrong with other text, and never repeats it", () => {
    for (const pasted of ["", "hello-secret", "x".repeat(10_000), "envpact:", "envpact:AAAA"]) {
      const result = decodeInvitation(pasted, 1_000);
      expect(result).toMatchObject({ ok: false, error: { code: "BAD_INVITATION" } });
      expect(JSON.stringify(result)).not.toContain("hello-secret");
    }
  });

  it("hands the data key to who has the secret, for this space and invitation only", () => {
    const { verifier, wrapKey } = invitationKeys(invitation.secret);
    const dataKey = newDataKey();
    const wrapped = wrapDataKey(wrapKey, dataKey, "team", "inv-1");
    expect(unwrapDataKey(wrapKey, wrapped, "team", "inv-1")).toEqual({ ok: true, value: dataKey });
    for (const [key, space, invite] of [
      [verifier, "team", "inv-1"],
      [wrapKey, "other", "inv-1"],
      [wrapKey, "team", "inv-2"],
    ] as const) {
      expect(unwrapDataKey(key, wrapped, space, invite)).toMatchObject({ error: { code: "BAD_INVITATION" } });
    }
    expect(verifier).not.toBe(wrapKey);
  });
});

describe("sealed values", () => {
  const dataKey = newDataKey();

  it("opens as exactly the value that was sealed, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (value) => {
        fc.pre(value.isWellFormed());
        expect(openValue(dataKey, context, sealValue(dataKey, context, value))).toEqual({ ok: true, value });
      }),
    );
    const marked = "\uFEFFvalue\0";
    expect(openValue(dataKey, context, sealValue(dataKey, context, marked))).toEqual({
      ok: true,
      value: marked,
    });
  });

  it("opens nowhere else and not when changed", () => {
    const sealed = sealValue(dataKey, context, "value");
    const elsewhere: SealContext[] = [
      { ...context, space: "x" },
      { ...context, env: "x" },
      { ...context, key: "X" },
      { ...context, version: 4 },
      { ...context, keyEpoch: 2 },
    ];
    for (const place of elsewhere) {
      const opened = openValue(dataKey, place, sealed);
      expect(opened).toMatchObject({ ok: false, error: { code: "UNSEALABLE" } });
      if (!opened.ok) expect(opened.error.message).toContain(`${place.key} in ${place.env}`);
    }
    expect(openValue(newDataKey(), context, sealed).ok).toBe(false);
    const bytes = Buffer.from(sealed, "base64url");
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      expect(openValue(dataKey, context, changed.toString("base64url")).ok).toBe(false);
      expect(openValue(dataKey, context, bytes.subarray(0, at).toString("base64url")).ok).toBe(false);
    }
  });

  it("shows nothing but the length class, and never the same text twice", () => {
    const lengths = new Set(
      Array.from({ length: 61 }, (_, n) => sealValue(dataKey, context, "x".repeat(n)).length),
    );
    expect(lengths.size).toBe(1);
    expect(sealValue(dataKey, context, "x".repeat(61)).length).toBeGreaterThan([...lengths][0]!);
    expect(sealValue(dataKey, context, "x")).not.toBe(sealValue(dataKey, context, "x"));
  });

  it("refuses what is too long or has no UTF-8 form, without repeating it", () => {
    const longest = "é".repeat(limits.valueBytesMax / 2);
    const sealed = sealValue(dataKey, context, longest);
    expect(sealed.length).toBeLessThanOrEqual(limits.sealedCharsMax);
    expect(openValue(dataKey, context, sealed)).toEqual({ ok: true, value: longest });
    for (const value of [`${longest}x`, "secret\uD800"]) {
      const attempt = () => sealValue(dataKey, context, value);
      expect(attempt).toThrow(EnvpactError);
      expect(attempt).toThrow(/TOKEN in default/u);
      expect(attempt).not.toThrow(/secret/u);
    }
  });
});
