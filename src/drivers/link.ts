import { WebSocket } from "ws";
import { retryDelayMs } from "../commit/backoff.ts";
import type { Link, LinkEvent } from "../commit/ports.ts";
import type { AuthMode } from "../crypto/handshake.ts";
import { EnvpactError, type Problem, problemOf } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";
import { type ClientMessage, coordinatorMessageSchema, readFrame } from "../protocol/messages.ts";
import { Handshake } from "./clientHandshake.ts";
import {
  badMessage,
  closeProblem,
  isFinal,
  networkProblem,
  refusedUpgrade,
  timedOut,
} from "./linkProblems.ts";
import { closeGraceMs, keepAlive, socketOptions } from "./socketOptions.ts";
import { systemCode } from "./system.ts";

/** What {@link openLink} needs. */
export interface LinkOptions {
  /** Asked anew before every attempt: a coordinator that was started again may have another port. */
  readonly url: string | (() => Promise<string>);
  readonly mode: AuthMode;
  readonly space: string;
  /** The invitation's id, mode `invite`. */
  readonly invite?: string;
  /** Modes `invite` (the verifier) and `create` (the create secret): base64url HMAC key to prove. */
  readonly secretVerifier?: string;
  readonly devicePrivateKey: string;
  /** The public key that the coordinator must prove before anything of value is sent. */
  readonly coordinatorKey: string;
  /** After `connected`, mode `invite` gets a `message` event with `authenticated` and the wrapped data key. */
  readonly onEvent: (event: LinkEvent) => void;
  /** Connect again after a loss; otherwise the first loss is final. */
  readonly reconnect: boolean;
  /** In [0, 1), for the jitter. */
  readonly random?: () => number;
}

/** A connection that held this long counts as stable: the next loss starts again with the shortest delay. */
const stableAfterMs = 5_000;
/** What a coordinator sends may be a bit longer than what it took: a PREPARE or COMMIT wraps a whole SUBMIT. */
const receivedBytesMax = 2 * limits.messageBytesMax;

/**
 * Connects to a coordinator, proves both sides, and (with `reconnect`) comes back by itself with full-jitter
 * backoff until a final refusal: UNAUTHENTICATED, COORDINATOR_UNPROVEN, VERSION_MISMATCH, NOT_A_PEER, or one of
 * the invitation. Events come after this returned. `send` throws LIMIT for a message no coordinator would take.
 */
export function openLink(options: LinkOptions): Link {
  return new WebSocketLink(options);
}

