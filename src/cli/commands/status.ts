import type { PeerRow, PeerView } from "../../peer/api.ts";
import { openCompanion } from "../../runtime/peers.ts";
import { exitCodes } from "../exit.ts";
import type { CommandHost } from "../host.ts";
import { keysText, keyText, readyOrNote, withPeer } from "../peers.ts";
import {
  attentionText,
  consentData,
  doubtData,
  heuristicData,
  reviewData,
  transactionData,
} from "../visibility.ts";

/** `envpact status`: where this peer and its space stand. Works offline with what is known here. */
export function declareStatus(host: CommandHost): void {
  host.declare(host.root, "status", "shared keys, drift, peers, and what is in doubt", (session) =>
    withPeer(session, openCompanion, async (peer) => {
      await readyOrNote(session, peer);
      const now = Date.now();
      session.output.result(statusData(peer.view, now), statusText(peer.view, now));
      return exitCodes.done;
    }),
  );
}

function statusData(view: PeerView, now: number): object {
  return {
    space: view.space,
    peer: view.name,
    role: view.role,
    revision: view.revision,
    head: view.head,
    ...(view.policy === undefined ? {} : { policy: view.policy }),
    connected: view.connection === "connected",
    environments: view.environments,
    shared: view.shared.map(({ env, key, revision }) => ({ env, key, revision })),
    drift: view.drift.map(({ env, key, kind }) => ({ env, key, kind })),
    peers: view.roster.map(
      ({ name, role, state, appliedRevision, connected, self, absentSinceMs, reviews }) => ({
        name,
        role,
        state,
        appliedRevision,
        connected,
        self,
        ...(absentSinceMs === undefined ? {} : { absentSince: new Date(absentSinceMs).toISOString() }),
        ...(reviews ? { reviews } : {}),
      }),
    ),
    inDoubt: view.inDoubt.map((doubt) => doubtData(doubt, now)),
    heuristics: view.heuristics.map(heuristicData),
    reviews: view.reviews.map(reviewData),
    consents: view.consents.map(consentData),
    transactions: view.transactions.map((transaction) => transactionData(transaction, view)),
    spread: view.spread,
    problems: view.fileProblems,
  };
}

function statusText(view: PeerView, now: number): string {
  const where = view.connection === "connected" ? "connected" : view.connection;
  return [
    `${view.name} in ${view.space}: ${where}, revision ${view.revision}${
      view.head > view.revision ? ` of ${view.head}` : ""
    }`,
    `Shared: ${view.shared.length === 0 ? "nothing yet" : keysText(view.shared)}`,
    ...(view.drift.length === 0 ? ["No drift."] : ["Drift:"]),
    ...view.drift.map((item) => `  ${keyText(item)}: ${item.kind}`),
    ...(view.roster.length === 0 ? ["Peers: not known without a connection"] : ["Peers:"]),
    ...view.roster.map(peerText),
    ...attentionText(view, now),
  ].join("\n");
}

function peerText(row: PeerRow): string {
  const presence =
    row.connected || row.absentSinceMs === undefined
      ? row.connected
        ? "connected"
        : "absent"
      : `absent since ${new Date(row.absentSinceMs).toISOString()}`;
  const reviews = row.reviews ? ", reviews changes" : "";
  return `  ${row.name}${row.self ? " (this)" : ""}: ${row.state}, ${presence}, revision ${row.appliedRevision}${reviews}`;
}
