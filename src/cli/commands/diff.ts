import type { Peer, RevealedChange, ThreeWay } from "../../peer/api.ts";
import { openCompanion } from "../../runtime/peers.ts";
import { revisionNumber, usageError } from "../arguments.ts";
import { exitCodes } from "../exit.ts";
import type { CommandHost } from "../host.ts";
import type { Output } from "../output.ts";
import { keyText, readyOrNote, refOf, withPeer } from "../peers.ts";
import { changeText } from "../revisions.ts";

/** `envpact diff [REV[..REV]]`: what differs, by name; the values only with `--reveal`. */
export function declareDiff(host: CommandHost): void {
  host
    .declare<{ reveal?: boolean }>(
      host.root,
      "diff [revisions]",
      "what differs: this folder from the space, REV from now, or REV..REV",
      (session, [revisions], options) => {
        const range = revisions === undefined ? undefined : rangeOf(revisions);
        return withPeer(session, openCompanion, async (peer) => {
          await readyOrNote(session, peer);
          const reveal = options.reveal === true;
          if (range) tellChanges(session.output, await changesOf(peer, range), reveal);
          else tellDrift(session.output, await driftOf(peer), reveal);
          return exitCodes.done;
        });
      },
    )
    .option("--reveal", "print the values");
}

interface Range {
  readonly from: number;
  readonly to: number | undefined;
}

function rangeOf(text: string): Range {
  const [from = "", to, ...more] = text.split("..");
  if (more.length > 0) throw usageError("Two revisions at most can be compared.", "Write REV..REV.");
  return {
    from: revisionNumber(from),
    to: to === undefined || to === "" ? undefined : revisionNumber(to),
  };
}

function changesOf(peer: Peer, { from, to }: Range): Promise<readonly RevealedChange[]> {
  return peer.compare(from, to ?? peer.view.head);
}

function tellChanges(output: Output, changes: readonly RevealedChange[], reveal: boolean): void {
  for (const change of changes) {
    const { env, key, op, before, after } = change;
    output.result(
      { env, key, op, ...(reveal ? { before: before ?? null, after: after ?? null } : {}) },
      reveal ? `${keyText(change)}: ${shown(before)} -> ${shown(after)}` : changeText(change),
    );
  }
  if (changes.length === 0) output.note("No difference.");
}

interface Difference extends ThreeWay {
  readonly kind: string;
}

/** Every key that differs, whether it drifts or was forced. */
async function driftOf(peer: Peer): Promise<readonly Difference[]> {
  const { drift, heuristics } = peer.view;
  const forced = heuristics
    .filter(({ status }) => status === "mixed")
    .flatMap(({ keys }) => keys)
    .filter((ref) => !drift.some(({ env, key }) => env === ref.env && key === ref.key));
  const kinds = [...drift, ...forced.map((ref) => ({ ...ref, kind: "forced" }))];
  return Promise.all(
    kinds.map(async ({ env, key, kind }) => ({ ...(await peer.threeWay({ env, key })), kind })),
  );
}

function tellDrift(output: Output, differences: readonly Difference[], reveal: boolean): void {
  for (const difference of differences) {
    const { kind, base, theirs, mine, author, atMs, revision } = difference;
    const values = { base: base ?? null, theirs: theirs ?? null, mine: mine ?? null };
    const origin = revision === 0 ? {} : { revision, author, at: new Date(atMs).toISOString() };
    const by = revision === 0 ? "not in the space" : `space: r${revision} by ${author}`;
    output.result(
      { ...refOf(difference), kind, ...origin, ...(reveal ? values : {}) },
      [
        `${keyText(difference)}: ${kind} (${by})`,
        ...(reveal
          ? [`  base   ${shown(base)}`, `  theirs ${shown(theirs)}`, `  mine   ${shown(mine)}`]
          : []),
      ].join("\n"),
    );
  }
  if (differences.length === 0) output.note("No difference.");
}

function shown(value: string | undefined): string {
  return value === undefined ? "(nothing)" : JSON.stringify(value);
}
