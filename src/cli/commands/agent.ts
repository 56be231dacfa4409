import type { HeuristicView, InDoubtView, Peer, PeerEvent, PeerView, ReviewView } from "../../peer/api.ts";
import type { Problem } from "../../protocol/errors.ts";
import { openPeer } from "../../runtime/peers.ts";
import { type ExitCode, exitCodes } from "../exit.ts";
import type { CommandHost } from "../host.ts";
import type { Output } from "../output.ts";
import { keysText, peerOptions, refOf } from "../peers.ts";
import type { Session } from "../session.ts";
import { aborted } from "../stop.ts";
import { doubtData, doubtText, heuristicData, heuristicText, reviewNext } from "../visibility.ts";
import { requireFolder } from "../workspace.ts";

/** How long one wait for the coordinator lasts before the agent looks again; it goes on for ever. */
const readyPollMs = 60_000;
/** A stop that takes longer is given up: everything that must be on disk already is. */
const closeTimeoutMs = 10_000;

interface Options {
  readonly review?: boolean;
}

/** `envpact agent`: stays connected and takes part, for one or more folders, until it is told to stop. */
export function declareAgent(host: CommandHost): void {
  host
    .declare<Options>(host.root, "agent", "stay connected and take part (--dir may be repeated)", runAgent)
    .option("--review", "vote on a change of others only after `envpact review`");
}

async function runAgent(session: Session, _operands: readonly string[], options: Options): Promise<ExitCode> {
  const { signal } = session.stop;
  const peers: Peer[] = [];
  try {
    for (const folder of new Set(session.folders)) {
      await requireFolder(folder);
      const review = options.review === true ? { review: true } : {};
      peers.push(await openPeer({ ...peerOptions(session, folder, "agent"), ...review }));
    }
    // Ends when told to, or with the reason of the last folder that the coordinator sent away for good.
    await Promise.race([aborted(signal), Promise.all(peers.map((peer) => takePart(session.output, peer)))]);
    if (!signal.aborted) return exitCodes.refused;
    return exitCodes.done;
  } finally {
    await closeAll(session.output, peers);
  }
}

/** Tells what happens to one peer; resolves when it is refused for good, after it told why. */
function takePart(output: Output, peer: Peer): Promise<void> {
  const teller = new EventTeller(output, peer);
  return new Promise((resolve) => {
    const look = (view: PeerView) => {
      teller.offline(view);
      if (view.connection === "refused") resolve();
    };
    peer.onEvent((event) => teller.tell(event));
    peer.onChange(look);
    // What happened before these listeners shows in the view.
    for (const doubt of peer.view.inDoubt) teller.inDoubt(doubt);
    for (const heuristic of peer.view.heuristics) teller.heuristic(heuristic);
    look(peer.view);
    void becomeReady(peer).then((revision) => {
      if (revision !== undefined) teller.ready(revision);
    });
  });
}

/** Resolves with the revision once the peer is at head, or with undefined when it is refused for good. */
async function becomeReady(peer: Peer): Promise<number | undefined> {
  while (peer.view.connection !== "refused") {
    const isReady = await peer.ready(readyPollMs).then(
      () => true,
      // Why it is not shows as an event, and in the view when it is final.
      () => false,
    );
    if (isReady) return peer.view.revision;
  }
  return undefined;
}

/** Turns the events of one peer into lines. */
class EventTeller {
  readonly #output: Output;
  readonly #peer: Peer;
  #lost = false;
  #refused = false;
  #doubted: string | undefined;

  constructor(output: Output, peer: Peer) {
    this.#output = output;
    this.#peer = peer;
  }

  ready(revision: number): void {
    this.#say({ event: "ready" }, `ready at revision ${revision}`, { revision });
  }

