/** True in test builds only; a release build drops the code behind it. */
declare const ENVPACT_FAILPOINTS: boolean | undefined;

/** How often this process came by the point that it is to die at. */
let passed = 0;

/**
 * Ends this process with SIGKILL when the environment variable ENVPACT_FAILPOINT names this point (`NAME`, or `NAME:k`
 * for the k-th time that the process comes by): tests crash a real process exactly between two effects. Does nothing,
 * and is not even there, in a release build.
 */
export function failpoint(name: string): void {
  if (typeof ENVPACT_FAILPOINTS === "undefined" || !ENVPACT_FAILPOINTS) return;
  const [wanted, time = "1"] = (process.env.ENVPACT_FAILPOINT ?? "").split(":");
  if (wanted !== name) return;
  passed += 1;
  if (passed === Number(time)) process.kill(process.pid, "SIGKILL");
}
