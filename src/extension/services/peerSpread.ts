/** Pure: which commits are worth telling that they are not applied everywhere yet. */
import type { PeerView } from "../../peer/api.ts";

/** A commit that everybody who is there applies within this long is not spoken of, in milliseconds. */
export const spreadPatienceMs = 2_000;

/** Remembers since when the commits of one folder are not applied everywhere, so that a view does not flicker. */
export class SpreadPatience {
  #since = new Map<number, number>();
  /** When the view says more without any news, milliseconds since the epoch; undefined: not by itself. */
  againAtMs: number | undefined;

  /**
   * The view with only those commits that wait for an absent peer, or for longer than a moment.
   * @param nowMs milliseconds since the epoch
   */
  shown(view: PeerView, nowMs: number): PeerView {
    const since = new Map<number, number>();
    this.againAtMs = undefined;
    const spread = view.spread.filter(({ revision, waitingFor }) => {
      const atMs = this.#since.get(revision) ?? nowMs;
      since.set(revision, atMs);
      const isAbsent = waitingFor.some((name) =>
        view.roster.some((peer) => peer.name === name && !peer.connected),
      );
      if (isAbsent || nowMs - atMs >= spreadPatienceMs) return true;
      this.againAtMs = Math.min(this.againAtMs ?? Number.POSITIVE_INFINITY, atMs + spreadPatienceMs);
      return false;
    });
    this.#since = since;
    return spread.length === view.spread.length ? view : { ...view, spread };
  }
}
