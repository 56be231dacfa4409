import type { LinkEvent } from "../commit/ports.ts";
import { systemClock } from "../drivers/clock.ts";
import { type LinkOptions, openLink } from "../drivers/link.ts";
import { EnvpactError, errorCodes } from "../protocol/errors.ts";
import type { ClientMessage, CoordinatorMessage } from "../protocol/messages.ts";

/** How long one question to a coordinator may take, from connecting to its answer. */
const askTimeoutMs = 10_000;

/** A question on a connection of its own: connects, proves both sides, asks, takes the answer, leaves. */
export interface Question {
  readonly link: Omit<LinkOptions, "onEvent" | "reconnect">;
  /** Made once the connection stands; `authenticated` holds what the coordinator gave (mode `invite`). */
  readonly ask: (
    authenticated: Extract<CoordinatorMessage, { t: "authenticated" }> | undefined,
  ) => ClientMessage;
  /** The type of the answer. */
  readonly answer: CoordinatorMessage["t"];
}

/** Asks and resolves with the answer. Rejects with the coordinator's refusal, or UNREACHABLE. */
export async function askCoordinator(question: Question): Promise<CoordinatorMessage> {
  let settle: (result: CoordinatorMessage | EnvpactError) => void = () => undefined;
  const settled = new Promise<CoordinatorMessage | EnvpactError>((resolve) => {
    settle = resolve;
  });
  const onEvent = (event: LinkEvent) => {
    if (event.kind === "connected") {
      if (question.link.mode !== "invite") link.send(question.ask(undefined));
    } else if (event.kind === "message") {
      const { message } = event;
      if (message.t === "authenticated") link.send(question.ask(message));
      else if (message.t === question.answer) settle(message);
      else if (message.t === "error") settle(refusal(message.code, message.message));
    } else {
      const { problem } = event;
      settle(problem ? new EnvpactError(problem.code, problem.message, problem.next) : unreachable());
    }
  };
  const link = openLink({ ...question.link, reconnect: false, onEvent });
  const timer = systemClock.at(systemClock.now() + askTimeoutMs, () => settle(unreachable()));
  try {
    const result = await settled;
    if (result instanceof EnvpactError) throw result;
    return result;
  } finally {
    timer.dispose();
    await link.close();
  }
}

const nextSteps: Partial<Record<string, string>> = {
  NAME_TAKEN: "Choose another name: --name NAME.",
  SPACE_EXISTS: "Choose another name, or ask its owner for an invitation.",
  NOT_OWNER: "Only the device that created the space can invite.",
  INVITATION_USED: "Ask for a new invitation: each one is for one workspace.",
  INVITATION_EXPIRED: "Ask for a new invitation.",
  LIMIT: "Remove what is no longer needed, then try again.",
};

function refusal(code: string, message: string): EnvpactError {
  const known = errorCodes.find((one) => one === code) ?? "INTERNAL";
  return new EnvpactError(known, message, nextSteps[code] ?? "See the log of the coordinator.");
}

function unreachable(): EnvpactError {
  return new EnvpactError(
    "UNREACHABLE",
    "The coordinator could not be reached.",
    "Check that it runs and that its address is right.",
  );
}