class WebSocketLink implements Link {
  readonly #options: LinkOptions;
  #socket: WebSocket | undefined;
  #url = "";
  #connectedAt: number | undefined;
  #attempt = 0;
  #retry: NodeJS.Timeout | undefined;
  #ended = false;
  /** Why the present connection ends, once known; the close that follows reports it. */
  #problem: Problem | undefined;
  /** What `hangUp` asked for: end without a problem, and whether to come back. */
  #hungUp: { readonly retry: boolean } | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#retry = setTimeout(() => void this.#connect(), 0);
  }

  send(message: ClientMessage): boolean {
    const socket = this.#socket;
    const text = JSON.stringify(message);
    if (Buffer.byteLength(text, "utf8") > limits.messageBytesMax) {
      throw new EnvpactError(
        "LIMIT",
        `The change is too large for one message (${limits.messageBytesMax} bytes).`,
        "Commit fewer keys at a time.",
      );
    }
    if (socket?.readyState !== WebSocket.OPEN || this.#connectedAt === undefined) return false;
    socket.send(text);
    return true;
  }

  hangUp(retry: boolean): void {
    if (this.#ended) return;
    this.#hungUp = { retry };
    if (this.#socket !== undefined) this.#socket.close(1000);
    else if (!retry) this.#lost(undefined);
  }

  async close(): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#retry);
    const socket = this.#socket;
    if (socket === undefined || socket.readyState === WebSocket.CLOSED) return;
    // The close frame goes behind what was sent; `closeTimeout` bounds the wait for the answer.
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => socket.terminate(), closeGraceMs);
      socket.once("close", () => {
        clearTimeout(timer);
        resolve();
      });
      socket.close(1000);
    });
  }

  async #connect(): Promise<void> {
    const { url } = this.#options;
    try {
      const found = typeof url === "string" ? url : await url();
      if (!this.#ended) this.#open(found);
    } catch (error) {
      this.#lost(problemOf(error));
    }
  }

  #open(url: string): void {
    this.#url = url;
    this.#problem = undefined;
    this.#hungUp = undefined;
    let socket: WebSocket;
    try {
      const { authenticationTimeoutMs: handshakeTimeout } = limits;
      socket = new WebSocket(url, { maxPayload: receivedBytesMax, handshakeTimeout, ...socketOptions });
    } catch (error) {
      const reason = error instanceof Error ? error.message : systemCode(error);
      this.#lost({ ...networkProblem(url, reason), code: "BAD_USAGE" });
      return;
    }
    this.#socket = socket;
    const timer = setTimeout(() => this.#drop(timedOut(url)), 2 * limits.authenticationTimeoutMs);
    const handshake = new Handshake({ ...this.#options, url });
    socket.on("open", () => socket.send(JSON.stringify(handshake.hello())));
    socket.on("message", (data, isBinary) => {
      if (this.#connectedAt !== undefined) return this.#receive(isBinary ? "" : data.toString());
      const step = handshake.receive(isBinary ? "" : data.toString());
      if (step.kind === "refused") return this.#drop(step.problem);
      if (step.kind === "reply") return socket.send(JSON.stringify(step.message));
      clearTimeout(timer);
      keepAlive(socket);
      this.#connectedAt = performance.now();
      this.#tell({ kind: "connected" });
      if (step.message.wrappedKey !== undefined) this.#tell({ kind: "message", message: step.message });
    });
    socket.on("unexpected-response", (_request, response) => {
      response.resume();
      this.#drop(refusedUpgrade(url, response.statusCode ?? 0));
    });
    socket.on("error", (error) => {
      this.#problem ??= networkProblem(url, systemCode(error) === "EIO" ? error.message : systemCode(error));
    });
    socket.on("close", (code) => {
      clearTimeout(timer);
      this.#socket = undefined;
      this.#lost(this.#hungUp === undefined ? (this.#problem ?? closeProblem(url, code)) : undefined);
    });
  }

  #receive(text: string): void {
    if (this.#ended || this.#problem !== undefined) return;
    const message = readFrame(coordinatorMessageSchema, text);
    const isHandshake = message?.t === "challenge" || message?.t === "authenticated";
    if (message === undefined || isHandshake) this.#drop(badMessage(this.#url));
    else this.#tell({ kind: "message", message });
  }

  /** Cuts the connection because of `problem`. */
  #drop(problem: Problem): void {
    this.#problem ??= problem;
    this.#socket?.terminate();
  }

  /** The present connection is gone, or could not be made: say so once and plan the next. */
  #lost(problem: Problem | undefined): void {
    if (this.#ended) return;
    const heldMs = this.#connectedAt === undefined ? 0 : performance.now() - this.#connectedAt;
    this.#connectedAt = undefined;
    if (heldMs >= stableAfterMs) this.#attempt = 0;
    const comesBack = this.#hungUp?.retry ?? this.#options.reconnect;
    const final = !comesBack || (problem !== undefined && isFinal(problem));
    if (final) {
      this.#ended = true;
      clearTimeout(this.#retry);
    } else {
      const random = (this.#options.random ?? Math.random)();
      const delayMs = retryDelayMs(this.#attempt, limits.reconnectFirstMs, limits.reconnectMaxMs, random);
      this.#attempt += 1;
      this.#retry = setTimeout(() => void this.#connect(), delayMs);
    }
    this.#options.onEvent({ kind: "disconnected", problem, final });
  }

  #tell(event: LinkEvent): void {
    if (!this.#ended && this.#hungUp === undefined) this.#options.onEvent(event);
  }
}
