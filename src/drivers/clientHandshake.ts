import { publicKeyOf, sign, verify } from "../crypto/device.ts";
import { type AuthMode, secretProof, type Transcript, transcript } from "../crypto/handshake.ts";
import type { Problem } from "../protocol/errors.ts";
import {
  type ClientMessage,
  type CoordinatorMessage,
  coordinatorMessageSchema,
  protocolVersion,
  readFrame,
} from "../protocol/messages.ts";
import { randomToken } from "./clock.ts";
import { badMessage, otherVersion, toldProblem, unprovenCoordinator } from "./linkProblems.ts";

/** What the client claims, and what it expects of the coordinator. */
export interface HandshakeOptions {
  readonly url: string;
  readonly mode: AuthMode;
  readonly space: string;
  readonly invite?: string;
  readonly secretVerifier?: string;
  readonly devicePrivateKey: string;
  readonly coordinatorKey: string;
}

type Authenticated = Extract<CoordinatorMessage, { t: "authenticated" }>;

/** What follows from a message of the handshake. */
export type HandshakeStep =
  | { readonly kind: "reply"; readonly message: ClientMessage }
  | { readonly kind: "done"; readonly message: Authenticated }
  | { readonly kind: "refused"; readonly problem: Problem };

/** The client's side of one handshake. It proves nothing before the coordinator has proved itself. */
export class Handshake {
  readonly #options: HandshakeOptions;
  readonly #device: string;
  readonly #nonce = randomToken(32);
  #proved = false;

  constructor(options: HandshakeOptions) {
    this.#options = options;
    this.#device = publicKeyOf(options.devicePrivateKey);
  }

  /** The first message: what this side claims to be. */
  hello(): ClientMessage {
    const { mode, space, invite = "" } = this.#options;
    return { t: "auth", v: protocolVersion, mode, space, invite, device: this.#device, nonce: this.#nonce };
  }

  receive(text: string): HandshakeStep {
    const { url } = this.#options;
    const version = versionOf(text);
    if (version !== undefined && version !== protocolVersion) {
      return { kind: "refused", problem: otherVersion(url, version, protocolVersion) };
    }
    const message = readFrame(coordinatorMessageSchema, text);
    if (message?.t === "error")
      return { kind: "refused", problem: this.#told(message.code, message.message) };
    if (message?.t === "challenge" && !this.#proved) return this.#prove(message);
    if (message?.t === "authenticated" && this.#proved) return { kind: "done", message };
    return { kind: "refused", problem: badMessage(url) };
  }

  /** Before it has proved itself, whoever answers may not talk this side into giving up its membership. */
  #told(code: string, message: string): Problem {
    const problem = toldProblem(code, message);
    if (this.#proved || problem.code === "VERSION_MISMATCH") return problem;
    return { ...problem, code: "UNREACHABLE" };
  }

  #prove(challenge: Extract<CoordinatorMessage, { t: "challenge" }>): HandshakeStep {
    const { url, mode, space, invite = "", secretVerifier, devicePrivateKey, coordinatorKey } = this.#options;
    const seen: Transcript = {
      side: "coordinator",
      space,
      mode,
      invite,
      device: this.#device,
      coordinator: coordinatorKey,
      clientNonce: this.#nonce,
      serverNonce: challenge.nonce,
    };
    if (!verify(coordinatorKey, transcript(seen), challenge.signature)) {
      return { kind: "refused", problem: unprovenCoordinator(url) };
    }
    this.#proved = true;
    const text = transcript({ ...seen, side: "client" });
    const proof: ClientMessage = {
      t: "proof",
      signature: sign(devicePrivateKey, text),
      secretProof: secretVerifier === undefined ? "" : secretProof(secretVerifier, text),
    };
    return { kind: "reply", message: proof };
  }
}

/** The protocol version of a CHALLENGE, also of one that this version cannot read otherwise. */
function versionOf(text: string): number | undefined {
  try {
    const data = JSON.parse(text) as { t?: unknown; v?: unknown } | null;
    return data?.t === "challenge" && typeof data.v === "number" ? data.v : undefined;
  } catch {
    return undefined;
  }
}
