import { resolve } from "node:path";
import { defaultDataFolder } from "../../runtime/coordinator.ts";
import { type Recovery, recoverSpace, trustCoordinator } from "../../runtime/recovery.ts";
import { collect, nameOf, usageError } from "../arguments.ts";
import { exitCodes } from "../exit.ts";
import type { CommandHost } from "../host.ts";
import { requireSqlite } from "../nodeVersion.ts";
import type { Session } from "../session.ts";

interface Options {
  readonly data?: string;
  readonly from?: readonly string[];
  readonly inDoubt?: string;
  readonly trust?: string;
}

/** `envpact recover SPACE`: rebuilds a lost coordinator's store from its peers' journals. */
export function declareRecover(host: CommandHost): void {
  host
    .declare<Options>(
      host.root,
      "recover <space>",
      "rebuild a lost or damaged coordinator from the journals of its peers",
      async (session, [text = ""], options) => {
        const space = nameOf("a space", text);
        const { environment, output } = session;
        if (options.trust !== undefined) return trust(session, space, options.trust);
        requireSqlite(process.versions.node);
        const inDoubt = outcomeOf(options.inDoubt);
        const recovery = await recoverSpace({
          space,
          dataDir: options.data === undefined ? defaultDataFolder(environment) : resolve(options.data),
          environment,
          from: (options.from ?? []).map((file) => resolve(file)),
          ...(inDoubt === undefined ? {} : { inDoubt }),
        });
        output.result(
          { event: "recovered", ...recovery },
          `The space ${space} is rebuilt at revision ${recovery.revision}. Start its coordinator: envpact coordinator.`,
        );
        tellRest(session, recovery);
        return exitCodes.done;
      },
    )
    .option("--data <folder>", "data folder of the coordinator (default: in the state folder of this user)")
    .option("--from <file>", "a journal that was copied from another machine", collect)
    .option("--in-doubt <outcome>", "what an open transaction became: commit or abort")
    .option("--trust <key>", "on another machine: makes its peers of the space trust this coordinator key");
}

function outcomeOf(text: string | undefined): "commit" | "abort" | undefined {
  if (text === undefined || text === "commit" || text === "abort") return text;
  throw usageError("--in-doubt takes commit or abort.", "Write --in-doubt abort.");
}

async function trust(session: Session, space: string, key: string): Promise<number> {
  const { environment, output } = session;
  if (!/^[\w-]{20,200}$/.test(key))
    throw usageError("--trust takes the key that `envpact recover` printed.", "Copy it whole.");
  const peers = await trustCoordinator(space, key, environment);
  if (peers === 0)
    throw usageError(`No peer of ${space} is on this machine.`, "Check the name of the space.");
  output.result({ event: "trusted", space, peers }, `${peers} peers of ${space} trust this key from now on.`);
  output.note("Start their agents and editor windows again.");
  return exitCodes.done;
}

function tellRest({ output }: Session, recovery: Recovery): void {
  const { space, coordinatorKey, newKey, setAside, unusable, unseen, strangers, otherSpaces } = recovery;
  for (const file of setAside) output.note(`What was there before: ${file}`);
  for (const { file, why } of unusable) output.note(`Left out: ${file}: ${why}`);
  if (recovery.inDoubt) output.note(`${recovery.inDoubt.tx}: ${recovery.inDoubt.outcome}.`);
  if (unseen.length > 0) {
    output.note(`No journal was at hand of ${unseen.join(", ")}: what only they hold is not in it.`);
  }
  if (newKey) {
    output.note("The coordinator has a new key. Start agents and editor windows of this machine again.");
    output.note(`On every other machine: envpact recover "${space}" --trust ${coordinatorKey}`);
  }
  if (strangers.length > 0)
    output.note(`Invite again, their devices are not known: ${strangers.join(", ")}.`);
  if (!recovery.hasOwner) output.note("The owner's device is not known: nobody can invite to the space.");
  for (const name of otherSpaces)
    output.note(`The damaged store also held ${name}: envpact recover "${name}".`);
}
