import type { InDoubtView } from "../../peer/api.ts";
import { EnvpactError } from "../../protocol/errors.ts";
import { attachPeer } from "../../runtime/peers.ts";
import { usageError } from "../arguments.ts";
import { exitCodes } from "../exit.ts";
import type { CommandHost } from "../host.ts";
import { keysText, readyOrNote, withPeer } from "../peers.ts";
import type { Session } from "../session.ts";
import { heuristicData, heuristicText, typed } from "../visibility.ts";

interface Options {
  readonly commit?: boolean;
  readonly abort?: boolean;
  readonly confirm?: string;
}

/** `envpact force TX --commit|--abort --confirm TX`: ends a doubt here, without the coordinator's word. */
export function declareForce(host: CommandHost): void {
  host
    .declare<Options>(
      host.root,
      "force <tx>",
      "end a doubt here when you cannot wait for the coordinator",
      (session, [tx = ""], options) => {
        const outcome = outcomeOf(options);
        return withPeer(session, attachPeer, async (peer) => {
          // A coordinator that is there tells the truth at once, and nothing has to be forced.
          const isThere = await readyOrNote(session, peer);
          await peer.refresh();
          const doubt = peer.view.inDoubt.find((one) => one.tx === tx);
          if (!doubt) throw notInDoubt(tx, isThere);
          await confirm(session, doubt, outcome, options.confirm);
          await peer.force(tx, outcome);
          const forced = peer.view.heuristics.find((one) => one.tx === tx);
          if (forced) session.output.result(heuristicData(forced), heuristicText(forced));
          return exitCodes.done;
        });
      },
    )
    .option("--commit", "bring the prepared values into the files")
    .option("--abort", "leave the files as they are")
    .option("--confirm <tx>", "the transaction once more, as a typed confirmation");
}

function outcomeOf({ commit, abort }: Options): "commit" | "abort" {
  if (commit !== abort) return commit ? "commit" : "abort";
  throw usageError("Say what to force: --commit or --abort.", "Write one of them.");
}

function notInDoubt(tx: string, isThere: boolean): EnvpactError {
  return new EnvpactError(
    "NOT_IN_DOUBT",
    `${tx} is not in doubt here.`,
    isThere ? "The coordinator is there; see `envpact log`." : "See `envpact status` for what is in doubt.",
  );
}

async function confirm(
  session: Session,
  doubt: InDoubtView,
  outcome: "commit" | "abort",
  said: string | undefined,
): Promise<void> {
  const { tx, keys } = doubt;
  const what =
    outcome === "commit"
      ? `brings the prepared values of ${keysText(keys)} into this folder's files`
      : `leaves ${keysText(keys)} in this folder's files as they are`;
  const warning = `Forcing ${outcome} ${what}, whatever the others did. When the coordinator is back and the outcome was the other one, this folder differs from the space until you resync.`;
  if (said === tx) return;
  if (said === undefined && session.ask) {
    session.output.note(warning);
    if ((await session.ask(`Type the transaction (${tx}) to go on: `)).trim() === tx) return;
    throw usageError("Not confirmed; nothing was done.", "Type the transaction as it is shown.");
  }
  throw usageError(
    said === undefined ? `${warning} It needs a confirmation.` : "--confirm names another transaction.",
    `Add --confirm ${typed(tx)}`,
  );
}
