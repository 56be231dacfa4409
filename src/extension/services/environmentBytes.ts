/** Reading the bytes of a file that may be anything: never opens a pipe, never reads past the limit. */
import { constants } from "node:fs";
import { lstat, open, realpath } from "node:fs/promises";
import { limits } from "../../protocol/limits.ts";
import type { UnreadableReason } from "./environmentProblems.ts";

/** Bytes of a `.env` file that Envpact reads and edits. */
export const fileBytesMax = limits.environmentFileBytesMax;

/** The text of a file, or why there is none. */
export type TextOutcome =
  | {
      readonly ok: true;
      /** The whole text with its byte order mark, exactly as UTF-8 encodes it. */
      readonly text: string;
      /** Path behind all symbolic links; the given path when there are none. */
      readonly realPath: string;
    }
  | { readonly ok: false; readonly reason: UnreadableReason };

/**
 * Reads a regular file as UTF-8. The kind is checked before the file is opened, and once more on the
 * open descriptor: O_NONBLOCK keeps `open` from hanging should a pipe take the file's place in between.
 */
export async function readTextFile(path: string): Promise<TextOutcome> {
  try {
    const seen = await lstat(path);
    const realPath = seen.isSymbolicLink() ? await realpath(path) : path;
    const target = seen.isSymbolicLink() ? await lstat(realPath) : seen;
    if (target.isDirectory()) return { ok: false, reason: "folder" };
    if (!target.isFile()) return { ok: false, reason: "not-regular" };
    if (target.size > fileBytesMax) return { ok: false, reason: "too-large" };
    const bytes = await readDescriptor(realPath);
    if ("reason" in bytes) return { ok: false, reason: bytes.reason };
    const decoded = decodeText(bytes.bytes);
    return decoded.ok ? { ok: true, text: decoded.text, realPath } : decoded;
  } catch (error) {
    return { ok: false, reason: await reasonOf(error, path) };
  }
}

/** Decodes UTF-8 without losing a byte, or says why the bytes are not UTF-8 text. */
export function decodeText(
  bytes: Uint8Array,
): { ok: true; text: string } | { ok: false; reason: UnreadableReason } {
  if (bytes.length > fileBytesMax) return { ok: false, reason: "too-large" };
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return { ok: false, reason: "utf-16" };
  }
  const zero = bytes.indexOf(0);
  if (zero !== -1) return { ok: false, reason: looksLikeUtf16(bytes) ? "utf-16" : "binary" };
  try {
    return { ok: true, text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch (error) {
    if (error instanceof TypeError) return { ok: false, reason: "not-utf-8" };
    throw error;
  }
}

async function readDescriptor(path: string): Promise<{ bytes: Uint8Array } | { reason: UnreadableReason }> {
  const nonBlocking = constants.O_NONBLOCK ?? 0;
  const handle = await open(path, constants.O_RDONLY | nonBlocking);
  try {
    const opened = await handle.stat();
    if (!opened.isFile()) return { reason: opened.isDirectory() ? "folder" : "not-regular" };
    if (opened.size > fileBytesMax) return { reason: "too-large" };
    const bytes = await handle.readFile();
    return { bytes };
  } finally {
    await handle.close();
  }
}

/** UTF-16 without a mark: ASCII text has a zero in every second byte. */
function looksLikeUtf16(bytes: Uint8Array): boolean {
  const sample = Math.min(bytes.length & ~1, 512);
  let even = 0;
  let odd = 0;
  for (let at = 0; at < sample; at += 2) {
    if (bytes[at] === 0) even += 1;
    if (bytes[at + 1] === 0) odd += 1;
  }
  const most = sample * 0.4;
  return sample > 0 && even >= most !== odd >= most;
}

async function reasonOf(error: unknown, path: string): Promise<UnreadableReason> {
  const code = systemCodeOf(error);
  if (code === "EACCES" || code === "EPERM") return "denied";
  if (code === "ELOOP") return "broken-link";
  if (code === "EISDIR") return "folder";
  if (code === "ENXIO") return "not-regular";
  if (code !== "ENOENT" && code !== "ENOTDIR") return "io";
  const isLink = await lstat(path).then(
    (stats) => stats.isSymbolicLink(),
    () => false,
  );
  return isLink ? "broken-link" : "vanished";
}

/** The system's error code (`ENOENT`, …), or `EIO` for an error without one. */
export function systemCodeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "EIO";
}
