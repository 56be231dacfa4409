import { parseArgs } from "node:util";
import { EnvpactError, problemOf } from "../protocol/errors.ts";
import { defaultDataFolder, runCoordinator } from "../runtime/coordinator.ts";

/** The coordinator as a process of its own: what the editor starts. `envpact coordinator` is its face for people. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      listen: { type: "string", default: "127.0.0.1:0" },
      data: { type: "string" },
      "idle-exit-ms": { type: "string" },
      "keep-revisions": { type: "string" },
    },
  });
  const place = /^(.*):(\d+)$/.exec(values.listen);
  if (!place?.[1] || !place[2])
    throw new EnvpactError("BAD_USAGE", "--listen takes HOST:PORT.", "For example 127.0.0.1:0.");
  const idleExit = values["idle-exit-ms"];
  const keep = values["keep-revisions"];
  if (keep !== undefined && !/^[1-9]\d{0,8}$/.test(keep))
    throw new EnvpactError("BAD_USAGE", "--keep-revisions is a whole number from 1.", "For example 20000.");
  let isHeard = true;
  // Whoever started it reads until it listens, and then goes.
  process.stderr.on("error", () => {
    isHeard = false;
  });
  const running = await runCoordinator({
    host: place[1],
    port: Number(place[2]),
    dataDir: values.data ?? defaultDataFolder(process.env),
    ...(idleExit === undefined ? {} : { idleExitMs: Number(idleExit) }),
    ...(keep === undefined ? {} : { keepRevisions: Number(keep) }),
    log: (entry) => {
      if (isHeard) process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), ...entry })}\n`);
    },
  });
  process.stdout.write(`${JSON.stringify({ event: "listening", url: running.url })}\n`);
  const signalled = new Promise<void>((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
  });
  try {
    await Promise.race([running.ended, signalled]);
  } finally {
    await running.stop();
  }
  return 0;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${JSON.stringify({ error: problemOf(error) })}\n`);
    process.exit(1);
  },
);
