import { setTimeout as delay } from "node:timers/promises";
import type { Envpact, Line, Result } from "./envpact.ts";
import { files, lineOf, type Name, names, readTexts, readValue, sharedKeys } from "./samples.ts";
import type { Teller } from "./teller.ts";

/** Longest wait until every peer has what was committed. */
const appliedMsMax = 60_000;
/** Pause between two looks at the roster. */
const lookPauseMs = 300;
const newAddress = "https://api.example.test/v2";

/** What the scripted part works with. */
export interface Stage {
  readonly envpact: Envpact;
  readonly teller: Teller;
  /** Folder of the three workspaces. */
  readonly root: string;
  readonly folder: (name: Name) => string;
}

type Texts = Readonly<Record<Name, string>>;

/** Collects what was found true or not, and says it. */
class Proof {
  readonly #teller: Teller;
  #failures = 0;

  constructor(teller: Teller) {
    this.#teller = teller;
  }

  get holds(): boolean {
    return this.#failures === 0;
  }

  expect(text: string, isTrue: boolean): void {
    if (isTrue) this.#teller.done(text);
    else this.#teller.failed(text);
    if (!isTrue) this.#failures += 1;
  }
}

/** Shares the keys that all three files have, so that edits of them can be committed. */
export async function shareKeys(stage: Stage): Promise<void> {
  const { envpact, teller, folder } = stage;
  await envpact.ok(["share", ...sharedKeys, "--dir", folder("web")]);
  const outcome = await commit(stage, "Share what all three have");
  if (outcome.code !== 0) throw new Error(`The keys could not be shared:\n${outcome.output}`);
  await untilApplied(stage, Number(outcome.last.revision));
  teller.done(
    `${sharedKeys.join(", ")} shared: revision ${outcome.last.revision}. All other keys stay local.`,
  );
}

/** The scripted part: one commit and one refused commit. Resolves with whether all of it was true. */
export async function perform(stage: Stage): Promise<boolean> {
  const proof = new Proof(stage.teller);
  const shared = await readTexts(stage.root);
  proof.expect(
    "sharing changed no byte of the files",
    names.every((name) => shared[name] === files[name]),
  );
  const revision = await committed(stage, proof);
  await refused(stage, proof, revision);
  return proof.holds;
}

async function committed(stage: Stage, proof: Proof): Promise<number> {
  const { envpact, teller, root, folder } = stage;
  const key = "API_URL";
  teller.heading(`A commit: web changes ${key}, and all three files change`);
  const before = await readTexts(root);
  showLines(teller, "before", before, key);
  teller.command(`envpact set ${key}=${newAddress} --dir web`);
  await envpact.ok(["set", `${key}=${newAddress}`, "--dir", folder("web")]);
  const result = await commit(stage, "Version 2 of the API");
  showVotes(teller, result);
  const revision = Number(result.last.revision);
  if (result.code === 0) await untilApplied(stage, revision);
  const after = await readTexts(root);
  showLines(teller, "after", after, key);
  proof.expect(`committed as revision ${revision}`, result.last.outcome === "committed");
  proof.expect(
    `an app reads the new ${key} in all three workspaces`,
    names.every((name) => readValue(after[name], key) === newAddress),
  );
  const oldAddress = readValue(before.web, key) ?? "";
  proof.expect(
    "every other byte of the three files is as it was",
    names.every((name) => after[name] === before[name].replace(oldAddress, newAddress)),
  );
  return revision;
}

async function refused(stage: Stage, proof: Proof, revision: number): Promise<void> {
  const { envpact, teller, root, folder } = stage;
  const key = "LOG_LEVEL";
  teller.heading(`A refused commit: worker has an edit of ${key} that is not committed`);
  const edits = [
    ["worker", "debug"],
    ["web", "warn"],
  ] as const;
  for (const [name, value] of edits) {
    teller.command(`envpact set ${key}=${value} --dir ${name}`);
    await envpact.ok(["set", `${key}=${value}`, "--dir", folder(name)]);
  }
  const before = await readTexts(root);
  showLines(teller, "before", before, key);
  const result = await commit(stage, "Say less");
  showVotes(teller, result);
  const after = await readTexts(root);
  showLines(teller, "after", after, key);
  const { outcome, code, reason } = result.last;
  proof.expect(
    `refused with exit code 1 and the code ${code}`,
    result.code === 1 && outcome === "aborted" && code === "DRIFT",
  );
  const no = result.lines.find(({ event, vote }) => event === "vote" && vote === "no");
  const said = `${no?.peer} ${no?.reason}`;
  proof.expect(
    "the NO names the peer, the key and the reason",
    no?.peer === "worker" && said.includes(key) && String(reason).includes("worker"),
  );
  proof.expect(
    "no byte of the three files has changed, the uncommitted edits included",
    names.every((name) => after[name] === before[name]),
  );
  const status = await envpact.ok(["status", "--dir", folder("api")]);
  proof.expect(`the space is still at revision ${revision}`, Number(status.head) === revision);
}

async function commit({ envpact, teller, folder }: Stage, message: string): Promise<Result> {
  teller.command(`envpact commit -m "${message}" --dir web`);
  return envpact.run(["commit", "-m", message, "--dir", folder("web")]);
}

function showVotes(teller: Teller, { lines, last }: Result): void {
  for (const { event, peer, vote, reason } of lines) {
    if (event === "vote") teller.line(`      ${peer}: ${vote}${vote === "no" ? `, ${reason}` : ""}`);
  }
  const outcome =
    last.outcome === "committed" ? `committed, revision ${last.revision}` : `${last.outcome}: ${last.reason}`;
  teller.line(`      ${outcome}`);
}

function showLines(teller: Teller, when: string, texts: Texts, key: string): void {
  teller.line(`  ${when}`);
  for (const name of names) {
    const { number, text } = lineOf(texts[name], key);
    teller.line(`      ${`${name}/.env:${number}`.padEnd(15)} ${text}`);
  }
}

/** Waits until the files of all three hold a revision, as the space's roster tells it. */
async function untilApplied(stage: Stage, revision: number): Promise<void> {
  const applied = (peers: readonly Line[]) =>
    peers.every(({ appliedRevision }) => Number(appliedRevision) >= revision);
  if (!(await untilPeers(stage, applied, appliedMsMax))) {
    throw new Error(`Revision ${revision} is not in all three files after ${appliedMsMax / 1_000} s.`);
  }
}

/** Looks at the space's roster until it is as wanted; false at the deadline. */
export async function untilPeers(
  { envpact, folder }: Stage,
  wanted: (peers: readonly Line[]) => boolean,
  msMax: number,
): Promise<boolean> {
  const deadline = performance.now() + msMax;
  do {
    const { code, last } = await envpact.run(["status", "--dir", folder("worker")]);
    const peers = Array.isArray(last.peers) ? (last.peers as readonly Line[]) : [];
    if (code === 0 && peers.length > 0 && wanted(peers)) return true;
    await delay(lookPauseMs);
  } while (performance.now() < deadline);
  return false;
}
