import { resolve } from "node:path";
import { limits } from "../../protocol/limits.ts";
import { type CoordinatorOptions, defaultDataFolder, runCoordinator } from "../../runtime/coordinator.ts";
import { countOf, listenAddress, millisecondsOf } from "../arguments.ts";
import { exitCodes } from "../exit.ts";
import type { CommandHost } from "../host.ts";
import { requireSqlite } from "../nodeVersion.ts";
import { aborted } from "../stop.ts";

interface Options {
  readonly listen: string;
  readonly data?: string;
  readonly detachAfter?: string;
  readonly idleExit?: string;
  readonly keepRevisions?: string;
}

/** `envpact coordinator`: runs one until it is told to stop. */
export function declareCoordinator(host: CommandHost): void {
  host
    .declare<Options>(host.root, "coordinator", "run a coordinator", async (session, _operands, options) => {
      requireSqlite(process.versions.node);
      const { stop, output, log, environment } = session;
      const coordinatorOptions: CoordinatorOptions = {
        ...listenAddress(options.listen),
        dataDir: options.data === undefined ? defaultDataFolder(environment) : resolve(options.data),
        log: (entry) => log?.(JSON.stringify(entry)),
        ...optionalMs("detachAfterMs", "--detach-after", options.detachAfter),
        ...optionalMs("idleExitMs", "--idle-exit", options.idleExit),
        ...(options.keepRevisions === undefined
          ? {}
          : { keepRevisions: countOf("--keep-revisions", options.keepRevisions) }),
      };
      const { signal } = stop;
      const running = await runCoordinator(coordinatorOptions);
      output.result({ event: "listening", url: running.url }, `Listening on ${running.url}`);
      try {
        await Promise.race([running.ended, aborted(signal)]);
      } finally {
        await running.stop();
      }
      return exitCodes.done;
    })
    .option("--listen <address>", "HOST:PORT; port 0 picks one", "127.0.0.1:0")
    .option("--data <folder>", "data folder (default: in the state folder of this user)")
    .option("--detach-after <seconds>", "absence after which a peer no longer holds commits up")
    .option("--idle-exit <seconds>", "leave this long after the last peer did (default: never)")
    .option(
      "--keep-revisions <count>",
      `revisions of a space kept in full; of older ones their outcome (default: ${limits.keptRevisionsMax})`,
    );
}

function optionalMs<Name extends string>(
  name: Name,
  option: string,
  text: string | undefined,
): { readonly [key in Name]?: number } {
  if (text === undefined) return {};
  return { [name]: millisecondsOf(option, text) } as { readonly [key in Name]: number };
}
