import {
  createPrivateKey,
  createPublicKey,
  sign as edSign,
  verify as edVerify,
  generateKeyPairSync,
} from "node:crypto";

/** An Ed25519 key pair of a device or a coordinator: base64url of PKCS#8 DER and of SPKI DER. */
export interface Device {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** Makes a new key pair. */
export function createDevice(): Device {
  const pair = generateKeyPairSync("ed25519", {
    privateKeyEncoding: { type: "pkcs8", format: "der" },
    publicKeyEncoding: { type: "spki", format: "der" },
  });
  return {
    privateKey: pair.privateKey.toString("base64url"),
    publicKey: pair.publicKey.toString("base64url"),
  };
}

/** The public key (base64url SPKI DER) of a private key (base64url PKCS#8 DER). Throws for anything else. */
export function publicKeyOf(privateKey: string): string {
  const key = createPublicKey(privateKeyFrom(privateKey));
  return key.export({ type: "spki", format: "der" }).toString("base64url");
}

/** The Ed25519 signature (base64url) of `text` in UTF-8. Throws when `privateKey` is none. */
export function sign(privateKey: string, text: string): string {
  return edSign(null, Buffer.from(text, "utf8"), privateKeyFrom(privateKey)).toString("base64url");
}

/** Whether `signature` is that of `text` by `publicKey`. False, never an error, for garbage of any kind. */
export function verify(publicKey: string, text: string, signature: string): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, "base64url"), type: "spki", format: "der" });
    if (key.asymmetricKeyType !== "ed25519") return false;
    return edVerify(null, Buffer.from(text, "utf8"), key, Buffer.from(signature, "base64url"));
  } catch {
    return false;
  }
}

function privateKeyFrom(privateKey: string) {
  return createPrivateKey({ key: Buffer.from(privateKey, "base64url"), type: "pkcs8", format: "der" });
}
