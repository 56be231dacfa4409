import type { CommitOptions, KeyRef } from "../../src/peer/api.ts";
import type { Role } from "../../src/protocol/record.ts";
import { brokenMark, type Checker } from "./checker.ts";
import { firstText, hostileEdit, mended, newValue, sharedKeys, usualEdit, withKey } from "./files.ts";
import { Folder } from "./folder.ts";
import { PeerHost, type Setting } from "./peer.ts";
import { peersMax } from "./plan.ts";

const files = { dev: ".env", prod: ".env.production" } as const;

/** The file of each environment that a workspace maps. */
type Mapping = Readonly<Record<string, string>>;

/** The people of a run: their workspaces, and what they do to them. */
export class Users {
  readonly peers: PeerHost[] = [];
  readonly #setting: Setting;
  readonly #checker: Checker;
  readonly #earlier = new Map<string, string[]>();
  readonly #joining = new Set<string>();
  /** Folders that were joined with a second time. */
  readonly #reused = new Set<Folder>();
  #numbers = 0;

  constructor(setting: Setting) {
    this.#setting = setting;
    this.#checker = setting.checker;
  }

  #number(): number {
    this.#numbers += 1;
    return this.#numbers;
  }

  /** Peers that have not left. */
  get present(): PeerHost[] {
    return this.peers.filter((peer) => !peer.gone);
  }

  get joining(): number {
    return this.#joining.size;
  }

  /** A workspace joins; it is a peer when the coordinator says so, and asks again until then. */
  join(role: Role, environments: Mapping, before?: Folder): void {
    const { world, coordinator } = this.#setting;
    const { id, folder } = this.#workspace(before);
    this.#joining.add(id);
    const ask = () => {
      if (!this.#joining.has(id)) return;
      coordinator.join(id, role, () => {
        if (this.#joining.delete(id)) this.#enter(id, role, environments, folder);
      });
      world.schedule(2_000, undefined, ask);
    };
    ask();
  }

  /** The space exists already, and these are its members; the peers have yet to hear of it. */
  establish(members: readonly { readonly role: Role; readonly environments: Mapping }[]): void {
    const drawn = members.map((member) => ({ ...member, ...this.#workspace(undefined) }));
    this.#setting.coordinator.establish(drawn);
    for (const { id, role, environments, folder } of drawn) this.#enter(id, role, environments, folder);
  }

  /** A name, and a folder with the files that were in it before. */
  #workspace(before: Folder | undefined): { readonly id: string; readonly folder: Folder } {
    const { world } = this.#setting;
    const number = this.#number();
    const id = `p${number}`;
    const folder = before ?? new Folder(world, `/w/${id}`);
    if (!before) {
      for (const file of Object.values(files)) {
        if (world.random.chance(0.85)) folder.edit(file, firstText(world.random, number));
      }
    }
    return { id, folder };
  }

  #enter(id: string, role: Role, environments: Mapping, folder: Folder): void {
    const { random, plan } = this.#setting.world;
    const reviews = role === "voter" && random.chance(plan.reviewers);
    const who = { id, role, environments, reviews };
    const peer = new PeerHost(this.#setting, who, folder, () => this.#disturb(peer));
    this.peers.push(peer);
    peer.start();
    if (random.chance(plan.secondWindows)) peer.openSecondWindow();
  }

  /** A role and a mapping for somebody who joins. */
  drawPeer(): { role: Role; environments: Mapping } {
    const { random } = this.#setting.world;
    const role = random.chance(0.2) ? ("observer" as const) : ("voter" as const);
    const mapping = random.below(10);
    if (mapping < 6) return { role, environments: files };
    if (mapping < 8) return { role, environments: { dev: files.dev } };
    return { role, environments: mapping < 9 ? { prod: files.prod } : {} };
  }

  /** Somebody does something. */
  act(): void {
    const { world } = this.#setting;
    const { random, plan } = world;
    const peer = this.present.length === 0 ? undefined : random.pick(this.present);
    if (random.chance(plan.membership)) {
      this.#changeMembership(peer);
      return;
    }
    if (!peer) return;
    if (random.chance(0.6) && this.#review(peer)) return;
    const choice = random.below(20);
    if (choice < 5) this.#edit(peer);
    else if (choice < 7) this.#share(peer);
    else if (choice < 11) this.#commitSome(peer);
    else if (choice < 14) this.#change(peer);
    else if (choice < 16) this.#rush();
    else this.#other(peer, choice);
  }

  /** The person at this peer answers what waits for them, if anything does. */
  #review(peer: PeerHost): boolean {
    if (!peer.identity.reviews) return false;
    const [review] = peer.running?.view.reviews ?? [];
    if (!review) return false;
    const { random, faulty } = this.#setting.world;
    const accept = !faulty || random.chance(0.7);
    peer.ask(`review ${review.tx}: ${accept}`, (running) => running.review(review.tx, accept));
    return true;
  }

  /** Who cannot wait for what is in doubt ends it by force; who did so takes note, some time, of what became of it. */
  decide(): void {
    const { random } = this.#setting.world;
    for (const peer of this.present) {
      const { prepared, heuristics = [] } = peer.journal.written;
      const [doubt] = prepared ? (peer.running?.view.inDoubt ?? []) : [];
      const known = heuristics.find(({ status }) => status !== "pending");
      if (doubt) peer.force(doubt.tx, random.chance(0.5) ? "commit" : "abort");
      else if (known && random.chance(0.3)) peer.resync(known.tx);
    }
  }

  /** Everybody accepts what waits for them: the healed part of a run must not wait for people. */
  reviewAll(): void {
    for (const peer of this.present) this.#review(peer);
  }

  /** Sets a shared key and commits it. */
  #change(peer: PeerHost): void {
    const ref = this.#setting.world.random.pick(this.#refs(peer));
    if (ref) this.#commitKey(peer, ref);
  }

  /** Several commit at once: what touches different keys may share a revision, the rest is in conflict. */
  #rush(): void {
    const { random } = this.#setting.world;
    for (const peer of this.present) if (random.chance(0.6)) this.#change(peer);
  }

  /** A vote for this peer's files was just forced: somebody may touch them before its outcome is known. */
  #disturb(peer: PeerHost): void {
    const { world } = this.#setting;
    const meanMs = world.plan.latencyMs + 2 * world.plan.diskMs;
    if (Number.isFinite(world.plan.forceEveryMs)) this.#loseCoordinator(peer, meanMs);
    if (!world.faulty || !world.random.chance(world.plan.editsInDoubt)) return;
    world.schedule(world.random.exponential(meanMs), undefined, () => {
      if (!world.faulty) return;
      if (world.random.chance(0.7)) this.#edit(peer);
      else
        for (const file of Object.values(files)) peer.folder.refuseRenames(file, 1 + world.random.below(4));
    });
  }

  /** Where people do not wait, doubts come more often than by chance: the coordinator is lost right after a promise. */
  #loseCoordinator(peer: PeerHost, meanMs: number): void {
    const { world, network, coordinator } = this.#setting;
    if (!world.faulty || !world.random.chance(0.15)) return;
    world.schedule(world.random.exponential(meanMs), undefined, () => {
      if (!world.faulty) return;
      if (world.random.chance(0.5)) network.partition(peer.id, true, true);
      else coordinator.running?.process.crash("kill");
    });
  }

  #changeMembership(peer: PeerHost | undefined): void {
    const { random } = this.#setting.world;
    if (!peer || (random.chance(0.6) && this.present.length + this.joining < peersMax)) {
      const drawn = this.drawPeer();
      const left = this.peers.filter((one) => one.gone && !this.#reused.has(one.folder));
      const old = left.length > 0 && random.chance(0.5) ? random.pick(left) : undefined;
      if (old) this.#reused.add(old.folder);
      // The folder's lock lets the next one in when the old process has ended.
      old?.left();
      this.join(drawn.role, drawn.environments, old?.folder);
      return;
    }
    peer.ask(
      "leave",
      (running) => running.leave(),
      () => {
        if (peer.store.removed) peer.left();
        // It may have left and be closed all the same: whoever starts it again finds out.
        else peer.process?.crash("kill");
      },
    );
  }

  #edit(peer: PeerHost): void {
    const { world } = this.#setting;
    const file = world.random.pick(Object.values(files));
    if (world.random.chance(world.plan.hostileEdits)) {
      const { what, ...edit } = hostileEdit(
        world.random,
        peer.folder,
        file,
        this.#earlier.get(peer.id + file) ?? [],
        world.now,
      );
      world.note(() => `${peer.id}: user ${what} ${file}`);
      if ("text" in edit) this.#write(peer, file, edit.text);
      return;
    }
    world.note(() => `${peer.id}: user edits ${file}`);
    this.#write(peer, file, usualEdit(world.random, peer.folder.text(file) ?? "", this.#number()));
  }

  #write(peer: PeerHost, file: string, text: string | undefined): void {
    const before = peer.folder.text(file);
    if (before !== undefined) {
      const earlier = this.#earlier.get(peer.id + file) ?? [];
      this.#earlier.set(peer.id + file, [...earlier.slice(-4), before]);
    }
    const [env] = Object.entries(files).find(([, name]) => name === file)!;
    if (env in peer.identity.environments) this.#checker.edited(peer.id, env, before, text);
    peer.folder.edit(file, text);
  }

  #refs(peer: PeerHost): KeyRef[] {
    const envs = Object.keys(peer.identity.environments);
    return envs.flatMap((env) => sharedKeys.map((key) => ({ env, key })));
  }

  #share(peer: PeerHost): void {
    const { random } = this.#setting.world;
    const text = Object.entries(peer.identity.environments);
    const present = this.#refs(peer).filter(({ env, key }) =>
      peer.folder.text(text.find(([name]) => name === env)?.[1] ?? "")?.includes(`${key}=`),
    );
    const keys = random.some(present);
    if (keys.length > 0) peer.ask(`share ${keys.map((ref) => ref.key)}`, (running) => running.share(keys));
  }

  #commitSome(peer: PeerHost): void {
    const { world } = this.#setting;
    const drift = peer.running?.view.drift ?? [];
    const keys = world.random.chance(0.6) ? undefined : world.random.some(drift);
    const cancel = new AbortController();
    if (world.random.chance(0.08)) {
      world.schedule(world.random.exponential(500), peer.process, () => cancel.abort());
    }
    const policy = world.random.pick([undefined, undefined, undefined, "detach", "wait", "strict"] as const);
    const timeoutMs = world.random.pick([2_000, 20_000, 60_000]);
    this.#commit(peer, keys, { timeoutMs, signal: cancel.signal, ...(policy ? { policy } : {}) });
  }

  #commit(
    peer: PeerHost,
    chosen: readonly KeyRef[] | undefined,
    options: Omit<CommitOptions, "message">,
  ): void {
    const message = `commit ${this.#number()}`;
    const reviewMs = this.#setting.world.random.pick([2_000, 20_000]);
    peer.ask(
      message,
      (running) => running.commit(chosen, { message, reviewMs, ...options }),
      (outcome) => this.#checker.settled(message, outcome),
    );
  }

  #other(peer: PeerHost, choice: number): void {
    const { random } = this.#setting.world;
    const drift = peer.running?.view.drift ?? [];
    if (choice === 16) {
      const keys = random.chance(0.5) ? undefined : random.some(drift);
      peer.ask("discard", (running) => running.discard(keys));
    } else if (choice === 17) {
      const revision = 1 + random.below(Math.max(1, this.#checker.log.head.rev));
      const message = `revert ${revision} as ${this.#number()}`;
      peer.ask(
        message,
        (running) => running.revert(revision, undefined, { message, timeoutMs: 20_000, reviewMs: 20_000 }),
        (outcome) => this.#checker.settled(message, outcome),
      );
    } else if (choice === 18) {
      const keys = [random.pick(this.#refs(peer))].filter((ref) => ref !== undefined);
      peer.ask(`unshare ${keys.map((ref) => ref.key)}`, (running) => running.unshare(keys));
    } else if (random.chance(0.5)) peer.ask("allow", (running) => running.allow(["LD_PRELOAD"]));
    else peer.ask("refresh", (running) => running.refresh());
  }

  /** Nothing stands in anybody's way any more: files can be read and written, and say what they seem to say. */
  heal(): void {
    for (const peer of this.peers) {
      peer.folder.heal();
      for (const file of Object.values(files)) {
        const text = peer.folder.text(file);
        if (text?.includes(brokenMark)) this.#write(peer, file, mended(text));
      }
    }
  }

  /** Sets, shares and commits a key of its own. */
  commitNew(peer: PeerHost, key: string): void {
    const [env] = Object.keys(peer.identity.environments);
    // By another policy a voter that is gone without anybody knowing yet fails every attempt at once.
    if (env !== undefined) this.#commitKey(peer, { env, key }, { policy: "detach", reviewMs: 20_000 });
  }

  #commitKey(peer: PeerHost, ref: KeyRef, options: Pick<CommitOptions, "policy" | "reviewMs"> = {}): void {
    const { random } = this.#setting.world;
    const file = peer.identity.environments[ref.env]!;
    const value = newValue(random, this.#number());
    this.#write(peer, file, withKey(random, peer.folder.text(file) ?? "", ref.key, value));
    peer.ask(
      `share ${ref.key}`,
      (running) => running.share([ref]),
      () => this.#commit(peer, [ref], { timeoutMs: 60_000, ...options }),
    );
  }
}
