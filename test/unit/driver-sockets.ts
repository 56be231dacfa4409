import { once } from "node:events";
import { type RawData, WebSocket } from "ws";
import type { LinkEvent } from "../../src/commit/ports.ts";
import { createDevice, sign } from "../../src/crypto/device.ts";
import { secretProof, type Transcript, transcript } from "../../src/crypto/handshake.ts";
import type { Admission, AuthClaim } from "../../src/drivers/admission.ts";
import { type LinkOptions, openLink } from "../../src/drivers/link.ts";
import { type Server, type ServerOptions, type ServerSocket, startServer } from "../../src/drivers/server.ts";

export const coordinator = createDevice();
export const device = createDevice();
export const inviteKey = Buffer.alloc(32, 1).toString("base64url");
export const createSecret = Buffer.alloc(32, 2).toString("base64url");

/** What the test coordinator knows: one device, one good and one expired invitation, one create secret. */
export function check({ mode, invite, device: claimed }: AuthClaim): Admission {
  if (mode === "create") return { secretVerifier: createSecret };
  if (mode === "invite" && invite === "good") return { secretVerifier: inviteKey, wrappedKey: "wrapped" };
  if (mode === "invite" && invite === "expired") {
    const problem = { code: "INVITATION_EXPIRED", message: "The invitation has expired.", next: "" } as const;
    return { secretVerifier: inviteKey, problem };
  }
  if (mode === "device" && claimed === device.publicKey) return {};
  return { problem: { code: "UNAUTHENTICATED", message: "The device is not known.", next: "" } };
}

/** A queue whose items can be awaited one by one. */
export class Inbox<T> {
  readonly #items: T[] = [];
  #wake: () => void = () => undefined;

  readonly push = (item: T): void => {
    this.#items.push(item);
    this.#wake();
  };

  async next(): Promise<T> {
    while (this.#items.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#items.shift()!;
  }

  get size(): number {
    return this.#items.length;
  }
}

/** Everything that a test opened, closed in reverse order by {@link closeAll}. */
const opened: (() => Promise<unknown> | unknown)[] = [];

export async function closeAll(): Promise<void> {
  for (const close of opened.splice(0).reverse()) await close();
}

/** A server on a free port (or `port`), and the sockets that proved themselves. */
export async function serve(
  options: Partial<ServerOptions> = {},
): Promise<{ server: Server; sockets: Inbox<ServerSocket>; notes: string[] }> {
  const sockets = new Inbox<ServerSocket>();
  const notes: string[] = [];
  const server = await startServer({
    host: "127.0.0.1",
    port: 0,
    authenticator: { ...coordinator, check },
    onSocket: sockets.push,
    onNote: (note) => notes.push(note),
    ...options,
  });
  opened.push(() => server.close());
  return { server, sockets, notes };
}

/** A link of the known device, and its events. */
export function connect(url: string, options: Partial<LinkOptions> = {}) {
  const events = new Inbox<LinkEvent>();
  const link = openLink({
    url,
    mode: "device",
    space: "team",
    devicePrivateKey: device.privateKey,
    coordinatorKey: coordinator.publicKey,
    onEvent: events.push,
    reconnect: false,
    random: () => 0,
    ...options,
  });
  opened.push(() => link.close());
  return { link, events };
}

/** A bare WebSocket that says what it wants. */
export class RawClient {
  readonly socket: WebSocket;
  readonly frames = new Inbox<Record<string, unknown>>();
  readonly closed: Promise<number>;

  constructor(url: string, options: ConstructorParameters<typeof WebSocket>[2] = {}) {
    this.socket = new WebSocket(url, options);
    this.socket.on("message", (data: RawData) => this.frames.push(JSON.parse(data.toString())));
    this.socket.on("error", () => this.socket.terminate());
    this.closed = once(this.socket, "close").then(([code]) => code as number);
    opened.push(() => this.socket.terminate());
  }

  async open(): Promise<this> {
    await once(this.socket, "open");
    return this;
  }

  send(message: unknown): void {
    this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  /** Sends AUTH and returns the proof that answers the challenge, without sending it. */
  async challenge(claim: Partial<Transcript> = {}, secret = "") {
    const seen = {
      space: "team",
      mode: "device",
      invite: "",
      device: device.publicKey,
      clientNonce: "n",
      ...claim,
    } as const;
    const { space, mode, invite, device: claimed, clientNonce: nonce } = seen;
    this.send({ t: "auth", v: 1, space, mode, invite, device: claimed, nonce });
    const frame = await this.frames.next();
    const serverNonce = String(frame.nonce);
    const text = transcript({ ...seen, side: "client", coordinator: coordinator.publicKey, serverNonce });
    const signature = sign(device.privateKey, text);
    return { t: "proof", signature, secretProof: secret === "" ? "" : secretProof(secret, text) };
  }

  async authenticate(): Promise<this> {
    this.send(await this.challenge());
    await this.frames.next();
    return this;
  }
}
