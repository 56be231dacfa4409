/** Every error that a user or a peer can meet. Codes are stable; texts may change. */
export const errorCodes = [
  "BAD_USAGE",
  "BAD_MESSAGE",
  "BAD_INVITATION",
  "INVITATION_EXPIRED",
  "INVITATION_USED",
  "BAD_CONFIG",
  "NOT_A_PEER",
  "ALREADY_A_PEER",
  "PEER_BUSY",
  "NAME_TAKEN",
  "SPACE_EXISTS",
  "SPACE_UNKNOWN",
  "NOT_OWNER",
  "UNAUTHENTICATED",
  "COORDINATOR_UNPROVEN",
  "VERSION_MISMATCH",
  "LIMIT",
  "UNREACHABLE",
  "PORT_IN_USE",
  "LISTEN_REFUSED",
  "DATA_LOCKED",
  "DATA_NOT_WRITABLE",
  "DATA_DAMAGED",
  "NO_SQLITE",
  "STALE_TERM",
  "FORKED",
  "COORDINATOR_BEHIND",
  "NOTHING_TO_COMMIT",
  "NOT_SHARED",
  "KEY_NOT_FOUND",
  "KEY_INVALID",
  "KEY_EXISTS",
  "VALUE_NOT_WRITABLE",
  "FILE_NOT_REGULAR",
  "FILE_NOT_WRITABLE",
  "FILE_NOT_READABLE",
  "FILE_TOO_LARGE",
  "FILE_NOT_TEXT",
  "FILE_OUTSIDE",
  "FILE_CHANGED",
  "FILE_LOCKED",
  "FILE_MISSING",
  "NO_SPACE_LEFT",
  "CONFLICT",
  "DRIFT",
  "IN_DOUBT",
  "BEHIND",
  "UNSEALABLE",
  "CONSENT_NEEDED",
  "UNTRUSTED",
  "REVISION_UNKNOWN",
  "REVISION_COMPACTED",
  "ABSENT",
  "REVIEW_NEEDED",
  "DECLINED",
  "NOT_IN_DOUBT",
  "FORCED",
  "TIMEOUT",
  "CANCELLED",
  "UNKNOWN_OUTCOME",
  "SHUTTING_DOWN",
  "INTERNAL",
] as const;

/** One of {@link errorCodes}. */
export type ErrorCode = (typeof errorCodes)[number];

/** An error as data: what happened (file, line and key by name, never a value) and what to do next. */
export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly next: string;
}

/** A {@link Problem} that travels by `throw`; `problem` holds the data. */
export class EnvpactError extends Error {
  readonly problem: Problem;

  constructor(code: ErrorCode, message: string, next: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "EnvpactError";
    this.problem = { code, message, next };
  }
}

/** The problem that `error` carries, or an INTERNAL one with its text. */
export function problemOf(error: unknown): Problem {
  if (error instanceof EnvpactError) return error.problem;
  const text = error instanceof Error ? error.message : String(error);
  return { code: "INTERNAL", message: text, next: "Please report this with the log of Envpact." };
}

/** WebSocket close codes of this protocol (private range of RFC 6455). */
export const closeCodes = {
  unauthenticated: 4001,
  badMessage: 4002,
  replaced: 4003,
  tooSlow: 4004,
  versionMismatch: 4005,
  limit: 4006,
  shuttingDown: 4007,
  removed: 4008,
} as const;
