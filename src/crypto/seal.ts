import { randomBytes } from "node:crypto";
import { EnvpactError, type Problem } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";
import { canonicalJson } from "../protocol/record.ts";
import { err, ok, type Result } from "../shared/result.ts";
import { decrypt, encrypt, keyBytes } from "./gcm.ts";

/** Where a sealed value belongs; a ciphertext opens nowhere else. */
export interface SealContext {
  readonly space: string;
  readonly env: string;
  readonly key: string;
  /** The version of the key that the value becomes (`expected + 1`). */
  readonly version: number;
  readonly keyEpoch: number;
}

/** Plaintexts are padded to a multiple of this, so that a ciphertext tells a value's length class only. */
const classBytes = 64;
const lengthBytes = 4;

/** A new data key of a space: 256 bits in base64url. */
export function newDataKey(): string {
  return randomBytes(keyBytes).toString("base64url");
}

/**
 * Seals a value for its place. Returns base64url of nonce | ciphertext | tag. Throws an EnvpactError (UNSEALABLE)
 * that names environment and key when the value is too long or has no UTF-8 form.
 */
export function sealValue(dataKey: string, context: SealContext, value: string): string {
  const { env, key } = context;
  if (!value.isWellFormed()) {
    throw new EnvpactError(
      "UNSEALABLE",
      `The value of ${key} in ${env} holds half of a character (a lone surrogate).`,
      "Type the value again.",
    );
  }
  const text = Buffer.from(value, "utf8");
  if (text.length > limits.valueBytesMax) {
    throw new EnvpactError(
      "UNSEALABLE",
      `The value of ${key} in ${env} has ${text.length} bytes; shared values may have ${limits.valueBytesMax}.`,
      "Share where the content is kept instead of the content.",
    );
  }
  const plain = Buffer.alloc(Math.ceil((lengthBytes + text.length) / classBytes) * classBytes);
  plain.writeUInt32BE(text.length);
  text.copy(plain, lengthBytes);
  return encrypt(dataKey, contextText(context), plain);
}

/** Opens a sealed value at its place; UNSEALABLE, by environment and key, for anything else. */
export function openValue(dataKey: string, context: SealContext, sealed: string): Result<string, Problem> {
  const plain = decrypt(dataKey, contextText(context), sealed);
  const text = plain === undefined ? undefined : textOf(plain);
  if (text !== undefined) return ok(text);
  return err({
    code: "UNSEALABLE",
    message: `The value of ${context.key} in ${context.env} (version ${context.version}) does not open with this space's key.`,
    next: "Ask the author to commit the key again; if it stays, leave the space and join it with a new invitation.",
  });
}

function contextText({ space, env, key, version, keyEpoch }: SealContext): string {
  return canonicalJson({ context: "envpact value", space, env, key, version, keyEpoch });
}

/** The text of a padded plaintext; undefined when its length field lies. */
function textOf(plain: Buffer): string | undefined {
  if (plain.length < lengthBytes) return undefined;
  const length = plain.readUInt32BE();
  if (length > plain.length - lengthBytes) return undefined;
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return decoder.decode(plain.subarray(lengthBytes, lengthBytes + length));
  } catch {
    return undefined;
  }
}
