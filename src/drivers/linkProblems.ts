import { closeCodes, type ErrorCode, errorCodes, type Problem } from "../protocol/errors.ts";

/** Refusals that another try cannot change. */
const finalCodes: ReadonlySet<ErrorCode> = new Set([
  "BAD_USAGE",
  "UNAUTHENTICATED",
  "COORDINATOR_UNPROVEN",
  "VERSION_MISMATCH",
  "INVITATION_EXPIRED",
  "INVITATION_USED",
  "BAD_INVITATION",
  "SPACE_UNKNOWN",
  "SPACE_EXISTS",
  "NOT_A_PEER",
  "NOT_OWNER",
]);

const nextSteps: Partial<Record<ErrorCode, string>> = {
  UNAUTHENTICATED: "Ask the space's owner for a new invitation and join again.",
  VERSION_MISMATCH: "Update Envpact on the older side.",
  INVITATION_EXPIRED: "Ask for a new invitation.",
  INVITATION_USED: "Ask for a new invitation; each is for one device.",
  BAD_INVITATION: "Ask for a new invitation.",
  SPACE_UNKNOWN: "Check the name of the space.",
  SPACE_EXISTS: "Choose another name.",
  NOT_A_PEER: "Ask for a new invitation and join again.",
};

/** Whether a link gives up because of this problem. */
export function isFinal(problem: Problem): boolean {
  return finalCodes.has(problem.code);
}

/** The problem that a coordinator's `error` message tells. */
export function toldProblem(code: string, message: string): Problem {
  const known = errorCodes.find((name) => name === code) ?? "BAD_MESSAGE";
  return { code: known, message, next: nextSteps[known] ?? "Envpact tries again by itself." };
}

/** The coordinator cannot be reached, for a `reason` of the system. */
export function networkProblem(url: string, reason: string): Problem {
  return {
    code: "UNREACHABLE",
    message: `The coordinator at ${url} cannot be reached (${reason}).`,
    next: "Check that it runs and that the address is right; Envpact tries again by itself while it takes part.",
  };
}

/** Something answered the upgrade with an HTTP status. */
export function refusedUpgrade(url: string, status: number): Problem {
  if (status === 503) {
    return {
      code: "LIMIT",
      message: `The coordinator at ${url} takes no more connections now.`,
      next: "Envpact tries again by itself.",
    };
  }
  return networkProblem(url, `HTTP status ${status}: no coordinator, or not under this name`);
}

/** The coordinator did not finish the handshake. */
export function timedOut(url: string): Problem {
  return networkProblem(url, "it does not answer");
}

/** The coordinator sent what is no message of the protocol. */
export function badMessage(url: string): Problem {
  return {
    code: "BAD_MESSAGE",
    message: `The coordinator at ${url} sent something that is no message of this protocol.`,
    next: "Update Envpact on the older side; Envpact connects again by itself.",
  };
}

/** The coordinator at `url` did not prove the key that was expected. */
export function unprovenCoordinator(url: string): Problem {
  return {
    code: "COORDINATOR_UNPROVEN",
    message: `What answers at ${url} is not the coordinator of this space; nothing was sent to it.`,
    next: "Check the address. If the coordinator was set up anew, ask for a new invitation.",
  };
}

/** Coordinator and client speak different versions. */
export function otherVersion(url: string, theirs: number, ours: number): Problem {
  return {
    code: "VERSION_MISMATCH",
    message: `The coordinator at ${url} speaks version ${theirs} of the protocol, this side ${ours}.`,
    next: "Update Envpact on the older side.",
  };
}

/** What the close code of a connection means. */
export function closeProblem(url: string, code: number): Problem {
  switch (code) {
    case closeCodes.unauthenticated:
      return toldProblem("UNAUTHENTICATED", `The coordinator at ${url} does not know this device.`);
    case closeCodes.versionMismatch:
      return toldProblem(
        "VERSION_MISMATCH",
        `The coordinator at ${url} speaks another version of the protocol.`,
      );
    case closeCodes.removed:
      return toldProblem("NOT_A_PEER", "This folder is no longer a peer of the space.");
    case closeCodes.badMessage:
      return badMessage(url);
    case closeCodes.replaced:
      return {
        code: "PEER_BUSY",
        message: "Another process connected as this peer.",
        next: "Let one process only take part for a folder.",
      };
    case closeCodes.limit:
    case closeCodes.tooSlow:
      return toldProblem("LIMIT", `The coordinator at ${url} closed the connection: a limit was reached.`);
    case closeCodes.shuttingDown:
      return networkProblem(url, "it is stopping");
    default:
      return networkProblem(url, "the connection was lost");
  }
}
