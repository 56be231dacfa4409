/** True in test builds only; a release build drops the code behind it. */
declare const ENVPACT_FAILPOINTS: boolean | undefined;

/**
 * Ends this process with SIGKILL when the environment variable ENVPACT_FAILPOINT names this point: tests crash a
 * real process exactly between two effects. Does nothing, and is not even there, in a release build.
 */
export function failpoint(name: string): void {
  if (typeof ENVPACT_FAILPOINTS === "undefined" || !ENVPACT_FAILPOINTS) return;
  if (process.env.ENVPACT_FAILPOINT === name) process.kill(process.pid, "SIGKILL");
}
