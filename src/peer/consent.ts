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
