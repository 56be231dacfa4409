/** Pure: the rows of a space's members. */
import type { PeerRow, PeerView } from "../../peer/api.ts";
import { passed, quiet, row, type SpaceRow, warning } from "./spaceRow.ts";
import { counted, timeWord } from "./spaceWords.ts";

/** The members that have not left, this peer first, then by name. */
export function membersOf(view: PeerView): readonly PeerRow[] {
  return view.roster
    .filter((peer) => peer.state !== "left")
    .sort((a, b) => Number(b.self) - Number(a.self) || (a.name < b.name ? -1 : 1));
}

/** `2/3 peers`. */
export function peersWords(view: PeerView): string {
  const members = membersOf(view);
  const here = members.filter((peer) => peer.connected).length;
  return `${here}/${counted(members.length, "peer")}`;
}

/** How many members there are and, as long as somebody tells, how many of them are connected. */
export function presenceWords(view: PeerView): string {
  return view.connection === "connected"
    ? `${peersWords(view)} connected`
    : `${counted(membersOf(view).length, "peer")}, as last heard`;
}

/** The section of the members. */
export function peersRow(id: string, view: PeerView, nowMs: number): SpaceRow {
  const members = membersOf(view);
  return row({
    // Another id once there is somebody in it: VS Code keeps a row that was empty closed.
    id: `${id}#peers:${members.length === 0 ? "empty" : "filled"}`,
    kind: "peers",
    folder: id,
    label: "Peers",
    description: presenceWords(view),
    icon: "organization",
    children: members.map((peer) => peerRow(id, view, peer, nowMs)),
    expanded: true,
  });
}

function peerRow(id: string, view: PeerView, peer: PeerRow, nowMs: number): SpaceRow {
  const words: string[] = peer.self ? ["you", peer.role] : [peer.role];
  if (peer.state !== peer.role) words.push(peer.state);
  if (!peer.connected) {
    words.push(
      peer.absentSinceMs === undefined ? "absent" : `absent since ${timeWord(peer.absentSinceMs, nowMs)}`,
    );
  }
  const isHeard = peer.connected || peer.appliedRevision > 0;
  if (isHeard && peer.appliedRevision !== view.head) words.push(`at r${peer.appliedRevision}`);
  if (peer.drift > 0) words.push(counted(peer.drift, "change"));
  const [icon, color] = !peer.connected
    ? ["circle-outline", quiet]
    : peer.state === "syncing"
      ? ["sync", warning]
      : [peer.role === "observer" ? "eye" : "circle-filled", passed];
  return row({
    id: `${id}#peer:${peer.peer}`,
    kind: "peer",
    folder: id,
    label: peer.name,
    description: words.join(" · "),
    tooltip: [
      peer.name,
      ...words,
      isHeard ? `applied r${peer.appliedRevision}` : "not heard of since the coordinator started",
    ].join("\n"),
    icon: icon ?? "circle-outline",
    // Nobody tells of the others while this peer is offline.
    color: view.connection === "connected" ? color : quiet,
  });
}
