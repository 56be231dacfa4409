import type { RawData, WebSocket } from "ws";
import type { Transcript } from "../crypto/handshake.ts";
import { closeCodes, type ErrorCode, type Problem } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";
import {
  type ClientMessage,
  type CoordinatorMessage,
  clientMessageSchema,
  protocolVersion,
  readFrame,
} from "../protocol/messages.ts";
import { type AuthClaim, type Authenticator, admit, challengeFor } from "./admission.ts";
import { randomToken } from "./clock.ts";
import { closeSocket } from "./socketOptions.ts";

/** A connection that has proved itself. Its listeners must be set while `onSocket` runs. */
export interface ServerSocket extends AuthClaim {
  readonly id: string;
  /** False when it is closing, or was closed just now because its reader is too slow (it resumes by revision). */
  send(message: CoordinatorMessage): boolean;
  close(code: number, reason: string): void;
  onMessage(listener: (message: ClientMessage) => void): void;
  onClose(listener: () => void): void;
}

/** The coordinator's end of one WebSocket: the handshake first, then messages. */
export class Connection {
  readonly #socket: WebSocket;
  readonly #authenticator: Authenticator;
  readonly #onSocket: (socket: ServerSocket) => void;
  #seen: Transcript | undefined;
  #listener: ((message: ClientMessage) => void) | undefined;
  #authenticated = false;

  constructor(socket: WebSocket, authenticator: Authenticator, onSocket: (socket: ServerSocket) => void) {
    this.#socket = socket;
    this.#authenticator = authenticator;
    this.#onSocket = onSocket;
  }

  start(): void {
    const timer = setTimeout(() => {
      if (!this.#authenticated) this.#refuse("TIMEOUT", "The connection did not prove itself in time.");
    }, limits.authenticationTimeoutMs);
    this.#socket.once("close", () => clearTimeout(timer));
    this.#socket.on("message", (data, isBinary) => this.#receive(data, isBinary));
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const text = isBinary ? "" : data.toString();
    const message = readFrame(clientMessageSchema, text);
    if (this.#authenticated) {
      const isHandshake = message?.t === "auth" || message?.t === "proof";
      if (message === undefined || isHandshake)
        this.#refuse("BAD_MESSAGE", "The message is not one of this protocol.");
      else this.#listener?.(message);
      return;
    }
    const version = versionOf(text);
    if (version !== undefined && version !== protocolVersion) {
      const spoken = `The client speaks version ${version} of the protocol, the coordinator ${protocolVersion}.`;
      this.#refuse("VERSION_MISMATCH", spoken);
    } else if (message?.t === "auth" && this.#seen === undefined) {
      const { message: challenge, seen } = challengeFor(message, this.#authenticator);
      this.#seen = seen;
      this.#send(challenge);
    } else if (message?.t === "proof" && this.#seen !== undefined) {
      this.#prove(this.#seen, message);
    } else {
      this.#refuse("BAD_MESSAGE", "The connection has to prove itself first.");
    }
  }

  #prove(seen: Transcript, proof: Extract<ClientMessage, { t: "proof" }>): void {
    const admitted = admit(seen, proof, this.#authenticator);
    if (!admitted.ok) {
      this.#refuse(admitted.error.code, admitted.error.message);
      return;
    }
    this.#authenticated = true;
    const { wrappedKey } = admitted.value;
    this.#send({ t: "authenticated", ...(wrappedKey === undefined ? {} : { wrappedKey }) });
    const { mode, space, invite, device } = seen;
    this.#onSocket({
      id: randomToken(12),
      mode,
      space,
      invite,
      device,
      send: (message) => this.#send(message),
      close: (code, reason) => closeSocket(this.#socket, code, reason),
      onMessage: (listener) => {
        this.#listener = listener;
      },
      onClose: (listener) => void this.#socket.once("close", listener),
    });
  }

  #send(message: CoordinatorMessage): boolean {
    if (this.#socket.readyState !== this.#socket.OPEN) return false;
    if (this.#socket.bufferedAmount > limits.bufferedBytesMax) {
      closeSocket(this.#socket, closeCodes.tooSlow, "the reader is too slow; it resumes by revision");
      return false;
    }
    this.#socket.send(frameOf(message), { binary: false });
    return true;
  }

  #refuse(code: Problem["code"], message: string): void {
    this.#send({ t: "error", code, message, retryable: code === "TIMEOUT" });
    closeSocket(this.#socket, closeCodeOf(code), message);
  }
}

/** What goes to everyone is one object: its bytes are made once, and every socket sends the same ones. */
const frames = new WeakMap<CoordinatorMessage, Buffer>();

function frameOf(message: CoordinatorMessage): Buffer {
  const known = frames.get(message);
  if (known !== undefined) return known;
  const bytes = Buffer.from(JSON.stringify(message), "utf8");
  frames.set(message, bytes);
  return bytes;
}

function closeCodeOf(code: ErrorCode): number {
  if (code === "VERSION_MISMATCH") return closeCodes.versionMismatch;
  if (code === "BAD_MESSAGE") return closeCodes.badMessage;
  if (code === "TIMEOUT") return closeCodes.limit;
  return closeCodes.unauthenticated;
}

/** The protocol version of an AUTH, also of one that this version cannot read otherwise. */
function versionOf(text: string): number | undefined {
  try {
    const data = JSON.parse(text) as { t?: unknown; v?: unknown } | null;
    return data?.t === "auth" && typeof data.v === "number" ? data.v : undefined;
  } catch {
    return undefined;
  }
}
