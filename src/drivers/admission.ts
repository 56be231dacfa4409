import { sign, verify } from "../crypto/device.ts";
import { type AuthMode, sameProof, secretProof, type Transcript, transcript } from "../crypto/handshake.ts";
import type { Problem } from "../protocol/errors.ts";
import { type ClientMessage, type CoordinatorMessage, protocolVersion } from "../protocol/messages.ts";
import { err, ok, type Result } from "../shared/result.ts";
import { randomToken } from "./clock.ts";

type Auth = Extract<ClientMessage, { t: "auth" }>;
type Proof = Extract<ClientMessage, { t: "proof" }>;
type Challenge = Extract<CoordinatorMessage, { t: "challenge" }>;

/** What a client claims in its first message. */
export interface AuthClaim {
  readonly mode: AuthMode;
  readonly space: string;
  /** The invitation's id in mode `invite`, else empty. */
  readonly invite: string;
  /** Public key of the client's device. */
  readonly device: string;
}

/** What must be proved for a claim. */
export interface Admission {
  /** The secret (base64url HMAC key) that modes `invite` and `create` must prove; without it they are refused. */
  readonly secretVerifier?: string;
  /** Goes to a client that proved itself. */
  readonly wrappedKey?: string;
  /** Refuses the claim; said only to a client that proved what it could (its device, and the secret when set). */
  readonly problem?: Problem;
}

/** The coordinator's side of the handshake. */
export interface Authenticator {
  readonly privateKey: string;
  readonly publicKey: string;
  /** Called once the device is proved. */
  check(claim: AuthClaim): Admission;
}

const nonceBytes = 32;

/** The coordinator's answer to AUTH, and what both sides saw so far. */
export function challengeFor(
  auth: Auth,
  own: Authenticator,
): { readonly message: Challenge; readonly seen: Transcript } {
  const seen: Transcript = {
    side: "coordinator",
    space: auth.space,
    mode: auth.mode,
    invite: auth.invite,
    device: auth.device,
    coordinator: own.publicKey,
    clientNonce: auth.nonce,
    serverNonce: randomToken(nonceBytes),
  };
  const message: Challenge = {
    t: "challenge",
    v: protocolVersion,
    nonce: seen.serverNonce,
    coordinator: own.publicKey,
    signature: sign(own.privateKey, transcript(seen)),
  };
  return { message, seen };
}

/** Whether the client proved its claim: first the device, then the secret, then what the coordinator knows of both. */
export function admit(seen: Transcript, proof: Proof, own: Authenticator): Result<Admission, Problem> {
  const text = transcript({ ...seen, side: "client" });
  if (!verify(seen.device, text, proof.signature)) return err(unproven);
  const { mode, space, invite, device } = seen;
  const admission = own.check({ mode, space, invite, device });
  const { secretVerifier, problem } = admission;
  if (secretVerifier === undefined) {
    if (mode === "device" && problem === undefined) return ok(admission);
    return err(problem ?? unproven);
  }
  if (!sameProof(secretProof(secretVerifier, text), proof.secretProof)) return err(unproven);
  return problem === undefined ? ok(admission) : err(problem);
}

const unproven: Problem = {
  code: "UNAUTHENTICATED",
  message: "The connection did not prove what it claims.",
  next: "Ask the space's owner for a new invitation and join again.",
};
