import { type CoordinatorInput, step } from "../../src/commit/coordinator.ts";
import type { CoordinatorEffect, ParticipantEffect } from "../../src/commit/effects.ts";
import type { ParticipantInput } from "../../src/commit/participantState.ts";
import type { SpaceState, StepContext } from "../../src/commit/space.ts";
import { slot } from "../../src/protocol/record.ts";

/** How a coordinator is driven: as it is, or with a known mistake put around its step. */
export interface CoordinatorMutant {
  step(state: SpaceState, input: CoordinatorInput, context: StepContext): CoordinatorEffect[];
  context(state: SpaceState, context: StepContext): StepContext;
  /** What is still done after a write of which nobody knows whether it worked; the process ends then. */
  onUnknownWrite(
    state: SpaceState,
    effect: Extract<CoordinatorEffect, { type: "persist" }>,
  ): readonly CoordinatorEffect[];
}

/** The step of one process's participant, wrapped. */
export type ParticipantStep = (input: ParticipantInput) => readonly ParticipantEffect[];

/** A known mistake of the protocol, made around the production code's steps and effects. */
export interface Mutant {
  readonly name: string;
  readonly coordinator?: () => Partial<CoordinatorMutant>;
  readonly participant?: (step: ParticipantStep) => ParticipantStep;
}

/** The coordinator of a run, mistaken as `mutant` says. */
export function coordinatorOf(mutant: Mutant | undefined): CoordinatorMutant {
  return {
    step,
    context: (_state, context) => context,
    onUnknownWrite: () => [],
    ...mutant?.coordinator?.(),
  };
}

type Persist = Extract<ParticipantEffect, { type: "persist" }>;

/** The participant with its writes about forced outcomes made otherwise. */
function writing(change: (persist: Persist) => ParticipantEffect) {
  return (inner: ParticipantStep): ParticipantStep =>
    (input) =>
      inner(input).map((effect) => {
        const isAbout = effect.type === "persist" && effect.writes.some(({ kind }) => kind === "heuristic");
        return isAbout ? change(effect) : effect;
      });
}

const isPersist = (effect: { readonly type: string }) => effect.type === "persist";

