import { isInside } from "../../runtime/config.ts";
import { joinSpace } from "../../runtime/peers.ts";
import { assignmentOf, collect, nameOf, usageError } from "../arguments.ts";
import { exitCodes } from "../exit.ts";
import type { CommandHost } from "../host.ts";
import { peerOptions } from "../peers.ts";
import { defaultEnvironment, requireFolder } from "../workspace.ts";

interface Options {
  readonly env?: readonly string[];
  readonly name?: string;
  readonly observer?: boolean;
}

/** `envpact join INVITE`: makes the folder a peer of a space. */
export function declareJoin(host: CommandHost): void {
  host
    .declare<Options>(
      host.root,
      "join <invitation>",
      "make the folder a peer of a space",
      async (session, [invitation = ""], options) => {
        await requireFolder(session.folder);
        const environments = environmentsOf(options.env ?? []);
        const peer = await joinSpace({
          ...peerOptions(session, session.folder, "command"),
          invitation,
          environments,
          role: options.observer === true ? "observer" : "voter",
          ...(options.name === undefined ? {} : { name: nameOf("a peer", options.name) }),
        });
        try {
          const { name, space, revision } = peer.view;
          session.output.result(
            { peer: name, space, revision },
            `${name} is a peer of ${space}, at revision ${revision}. Run \`envpact agent\` to take part.`,
          );
        } finally {
          await peer.close();
        }
        return exitCodes.done;
      },
    )
    .option("--env <name=file>", "maps an environment to a file (default: default=.env)", collect)
    .option("--name <peer>", "this peer's name (default: made of the machine's and the folder's)")
    .option("--observer", "get the commits without a vote");
}

function environmentsOf(pairs: readonly string[]): Readonly<Record<string, string>> {
  if (pairs.length === 0) return { [defaultEnvironment]: ".env" };
  const environments = new Map<string, string>();
  for (const pair of pairs) {
    const assignment = assignmentOf(pair);
    if (!assignment || assignment.rest === "") {
      throw usageError(`--env ${pair} is not NAME=FILE.`, "Write --env default=.env.");
    }
    if (environments.has(assignment.name)) {
      throw usageError(`--env names ${assignment.name} twice.`, "Map each environment once.");
    }
    if (!isInside(assignment.rest)) {
      throw usageError(
        `--env ${pair} leads out of the folder.`,
        "Name a file inside the folder, relative to it, such as --env default=.env.",
      );
    }
    environments.set(nameOf("an environment", assignment.name), assignment.rest);
  }
  return Object.fromEntries(environments);
}