  tell(event: PeerEvent): void {
    if (event.kind === "connected") {
      // The first connection shows as `ready`.
      if (this.#lost) this.#say({ event: "connected" }, "connected", { revision: event.revision });
      this.#lost = false;
    } else if (event.kind === "disconnected") {
      this.#disconnected(event.problem);
    } else if (event.kind === "vote") {
      const vote = event.vote === "no" ? "no" : "yes";
      const { tx, author, code, reason } = event;
      const data = { tx, vote, reason: reason ?? "", author, ...(code === undefined ? {} : { code }) };
      this.#say(
        { event: "vote" },
        `votes ${vote} on a commit of ${author}${reason ? `: ${reason}` : ""}`,
        data,
      );
    } else if (event.kind === "applied") {
      const { revision, author, message, keys } = event;
      const data = { revision, keys: keys.map(({ key }) => key), items: keys.map(refOf), author, message };
      this.#say({ event: "applied" }, `applied revision ${revision} of ${author}: ${keysText(keys)}`, data);
    } else if (event.kind === "in-doubt") {
      this.inDoubt(event);
    } else if (event.kind === "resolved") {
      const { tx, outcome } = event;
      this.#say({ event: "resolved" }, `no longer in doubt: ${outcome}`, { tx, outcome });
    } else if (event.kind === "superseded") {
      const data = { keys: event.keys.map(({ key }) => key), items: event.keys.map(refOf) };
      this.#say(
        { event: "superseded" },
        `a commit replaced the local value of ${keysText(event.keys)}`,
        data,
      );
    } else if (event.kind === "review") {
      this.review(event);
    } else if (event.kind === "heuristic") {
      this.heuristic(event.heuristic);
    } else {
      const { code, message, next } = event.problem;
      this.#say({ event: "problem" }, `${message} ${next}`, { code, message, next });
    }
  }

  /** Tells of a transaction that is in doubt, once. */
  inDoubt({ tx, sinceMs, keys }: InDoubtView): void {
    if (this.#doubted === tx) return;
    this.#doubted = tx;
    const doubt = { tx, sinceMs, keys };
    const now = Date.now();
    this.#say({ event: "in-doubt" }, doubtText(doubt, now), doubtData(doubt, now));
  }

  /** Tells of a change that waits for this peer's person, once. */
  review({
    tx,
    author,
    keys,
    deadlineAtMs,
  }: Pick<ReviewView, "tx" | "author" | "keys" | "deadlineAtMs">): void {
    const data = {
      tx,
      author,
      keys: keys.map(({ key }) => key),
      items: keys.map(refOf),
      deadline: new Date(deadlineAtMs).toISOString(),
      next: reviewNext(tx),
    };
    this.#say(
      { event: "review" },
      `${author} asks for a review of ${keysText(keys)}: ${reviewNext(tx)}`,
      data,
    );
  }

  /** Tells of an outcome that was forced here. */
  heuristic(heuristic: HeuristicView): void {
    this.#say({ event: "heuristic" }, heuristicText(heuristic), heuristicData(heuristic));
  }

  /** Tells that there is no connection; a first one that fails makes no event. */
  offline({ connection, problem }: PeerView): void {
    if (connection === "offline" || connection === "refused") this.#disconnected(problem);
  }

  #disconnected(problem: Problem | undefined): void {
    const final = this.#peer.view.connection === "refused";
    if (!this.#lost) {
      this.#lost = true;
      const code = problem === undefined ? {} : { code: problem.code };
      this.#say({ event: "disconnected" }, `disconnected${problem ? `: ${problem.message}` : ""}`, code);
    }
    if (!final || this.#refused) return;
    this.#refused = true;
    if (problem) this.#output.fail(problem);
  }

  #say(event: { readonly event: string }, text: string, data: object): void {
    const { name, folder } = this.#peer.view;
    this.#output.result({ ...event, peer: name, ...data, folder }, `${name}: ${text}`);
  }
}

async function closeAll(output: Output, peers: readonly Peer[]): Promise<void> {
  const closed = Promise.all(peers.map((peer) => peer.close()));
  const late = AbortSignal.timeout(closeTimeoutMs);
  await Promise.race([closed, aborted(late)]);
  if (late.aborted) output.note("Stopping took too long; the rest is done at the next start.");
}
