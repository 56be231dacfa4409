import type { PeerRow, PeerView } from "../../peer/api.ts";
import { openCompanion } from "../../runtime/peers.ts";
import { exitCodes } from "../exit.ts";
import type { CommandHost } from "../host.ts";
import { keysText, keyText, readyOrNote, withPeer } from "../peers.ts";

/** `envpact status`: where this peer and its space stand. Works offline with what is known here. */
export function declareStatus(host: CommandHost): void {
  host.declare(host.root, "status", "shared keys, drift, peers, and what is in doubt", (session) =>
    withPeer(session, openCompanion, async (peer) => {
      await readyOrNote(session, peer);
      session.output.result(statusData(peer.view), statusText(peer.view));
      return exitCodes.done;
    }),
  );
}

function statusData(view: PeerView): object {
  return {
    space: view.space,
    peer: view.name,
    role: view.role,
    revision: view.revision,
    head: view.head,
    connected: view.connection === "connected",
    environments: view.environments,
    shared: view.shared.map(({ env, key, revision }) => ({ env, key, revision })),
    drift: view.drift.map(({ env, key, kind }) => ({ env, key, kind })),
    peers: view.roster.map(({ name, role, state, appliedRevision, connected, self }) => ({
      name,
      role,
      state,
      appliedRevision,
      connected,
      self,
    })),
    inDoubt: view.inDoubt.map(({ tx, sinceMs, keys }) => ({
      tx,
      since: new Date(sinceMs).toISOString(),
      keys: keys.map(({ key }) => key),
    })),
    transactions: view.transactions.map(({ id, author, phase, waitingFor }) => ({
      tx: id,
      author,
      phase,
      waitingFor,
    })),
    problems: view.fileProblems,
  };
}

function statusText(view: PeerView): string {
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
    ...view.inDoubt.map(
      ({ tx, sinceMs, keys }) =>
        `In doubt since ${new Date(sinceMs).toISOString()}: ${keysText(keys)} (${tx}); it resolves when the coordinator is back.`,
    ),
    ...view.transactions.map(
      ({ author, phase, waitingFor }) =>
        `Under way: ${author}, ${phase}${waitingFor.length === 0 ? "" : `, waiting for ${waitingFor.join(", ")}`}`,
    ),
    ...view.fileProblems.map(({ message, next }) => `${message} ${next}`),
  ].join("\n");
}

function peerText(row: PeerRow): string {
  const presence =
    row.connected || row.absentSinceMs === undefined
      ? row.connected
        ? "connected"
        : "absent"
      : `absent since ${new Date(row.absentSinceMs).toISOString()}`;
  return `  ${row.name}${row.self ? " (this)" : ""}: ${row.state}, ${presence}, revision ${row.appliedRevision}`;
}