/** The mistakes that docs/PROTOCOL.md names. Each must be caught. */
export const mutants: readonly Mutant[] = [
  {
    name: "vote before force",
    participant: (inner) => (input) => {
      const effects = inner(input);
      const votes = effects.some(
        (effect) => effect.type === "send" && effect.message.t === "vote" && effect.message.vote === "yes",
      );
      return votes ? [...effects].sort((a, b) => Number(isPersist(a)) - Number(isPersist(b))) : effects;
    },
  },
  {
    name: "COMMIT before force",
    coordinator: () => ({
      step: (state, input, context) =>
        step(state, input, context).sort((a, b) => Number(isPersist(a)) - Number(isPersist(b))),
    }),
  },
  {
    name: "voter aborts alone in doubt",
    participant: (inner) => {
      let doubted = "";
      return (input) => {
        const effects = inner(input);
        for (const effect of effects) {
          if (effect.type === "notify" && effect.event.kind === "inDoubt") doubted = effect.event.tx;
        }
        if (doubted === "" || input.kind !== "tick") return effects;
        const abort = { t: "abort" as const, tx: doubted, code: "TIMEOUT", reason: "in doubt for too long" };
        return [...effects, ...inner({ kind: "message", message: abort })];
      };
    },
  },
  {
    name: "majority instead of all",
    coordinator: () => ({
      step: (state, input, context) => {
        const { active } = state;
        const votes = input.kind === "message" && input.message.t === "vote" && input.message.vote !== "no";
        if (active && votes && 2 * (active.votes.size + 1) > active.participants.length) {
          const voter = state.sessions.get(input.session)?.peer;
          for (const peer of active.participants) if (peer !== voter) active.votes.set(peer, "yes");
        }
        return step(state, input, context);
      },
    }),
  },
  {
    name: "outcome answered from memory",
    coordinator: () => ({
      step: (state, input, context) =>
        step(state, input, context).map((effect) => {
          if (effect.type !== "send" || effect.message.t !== "outcome") return effect;
          const { tx, outcome } = effect.message;
          const decidedHere = tx.startsWith(`${state.space}:${state.term}:`);
          if (outcome !== "commit" || decidedHere) return effect;
          return { ...effect, message: { t: "outcome" as const, tx, outcome: "abort" as const } };
        }),
    }),
  },
  {
    name: "unknown decision write treated as abort",
    coordinator: () => ({
      onUnknownWrite: (state, { writes }) =>
        writes.flatMap((write) => {
          if (write.kind !== "record") return [];
          const { tx } = write.record;
          return [...state.sessions.keys()].map((session) => ({
            type: "send" as const,
            session,
            message: { t: "abort" as const, tx, code: "INTERNAL", reason: "the log could not be written" },
          }));
        }),
    }),
  },
  {
    name: "ids forgotten after acks",
    coordinator: () => ({
      context: (state, context) => {
        const acknowledged = Math.min(...[...state.sessions.values()].map((session) => session.appliedRev));
        return {
          ...context,
          requestRevision: (requestId) => {
            const rev = context.requestRevision(requestId);
            return rev !== undefined && rev <= acknowledged ? undefined : rev;
          },
        };
      },
    }),
  },
  {
    name: "txId reused",
    coordinator: () => ({
      context: (state, context) => {
        // The counter follows the revision instead of the attempts.
        state.txCounter = state.head.rev;
        return { ...context, nonce: "0" };
      },
    }),
  },
  {
    name: "base not checked at prepare",
    participant: (inner) => {
      let at = 0;
      const bases = new Map<string, number>();
      return (input) => {
        const isPrepare = input.kind === "message" && input.message.t === "prepare";
        if (isPrepare) bases.set(input.message.tx, input.message.base);
        const effects = inner(
          isPrepare ? { kind: "message", message: { ...input.message, base: at } } : input,
        );
        return effects.map((effect) => {
          if (effect.type === "notify" && effect.event.kind === "applied") at = effect.event.to;
          if (effect.type === "send" && effect.message.t === "hello") at = effect.message.rev;
          if (effect.type !== "persist") return effect;
          const writes = effect.writes.map((write) =>
            write.kind === "prepared"
              ? { ...write, prepared: { ...write.prepared, base: bases.get(write.prepared.tx) ?? 0 } }
              : write,
          );
          return { ...effect, writes };
        });
      };
    },
  },
  {
    name: "heuristic not forced to disk",
    participant: writing((persist) => ({ ...persist, force: false })),
  },
  {
    name: "reconciliation lost after a restart",
    participant: writing((persist) => ({
      ...persist,
      writes: persist.writes.filter(
        (write) => write.kind !== "heuristic" || write.heuristic.status === "pending",
      ),
    })),
  },
  {
    name: "mixed reported as same",
    participant: writing((persist) => ({
      ...persist,
      writes: persist.writes.map((write) =>
        write.kind === "heuristic" && write.heuristic.status === "mixed"
          ? { kind: "heuristic" as const, heuristic: { ...write.heuristic, status: "same" as const } }
          : write,
      ),
    })),
  },
  {
    name: "forced outcome told to the coordinator",
    participant: (inner) => {
      const forced = new Set<string>();
      return (input) => {
        if (input.kind === "force") forced.add(input.tx);
        return inner(input).map((effect) => {
          if (effect.type !== "send" || effect.message.t !== "hello") return effect;
          const prepared = effect.message.prepared.filter(({ tx }) => !forced.has(tx));
          return { ...effect, message: { ...effect.message, prepared } };
        });
      };
    },
  },
  {
    name: "names left behind forgotten when asked again",
    coordinator: () => ({
      step: (state, input, context) => {
        const { requestId = "" } =
          input.kind === "message" && input.message.t === "submit" ? input.message : {};
        const isAgain = requestId !== "" && context.requestRevision(requestId) !== undefined;
        return step(state, input, context).map((effect) =>
          isAgain && effect.type === "send" && effect.message.t === "answer"
            ? { ...effect, message: { ...effect.message, detached: [] } }
            : effect,
        );
      },
    }),
  },
  {
    name: "expected versions not checked",
    coordinator: () => ({
      step: (state, input, context) => {
        for (const { items } of state.queue) {
          for (const { env, key, expected } of items) {
            const name = slot(env, key);
            state.versions.set(name, {
              deleted: false,
              author: "",
              at: 0,
              ...state.versions.get(name),
              version: expected,
            });
          }
        }
        return step(state, input, context);
      },
    }),
  },
  {
    name: "records skipped in the copy of a log",
    participant: (inner) => (input) =>
      inner(input).map((effect) => {
        if (effect.type !== "persist") return effect;
        // The last of a CATCHUP says how the log ends, and the files get what all of them changed.
        const last = effect.writes.findLast(({ kind }) => kind === "committed");
        const writes = effect.writes.filter((write) => write.kind !== "committed" || write === last);
        return { ...effect, writes };
      }),
  },
  {
    name: "snapshot called newer than it is",
    coordinator: () => ({
      step: (state, input, context) =>
        step(state, input, context).map((effect) =>
          effect.type === "send" && effect.message.t === "snapshot"
            ? { ...effect, message: { ...effect.message, rev: effect.message.rev + 1 } }
            : effect,
        ),
    }),
  },
  {
    name: "APPLIED of files that were left out",
    participant: (inner) => (input) =>
      inner(input).map((effect) =>
        effect.type === "apply" ? { ...effect, spared: effect.prepared?.items ?? [] } : effect,
      ),
  },
];
