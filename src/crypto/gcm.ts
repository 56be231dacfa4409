import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from "node:crypto";

/** AES-256-GCM with a random 96-bit nonce (NIST SP 800-38D); the boxes of Envpact are nonce | ciphertext | tag. */
const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

/** Length of a symmetric key. */
export const keyBytes = 32;

let keyLately: { readonly key: string; readonly object: KeyObject } | undefined;

/** A peer opens one value after the other under one key, and making the key costs more than opening a value. */
function keyObjectOf(key: string): KeyObject {
  if (keyLately?.key !== key) keyLately = { key, object: createSecretKey(Buffer.from(key, "base64url")) };
  return keyLately.object;
}

/** Encrypts `plain` under `key` (base64url, 32 bytes), bound to `context`. Returns base64url. Throws for a bad key. */
export function encrypt(key: string, context: string, plain: Buffer): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, keyObjectOf(key), nonce);
  cipher.setAAD(Buffer.from(context, "utf8"));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([nonce, body, cipher.getAuthTag()]).toString("base64url");
}

/** The plaintext of a box, or undefined when it is cut or changed, or belongs to another key or context. */
export function decrypt(key: string, context: string, box: string): Buffer | undefined {
  const bytes = Buffer.from(box, "base64url");
  if (bytes.length < nonceBytes + tagBytes) return undefined;
  try {
    const nonce = bytes.subarray(0, nonceBytes);
    const decipher = createDecipheriv(algorithm, keyObjectOf(key), nonce, {
      authTagLength: tagBytes,
    });
    decipher.setAAD(Buffer.from(context, "utf8"));
    decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes));
    const body = bytes.subarray(nonceBytes, bytes.length - tagBytes);
    return Buffer.concat([decipher.update(body), decipher.final()]);
  } catch {
    return undefined;
  }
}
