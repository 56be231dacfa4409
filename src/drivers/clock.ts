import { randomBytes } from "node:crypto";
import type { Disposable } from "../shared/disposable.ts";

/** The time and one-shot timers. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `callback` once at `ms` (milliseconds since the epoch), at once when that has passed. */
  at(ms: number, callback: () => void): Disposable;
}

/** Longest delay of one setTimeout, in milliseconds; longer ones are taken in stages. */
const timeoutMaxMs = 2 ** 31 - 1;

/** The system's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  at(ms, callback) {
    let timer: NodeJS.Timeout | undefined;
    const arm = () => {
      const restMs = ms - Date.now();
      timer = setTimeout(restMs > timeoutMaxMs ? arm : callback, Math.max(0, Math.min(restMs, timeoutMaxMs)));
    };
    arm();
    return { dispose: () => clearTimeout(timer) };
  },
};

/** `bytes` random bytes in base64url. */
export function randomToken(bytes: number): string {
  return randomBytes(bytes).toString("base64url");
}
