import { createHmac, timingSafeEqual } from "node:crypto";
import { protocolVersion } from "../protocol/messages.ts";
import { canonicalJson } from "../protocol/record.ts";

/** How a connection proves itself: a known device, an invitation's secret, or the right to create a space. */
export type AuthMode = "device" | "invite" | "create";

/** What both sides of a handshake saw. `side` keeps one side's proof from being played back as the other's. */
export interface Transcript {
  readonly side: "client" | "coordinator";
  readonly space: string;
  readonly mode: AuthMode;
  /** The invitation's id in mode `invite`, else empty. */
  readonly invite: string;
  /** Public key of the client's device. */
  readonly device: string;
  /** Public key of the coordinator. */
  readonly coordinator: string;
  readonly clientNonce: string;
  readonly serverNonce: string;
}

/** The text that a side signs (Ed25519) and, where a secret is asked for, proves (HMAC). */
export function transcript(seen: Transcript): string {
  return canonicalJson({ context: "envpact handshake", version: protocolVersion, ...seen });
}

/** HMAC-SHA256 (base64url) of a transcript under a verifier (base64url). */
export function secretProof(verifierKey: string, transcriptText: string): string {
  return createHmac("sha256", Buffer.from(verifierKey, "base64url"))
    .update(transcriptText, "utf8")
    .digest("base64url");
}

/** Compares two proofs in a time that tells nothing about where they differ. */
export function sameProof(a: string, b: string): boolean {
  const left = Buffer.from(a, "utf8");
  const right = Buffer.from(b, "utf8");
  return left.length === right.length && timingSafeEqual(left, right);
}
