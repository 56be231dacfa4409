import { createSpace, inviteToSpace } from "../../runtime/spaces.ts";
import { coordinatorUrl, millisecondsOf, nameOf, policyOf } from "../arguments.ts";
import { exitCodes } from "../exit.ts";
import type { CommandHost } from "../host.ts";
import { requireSqlite } from "../nodeVersion.ts";
import type { Session } from "../session.ts";

/** `envpact space create` and `envpact space invite`. */
export function declareSpace(host: CommandHost): void {
  const group = host.group("space", "make spaces and invite to them");
  host
    .declare<{ coordinator?: string; policy?: string }>(
      group,
      "create <name>",
      "make a space that this device owns",
      async (session, [text = ""], { coordinator, policy }) => {
        const name = nameOf("a space", text);
        const { environment, coordinatorEntry } = session;
        if (coordinator === undefined) requireSqlite(process.versions.node);
        const url = coordinator === undefined ? {} : { url: coordinatorUrl(coordinator) };
        const absent = policy === undefined ? {} : { policy: policyOf(policy) };
        tellInvitation(
          session,
          await createSpace(name, { environment, coordinatorEntry, ...url, ...absent }),
        );
        return exitCodes.done;
      },
    )
    .option("--policy <policy>", "for an absent voter: detach (default), wait or strict")
    .option("--coordinator <url>", "ws://HOST:PORT (default: the one of this machine, started when needed)");
  host
    .declare<{ expires?: string }>(
      group,
      "invite [name]",
      "another invitation to a space that this device owns",
      async (session, [name], { expires }) => {
        const { environment, coordinatorEntry } = session;
        const life = expires === undefined ? {} : { lifeMs: millisecondsOf("--expires", expires) };
        tellInvitation(session, await inviteToSpace(name, { environment, coordinatorEntry, ...life }));
        return exitCodes.done;
      },
    )
    .option("--expires <seconds>", "life of the invitation (default: 7 days)");
}

function tellInvitation({ output }: Session, made: { space: string; invite: string }): void {
  if (output.json) {
    output.result({ space: made.space, invite: made.invite }, undefined);
    return;
  }
  output.note(`Space ${made.space}. One peer joins with this invitation, which is a secret:`);
  output.raw(`${made.invite}\n`);
}
