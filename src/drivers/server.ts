import { createServer, type Server as HttpServer, type IncomingMessage, STATUS_CODES } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { closeCodes, EnvpactError } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";
import type { Authenticator } from "./admission.ts";
import { Connection, type ServerSocket } from "./connection.ts";
import { closeGraceMs, closeSocket, keepAlive, socketOptions } from "./socketOptions.ts";
import { systemCode } from "./system.ts";

export type { Admission, AuthClaim, Authenticator } from "./admission.ts";
export type { ServerSocket } from "./connection.ts";

/** What {@link startServer} needs. */
export interface ServerOptions {
  readonly host: string;
  /** 0 picks one. */
  readonly port: number;
  /** Further exact Host headers (`host:port`) that are accepted. */
  readonly allowedHosts?: readonly string[];
  readonly authenticator: Authenticator;
  /** A connection that has proved itself; set its listeners before this returns. */
  readonly onSocket: (socket: ServerSocket) => void;
  /** One line for the log; never holds a value or a secret. */
  readonly onNote?: (text: string) => void;
  /** Tests shorten it. */
  readonly pingIntervalMs?: number;
}

/** A listening server. */
export interface Server {
  readonly url: string;
  readonly port: number;
  /** Stops listening, closes every connection (shuttingDown) and resolves when all are gone, which is bounded. */
  close(): Promise<void>;
}

/** Bytes of all headers of one upgrade request. */
const headerBytesMax = 8 * 1024;
const loopbackHosts = ["127.0.0.1", "localhost", "[::1]"];

/**
 * Listens for WebSocket clients of the commit protocol. Nothing else is served: plain HTTP gets 426, a request
 * with an Origin (a browser) or another Host than this server's (DNS rebinding) gets 403. Connections must prove
 * themselves within `authenticationTimeoutMs` before anything else is parsed. Throws PORT_IN_USE, LISTEN_REFUSED.
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const http = createServer({
    maxHeaderSize: headerBytesMax,
    headersTimeout: limits.authenticationTimeoutMs,
    requestTimeout: limits.authenticationTimeoutMs,
    connectionsCheckingInterval: 1_000,
  });
  http.maxConnections = limits.socketsMax;
  http.on("request", (_request, response) => {
    response.writeHead(426, { Upgrade: "websocket", Connection: "close", "Content-Length": "0" }).end();
  });
  await listen(http, options);
  const { port } = http.address() as AddressInfo;
  const host =
    options.host.includes(":") && !options.host.startsWith("[") ? `[${options.host}]` : options.host;
  const gate = new Gate(options, hostsFor(host, port, options.allowedHosts ?? []));
  http.on("upgrade", (request, socket, head) => gate.upgrade(request, socket, head));
  return {
    url: `ws://${host}:${port}`,
    port,
    async close() {
      const gone = new Promise<void>((resolve) => http.close(() => resolve()));
      gate.close();
      const timer = setTimeout(() => http.closeAllConnections(), closeGraceMs);
      http.closeIdleConnections();
      await gone;
      clearTimeout(timer);
    },
  };
}

/** Decides who becomes a WebSocket, and owns those. */
class Gate {
  readonly #options: ServerOptions;
  readonly #hosts: ReadonlySet<string>;
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: limits.messageBytesMax,
    ...socketOptions,
  });
  readonly #open = new Set<WebSocket>();
  #unauthenticated = 0;
  #closing = false;

  constructor(options: ServerOptions, hosts: ReadonlySet<string>) {
    this.#options = options;
    this.#hosts = hosts;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Without a listener, a reset during the upgrade would end the process.
    socket.on("error", () => socket.destroy());
    const refusal = this.#refusal(request, head);
    if (refusal !== undefined) {
      this.#options.onNote?.(`refused an upgrade: ${refusal.why}`);
      const { status } = refusal;
      socket.end(
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
        () => socket.destroy(),
      );
      return;
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) =>
      this.#accept(webSocket, socket, head.length),
    );
  }

  close(): void {
    this.#closing = true;
    for (const webSocket of this.#open)
      closeSocket(webSocket, closeCodes.shuttingDown, "the coordinator is stopping");
  }

  #refusal(
    request: IncomingMessage,
    head: Buffer,
  ): { readonly status: number; readonly why: string } | undefined {
    const { headers } = request;
    if (headers.origin !== undefined) return { status: 403, why: "it comes from a web page (Origin)" };
    if (!this.#hosts.has((headers.host ?? "").toLowerCase()))
      return { status: 403, why: "its Host is not ours" };
    if (head.length > limits.unauthenticatedMessageBytesMax) return { status: 400, why: "it sent too much" };
    if (this.#closing) return { status: 503, why: "the coordinator is stopping" };
    if (this.#unauthenticated >= limits.unauthenticatedSocketsMax) {
      return { status: 503, why: "too many connections have not proved themselves yet" };
    }
    return undefined;
  }

  #accept(webSocket: WebSocket, raw: Duplex, headBytes: number): void {
    this.#open.add(webSocket);
    this.#unauthenticated += 1;
    let counted = true;
    const uncount = () => {
      if (counted) this.#unauthenticated -= 1;
      counted = false;
      raw.off("data", measure);
    };
    let bytes = headBytes;
    // The frame limit of `ws` is that of members; before the proof the raw bytes count, framed in any way.
    const measure = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > limits.unauthenticatedMessageBytesMax) webSocket.terminate();
    };
    raw.on("data", measure);
    webSocket.on("close", () => {
      uncount();
      this.#open.delete(webSocket);
    });
    webSocket.on("error", (error) => this.#options.onNote?.(`connection ended: ${systemCode(error)}`));
    const connection = new Connection(webSocket, this.#options.authenticator, (socket) => {
      uncount();
      keepAlive(webSocket, this.#options.pingIntervalMs);
      this.#options.onSocket(socket);
    });
    connection.start();
  }
}

/** The Host headers that name this server; RFC 9112: the port is left out when it is the default one. */
function hostsFor(host: string, port: number, more: readonly string[]): ReadonlySet<string> {
  const names = loopbackHosts.includes(host) ? loopbackHosts : [host];
  const hosts = names.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`]));
  return new Set([...hosts, ...more].map((name) => name.toLowerCase()));
}

async function listen(http: HttpServer, { host, port }: ServerOptions): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      http.once("error", reject);
      http.listen({ host: host.replace(/^\[|\]$/gu, ""), port, exclusive: true }, () => {
        http.off("error", reject);
        resolve();
      });
    });
  } catch (error) {
    const code = systemCode(error);
    if (code === "EADDRINUSE") {
      throw new EnvpactError(
        "PORT_IN_USE",
        `${host}:${port} is in use by another program.`,
        "Stop that program, or listen on another port (port 0 picks a free one).",
        { cause: error },
      );
    }
    throw new EnvpactError(
      "LISTEN_REFUSED",
      `The coordinator cannot listen on ${host}:${port}: the system reported ${code}.`,
      "Check the address; ports below 1024 need more rights.",
      { cause: error },
    );
  }
}
