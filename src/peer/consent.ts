import type { ConsentView } from "./api.ts";

/** Refusals for want of consent that are remembered, the newest of them. */
const consentsMax = 16;

const exact = new Set([
  "PATH",
  "NODE_OPTIONS",
  "NODE_PATH",
  "BASH_ENV",
  "ENV",
  "SHELLOPTS",
  "PROMPT_COMMAND",
  "PYTHONSTARTUP",
  "PYTHONPATH",
  "PYTHONHOME",
  "PERL5OPT",
  "PERL5LIB",
  "RUBYOPT",
  "RUBYLIB",
  "JAVA_TOOL_OPTIONS",
  "_JAVA_OPTIONS",
  "JDK_JAVA_OPTIONS",
  "GIT_SSH",
  "GIT_SSH_COMMAND",
  "GIT_EXEC_PATH",
  "GIT_EXTERNAL_DIFF",
  "GIT_PAGER",
  "GIT_EDITOR",
  "PAGER",
  "EDITOR",
  "VISUAL",
  "BROWSER",
  "LESSOPEN",
  "ELECTRON_RUN_AS_NODE",
]);
const prefixes = ["LD_", "DYLD_", "GIT_CONFIG", "npm_config_"];

/**
 * Whether a variable of this name can make ordinary programs run other code, so that a change by somebody else
 * needs this workspace's consent.
 */
export function needsConsent(key: string): boolean {
  return exact.has(key) || prefixes.some((prefix) => key.startsWith(prefix));
}

/** The refusals with a new one; what it asks for again is no longer asked for by an older one. */
export function withConsent(consents: readonly ConsentView[], asked: ConsentView): ConsentView[] {
  return [...withoutKeys(consents, (key) => asked.keys.some((one) => one.key === key)), asked].slice(
    -consentsMax,
  );
}

/** What is still asked for when the keys for which `isSettled` is true are not. */
export function withoutKeys(
  consents: readonly ConsentView[],
  isSettled: (key: string) => boolean,
): ConsentView[] {
  return consents.flatMap((consent) => {
    const keys = consent.keys.filter(({ key }) => !isSettled(key));
    return keys.length === 0 ? [] : [{ ...consent, keys }];
  });
}
