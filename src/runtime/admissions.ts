import type { CoordinatorStore } from "../commit/ports.ts";
import { systemClock } from "../drivers/clock.ts";
import type { Admission, AuthClaim, ServerSocket } from "../drivers/server.ts";
import { EnvpactError, type ErrorCode } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";
import type { ClientMessage } from "../protocol/messages.ts";
import type { HostedSpace } from "./hosting.ts";

type Of<T extends ClientMessage["t"]> = Extract<ClientMessage, { t: T }>;

/** Who may connect, create, invite, join and leave. Refuses by EnvpactError. */
export class Admissions {
  readonly #store: CoordinatorStore;

  constructor(store: CoordinatorStore) {
    this.#store = store;
  }

  /** What a connection that claims to be somebody has to prove. */
  check(claim: AuthClaim): Admission {
    if (claim.mode === "create") return { secretVerifier: this.#store.createSecret };
    if (!this.#store.spaces().includes(claim.space)) {
      return refuse(
        "SPACE_UNKNOWN",
        `There is no space ${claim.space} here.`,
        "Check the coordinator's address.",
      );
    }
    if (claim.mode === "device") {
      if (this.#store.isDevice(claim.space, claim.device)) return {};
      return refuse(
        "UNAUTHENTICATED",
        `This device is no member of ${claim.space}.`,
        "Join with an invitation.",
      );
    }
    const invitation = this.#store.invitation(claim.space, claim.invite);
    if (!invitation)
      return refuse("BAD_INVITATION", "This invitation is not known here.", "Ask for a new one.");
    const { verifier: secretVerifier, wrappedKey, usedBy, expiresAt } = invitation;
    if (usedBy !== "" && usedBy !== claim.device) {
      const used = refuse(
        "INVITATION_USED",
        "This invitation was used already.",
        "Ask for a new one: each is for one workspace.",
      );
      return { secretVerifier, ...used };
    }
    if (usedBy === "" && expiresAt <= systemClock.now()) {
      return {
        secretVerifier,
        ...refuse("INVITATION_EXPIRED", "This invitation has expired.", "Ask for a new one."),
      };
    }
    return { secretVerifier, wrappedKey };
  }

  /** Stores a new space with its owner and first invitation. Throws LIMIT, SPACE_EXISTS. */
  create(socket: ServerSocket, message: Of<"create">): void {
    if (this.#store.spaces().length >= limits.spacesMax) {
      throw new EnvpactError(
        "LIMIT",
        `This coordinator has ${limits.spacesMax} spaces already.`,
        "Use another one.",
      );
    }
    const { t: _, policy, ...invitation } = message;
    if (!this.#store.createSpace(socket.space, socket.device, { ...invitation, usedBy: "" }, policy)) {
      throw new EnvpactError(
        "SPACE_EXISTS",
        `The space ${socket.space} exists already.`,
        "Choose another name.",
      );
    }
  }

  /**
   * Handles INVITE, JOIN and LEAVE, and checks that a HELLO speaks for a peer of this device. False: the message is
   * for the space's state machine. Throws NOT_OWNER, NOT_A_PEER, NAME_TAKEN, INVITATION_USED, LIMIT, BAD_MESSAGE.
   */
  take(socket: ServerSocket, space: HostedSpace, message: ClientMessage): boolean {
    if (message.t === "join" && socket.mode === "invite") {
      this.#join(socket, space, message);
      return true;
    }
    if (socket.mode !== "device") {
      throw new EnvpactError("BAD_MESSAGE", `${message.t} is not for this connection`, "");
    }
    if (message.t === "invite") {
      this.#invite(socket, message);
      return true;
    }
    if (message.t !== "leave" && message.t !== "hello") return false;
    const member = space.member(message.peer);
    if (!member || this.#store.deviceOf(socket.space, message.peer) !== socket.device) {
      throw new EnvpactError(
        "NOT_A_PEER",
        "This peer is no member of the space, or belongs to another device.",
        "",
      );
    }
    if (message.t === "leave")
      space.change({ ...member, state: "left", reason: "left" }, socket, { t: "left" });
    return message.t === "leave";
  }

  #invite(socket: ServerSocket, message: Of<"invite">): void {
    if (!this.#store.isOwner(socket.space, socket.device)) {
      throw new EnvpactError("NOT_OWNER", `This device does not own ${socket.space}.`, "");
    }
    if (this.#store.countInvitations(socket.space, systemClock.now()) >= limits.invitationsMax) {
      throw new EnvpactError("LIMIT", `${limits.invitationsMax} invitations are open already.`, "");
    }
    const { t: _, ...invitation } = message;
    this.#store.addInvitation(socket.space, { ...invitation, usedBy: "" });
    socket.send({ t: "invited" });
  }

  #join(socket: ServerSocket, space: HostedSpace, message: Of<"join">): void {
    const { peer, name, role } = message;
    const device = this.#store.deviceOf(socket.space, peer);
    const invitation = this.#store.invitation(socket.space, socket.invite);
    // Two joins at once on one invitation: whoever comes second finds it used.
    if (invitation?.usedBy !== "" && device === undefined) {
      throw new EnvpactError("INVITATION_USED", "This invitation was used already.", "");
    }
    if (device !== undefined && device !== socket.device) {
      throw new EnvpactError("NAME_TAKEN", "This peer id belongs to another device.", "");
    }
    if (space.nameTaken(name, peer)) {
      throw new EnvpactError("NAME_TAKEN", `A peer named ${name} is in the space already.`, "");
    }
    if (space.memberCount >= limits.membersMax) {
      throw new EnvpactError("LIMIT", `The space has ${limits.membersMax} members already.`, "");
    }
    const answer = { t: "joined" as const, peer };
    if (space.isMember(peer)) {
      socket.send(answer);
      return;
    }
    this.#store.useInvitation(socket.space, socket.invite, socket.device);
    this.#store.addPeer(socket.space, peer, socket.device);
    const state = role === "observer" ? ("observer" as const) : ("syncing" as const);
    // With the device, so that the log alone says who may connect when this store is lost.
    space.change({ peer, name, role, state, reason: "joined", device: socket.device }, socket, answer);
  }
}

function refuse(code: ErrorCode, message: string, next: string): Admission {
  return { problem: { code, message, next } };
}
