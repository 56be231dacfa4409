import type { ErrorCode } from "../protocol/errors.ts";

/** The exit codes of the contract. */
export const exitCodes = {
  done: 0,
  /** Refused, or failed for a stated reason. */
  refused: 1,
  usage: 2,
  unreachable: 3,
  /** The outcome is not known; the text says how to find out. */
  unknown: 4,
} as const;

/** A value of {@link exitCodes}, or the exit code of a program that `run` started. */
export type ExitCode = number;

/** The exit code of a command that failed with `code`. */
export function exitCodeOf(code: ErrorCode): ExitCode {
  if (code === "BAD_USAGE") return exitCodes.usage;
  if (code === "UNREACHABLE") return exitCodes.unreachable;
  if (code === "UNKNOWN_OUTCOME") return exitCodes.unknown;
  return exitCodes.refused;
}
