import * as v from "valibot";
import { EnvpactError } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";
import { nameSchema, type Policy } from "../protocol/messages.ts";

const policies = ["detach", "wait", "strict"] as const;

/** A mistake in the arguments: exit code 2. */
export function usageError(message: string, next: string): EnvpactError {
  return new EnvpactError("BAD_USAGE", message, next);
}

/** Collects a repeatable option. */
export function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** Seconds (fractions allowed) as milliseconds. */
export function millisecondsOf(option: string, text: string): number {
  const seconds = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  const ms = Math.round(seconds * 1_000);
  if (!Number.isSafeInteger(ms) || ms < 1) {
    throw usageError(`${option} takes seconds, such as 30 or 0.5.`, `Write ${option} 30.`);
  }
  return ms;
}

/** Like {@link millisecondsOf}, for how long an answer may take. */
export function timeoutOf(text: string): number {
  const ms = millisecondsOf("--timeout", text);
  if (ms > limits.submitTimeoutMaxMs) {
    throw usageError("--timeout is longer than a day.", `Use at most ${limits.submitTimeoutMaxMs / 1_000}.`);
  }
  return ms;
}

/** Like {@link millisecondsOf}, for how long people have to review a change. */
export function reviewTimeOf(text: string): number {
  const ms = millisecondsOf("--review", text);
  if (ms > limits.reviewTimeoutMaxMs) {
    throw usageError("--review is longer than a day.", `Use at most ${limits.reviewTimeoutMaxMs / 1_000}.`);
  }
  return ms;
}

/** What to do about an absent voter. */
export function policyOf(text: string): Policy {
  const found = policies.find((policy) => policy === text);
  if (found) return found;
  throw usageError(`--policy is one of ${policies.join(", ")}.`, "Write --policy wait.");
}

/** The number of a revision. */
export function revisionNumber(text: string): number {
  return wholeNumber("REV", text, "Run `envpact log` to see the revisions.");
}

/** What `option` counts, from 1. */
export function countOf(option: string, text: string): number {
  return wholeNumber(option, text, `Write ${option} 10.`);
}

function wholeNumber(what: string, text: string, next: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw usageError(`${what} is a whole number from 1.`, next);
}

/** `HOST:PORT`, with an IPv6 host in brackets. */
export function listenAddress(text: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([\da-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65_535) {
    throw usageError("--listen takes HOST:PORT.", "Write --listen 127.0.0.1:0 to have a free port picked.");
  }
  return { host, port };
}

/** The keys that operands name, each once. One with `=` in it may hold a value, so it is told by its place. */
export function keysOf(operands: readonly string[]): readonly string[] {
  const index = operands.findIndex((operand) => operand.includes("="));
  if (index === -1) return [...new Set(operands)];
  throw usageError(
    `Argument ${index + 1} is no key: it has a = in it.`,
    "Name the key alone; to change its value, run `envpact set KEY=VALUE`.",
  );
}

/** The name of a space, peer or environment. */
export function nameOf(what: string, text: string): string {
  if (v.is(nameSchema, text)) return text;
  throw usageError(
    `"${text}" cannot be the name of ${what}.`,
    `Use up to ${limits.nameCharsMax} letters, digits, spaces and . _ @ + -, with a letter or a digit first.`,
  );
}

/** The address of a coordinator. */
export function coordinatorUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^wss?:$/.test(url.protocol) && url.username === "" && url.password === "") return text;
  // The text is not said again: an address may hold a password.
  throw usageError("--coordinator takes the address of a coordinator.", "Write it as ws://HOST:PORT.");
}

/** Splits `NAME=REST` at the first `=`; undefined without one or without a name. */
export function assignmentOf(text: string): { readonly name: string; readonly rest: string } | undefined {
  const at = text.indexOf("=");
  return at < 1 ? undefined : { name: text.slice(0, at), rest: text.slice(at + 1) };
}
