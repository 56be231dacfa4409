import type { WebSocket } from "ws";
import { limits } from "../protocol/limits.ts";
import type { Disposable } from "../shared/disposable.ts";

/** How long the other side has to answer a close before the connection is cut. */
export const closeGraceMs = 2_000;

/** What both ends set on `ws`: no compression, and no way to make it hold much in small pieces. */
export const socketOptions = {
  perMessageDeflate: false,
  maxFragments: 64,
  maxBufferedChunks: 16 * 1024,
  maxPendingAutoPongs: 8,
  closeTimeout: closeGraceMs,
} as const;

/** Closes with `code` and cuts the connection when the other side does not answer: a full one never would. */
export function closeSocket(socket: WebSocket, code: number, reason: string): void {
  // RFC 6455: a reason has at most 123 bytes.
  socket.close(
    code,
    Buffer.from(reason, "utf8")
      .subarray(0, 120)
      .toString("utf8")
      .replace(/\uFFFD+$/u, ""),
  );
  const timer = setTimeout(() => socket.terminate(), closeGraceMs);
  timer.unref();
  socket.once("close", () => clearTimeout(timer));
}

/**
 * Pings every `intervalMs` and cuts the connection after twice that in silence. Counts pings, not time, so that a
 * machine that slept does not find all its living connections dead.
 */
export function keepAlive(socket: WebSocket, intervalMs: number = limits.pingIntervalMs): Disposable {
  let unanswered = 0;
  const heard = () => {
    unanswered = 0;
  };
  const timer = setInterval(() => {
    if (unanswered >= 2) socket.terminate();
    else if (socket.readyState === socket.OPEN) socket.ping();
    unanswered += 1;
  }, intervalMs);
  timer.unref();
  const events = ["message", "ping", "pong"] as const;
  for (const event of events) socket.on(event, heard);
  const dispose = () => clearInterval(timer);
  socket.once("close", dispose);
  return { dispose };
}
