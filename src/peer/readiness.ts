import { EnvpactError, type Problem } from "../protocol/errors.ts";
import { DisposableStore } from "../shared/disposable.ts";
import type { Peer } from "./api.ts";
import type { PeerPorts } from "./ports.ts";

/** Resolves with true once `isDone`, with false after `timeoutMs`; looks at every change of the peer. */
export function until(
  peer: Pick<Peer, "onChange">,
  ports: Pick<PeerPorts, "now" | "at">,
  isDone: () => boolean,
  timeoutMs: number,
): Promise<boolean> {
  return new Promise((resolve) => {
    const store = new DisposableStore();
    const settle = (done: boolean) => {
      store.dispose();
      resolve(done);
    };
    const look = () => {
      if (isDone()) settle(true);
    };
    store.add(peer.onChange(look));
    store.add(ports.at(ports.now() + timeoutMs, () => settle(false)));
    look();
  });
}

/** Resolves once `isReady`; rejects when the peer is refused for good, or after `timeoutMs`. */
export async function whenReady(
  peer: Pick<Peer, "view" | "onChange">,
  ports: Pick<PeerPorts, "now" | "at">,
  isReady: () => boolean,
  timeoutMs: number,
): Promise<void> {
  let ready = false;
  const isDecided = () => {
    ready = isReady();
    return ready || peer.view.connection === "refused";
  };
  await until(peer, ports, isDecided, timeoutMs);
  if (!ready) throw unreachable(peer.view.problem);
}

/** Why there is no connection, as an error. */
export function unreachable(problem: Problem | undefined): EnvpactError {
  if (problem) return new EnvpactError(problem.code, problem.message, problem.next);
  return new EnvpactError(
    "UNREACHABLE",
    "The coordinator could not be reached in time.",
    "Check that the coordinator runs and that its address is right.",
  );
}
