import { spawn } from "node:child_process";

/**
 * Runs a command with inherited output and resolves with its exit code and (when `capture`) its standard output.
 * `env` is added to the environment.
 */
export function runStep(command, args, { env = {}, capture = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ["ignore", capture ? "pipe" : "inherit", "inherit"],
      env: { ...process.env, ...env },
    });
    let output = "";
    child.stdout?.on("data", (data) => {
      output += data;
      process.stdout.write(data);
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? 1, output }));
  });
}
