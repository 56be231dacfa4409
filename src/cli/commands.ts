import { declareAgent } from "./commands/agent.ts";
import { declareAllow } from "./commands/allow.ts";
import { declareCommit } from "./commands/commit.ts";
import { declareCoordinator } from "./commands/coordinator.ts";
import { declareDiff } from "./commands/diff.ts";
import { declareDiscard } from "./commands/discard.ts";
import { declareForce } from "./commands/force.ts";
import { declareGet } from "./commands/get.ts";
import { declareJoin } from "./commands/join.ts";
import { declareLeave } from "./commands/leave.ts";
import { declareLint } from "./commands/lint.ts";
import { declareLog } from "./commands/log.ts";
import { declareParse } from "./commands/parse.ts";
import { declareRecover } from "./commands/recover.ts";
import { declareRestore } from "./commands/restore.ts";
import { declareResync } from "./commands/resync.ts";
import { declareRevert } from "./commands/revert.ts";
import { declareReview } from "./commands/review.ts";
import { declareRun } from "./commands/run.ts";
import { declareSet } from "./commands/set.ts";
import { declareShare } from "./commands/share.ts";
import { declareShow } from "./commands/show.ts";
import { declareSpace } from "./commands/space.ts";
import { declareStatus } from "./commands/status.ts";
import { declareTrace } from "./commands/trace.ts";
import { declareUnset } from "./commands/unset.ts";
import type { CommandHost } from "./host.ts";

/** Every command, in the order of the help. */
const declarations: readonly ((host: CommandHost) => void)[] = [
  declareCoordinator,
  declareRecover,
  declareSpace,
  declareJoin,
  declareLeave,
  declareAgent,
  declareSet,
  declareUnset,
  declareGet,
  declareShare,
  declareAllow,
  declareStatus,
  declareCommit,
  declareDiscard,
  declareRestore,
  declareLog,
  declareShow,
  declareRevert,
  declareDiff,
  declareTrace,
  declareReview,
  declareForce,
  declareResync,
  declareLint,
  declareParse,
  declareRun,
];

/** Declares every command. */
export function declareCommands(host: CommandHost): void {
  for (const declare of declarations) declare(host);
}
