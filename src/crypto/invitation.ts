import { createHash, hkdfSync, timingSafeEqual } from "node:crypto";
import * as v from "valibot";
import type { Problem } from "../protocol/errors.ts";
import { nameSchema } from "../protocol/messages.ts";
import { canonicalJson } from "../protocol/record.ts";
import { err, ok, type Result } from "../shared/result.ts";
import { decrypt, encrypt, keyBytes } from "./gcm.ts";

const prefix = "envpact:";
const checksumBytes = 4;
/** Longest text that is looked at, in characters. */
const invitationCharsMax = 4_096;

const token = v.pipe(v.string(), v.minLength(1), v.maxLength(256), v.regex(/^[\w.:+/=-]+$/u));
const invitationSchema = v.object({
  version: v.literal(1),
  /** The coordinator's address, ws:// or wss://. */
  url: v.pipe(v.string(), v.maxLength(512), v.url(), v.regex(/^wss?:\/\//u)),
  /** The coordinator's public key. */
  coordinator: token,
  space: nameSchema,
  /** The invitation's id. */
  invite: token,
  /** 32 random bytes in base64url. */
  secret: v.pipe(v.string(), v.regex(/^[\w-]{43}$/u)),
  /** Milliseconds since the epoch. */
  expiresAt: v.pipe(v.number(), v.safeInteger()),
});

/** What a person pastes to join a space. Its secret never reaches the coordinator. */
export type Invitation = Readonly<v.InferOutput<typeof invitationSchema>>;

/** What the secret gives: the coordinator is told `verifier` only. Both are 32 bytes in base64url. */
export interface InvitationKeys {
  /** HMAC key that proves knowledge of the secret. */
  readonly verifier: string;
  /** Key under which the space's data key is wrapped. */
  readonly wrapKey: string;
}

/** The text of an invitation: `envpact:` and base64url of its JSON with a 4-byte checksum behind it. */
export function encodeInvitation(invitation: Invitation): string {
  const body = Buffer.from(canonicalJson(invitation), "utf8");
  return prefix + Buffer.concat([body, checksum(body)]).toString("base64url");
}

/**
 * Reads an invitation as people paste it: with white space or line breaks anywhere, in quotes or brackets.
 * BAD_INVITATION when it is cut, mistyped or something else, VERSION_MISMATCH for another version's,
 * INVITATION_EXPIRED when `nowMs` (milliseconds since the epoch) is past its end.
 */
export function decodeInvitation(text: string, nowMs: number): Result<Invitation, Problem> {
  if (text.length > invitationCharsMax) return err(bad("The text is far too long for an invitation."));
  const compact = text.replace(/\s+/gu, "").replace(/^["'`<(“‘«]+|["'`>)”’».,;]+$/gu, "");
  if (compact === "") return err(bad("There is no invitation in the text."));
  if (compact.slice(0, prefix.length).toLowerCase() !== prefix) {
    return err(bad(`The text is no invitation: one begins with "${prefix}".`));
  }
  const encoded = compact.slice(prefix.length);
  const bytes = Buffer.from(encoded, "base64url");
  const body = bytes.subarray(0, Math.max(0, bytes.length - checksumBytes));
  const intact =
    body.length > 0 &&
    bytes.toString("base64url") === encoded &&
    timingSafeEqual(checksum(body), bytes.subarray(body.length));
  if (!intact) return err(bad("The invitation is cut or mistyped."));
  return decodeBody(body, nowMs);
}

/** The two keys that an invitation's secret gives (HKDF-SHA256, RFC 5869), independent of one another. */
export function invitationKeys(secret: string): InvitationKeys {
  const derive = (info: string) =>
    Buffer.from(hkdfSync("sha256", Buffer.from(secret, "base64url"), "", info, keyBytes)).toString(
      "base64url",
    );
  return { verifier: derive("envpact invitation verifier"), wrapKey: derive("envpact invitation wrap") };
}

/** Wraps a space's data key for one invitation. Returns base64url. */
export function wrapDataKey(wrapKey: string, dataKey: string, space: string, invite: string): string {
  return encrypt(wrapKey, wrapContext(space, invite), Buffer.from(dataKey, "base64url"));
}

/** The data key that was wrapped for this invitation of this space; BAD_INVITATION when it does not open. */
export function unwrapDataKey(
  wrapKey: string,
  wrapped: string,
  space: string,
  invite: string,
): Result<string, Problem> {
  const dataKey = decrypt(wrapKey, wrapContext(space, invite), wrapped);
  if (dataKey?.length === keyBytes) return ok(dataKey.toString("base64url"));
  return err({
    code: "BAD_INVITATION",
    message: `The key that the coordinator holds for this invitation of the space ${space} does not open.`,
    next: "Ask for a new invitation.",
  });
}

function decodeBody(body: Buffer, nowMs: number): Result<Invitation, Problem> {
  let data: unknown;
  try {
    data = JSON.parse(body.toString("utf8"));
  } catch {
    return err(bad("The invitation is damaged."));
  }
  const version = v.safeParse(v.object({ version: v.number() }), data);
  if (version.success && version.output.version !== 1) {
    return err({
      code: "VERSION_MISMATCH",
      message: `The invitation was made by another version of Envpact (format ${version.output.version}, this one reads 1).`,
      next: "Update Envpact on the older side, then ask for a new invitation.",
    });
  }
  const invitation = v.safeParse(invitationSchema, data);
  if (!invitation.success) return err(bad("The invitation is damaged."));
  if (invitation.output.expiresAt > nowMs) return ok(invitation.output);
  return err({
    code: "INVITATION_EXPIRED",
    message: `The invitation to the space ${invitation.output.space} has expired.`,
    next: "Ask for a new invitation.",
  });
}

function checksum(body: Buffer): Buffer {
  return createHash("sha256").update(body).digest().subarray(0, checksumBytes);
}

function wrapContext(space: string, invite: string): string {
  return canonicalJson({ context: "envpact data key", space, invite });
}

function bad(message: string): Problem {
  return {
    code: "BAD_INVITATION",
    message,
    next: `Copy the whole line that begins with "${prefix}", or ask for a new invitation.`,
  };
}
