import { describe, expect, it } from "vitest";
import { changeWord, threeWayHtml } from "../../src/extension/views/threeWayHtml.ts";
import { timelineHtml } from "../../src/extension/views/timelineHtml.ts";
import { layoutTimeline, markLooks, relativeTime } from "../../src/extension/views/timelineLayout.ts";
import { webviewPage } from "../../src/extension/views/webviewPage.ts";
import type { TraceMark, TransactionTrace } from "../../src/peer/trace.ts";

const start = new Date(2026, 10, 22, 14, 2, 3, 120).getTime();
const mark = (kind: TraceMark["kind"], peer: string, afterMs: number, text?: string): TraceMark => ({
  kind,
  peer,
  atMs: start + afterMs,
  text,
});

const trace = (parts: Partial<TransactionTrace> = {}): TransactionTrace => ({
  tx: "t7",
  author: "ana",
  message: "New gateway",
  keys: [{ env: "default", key: "API_URL" }],
  revision: 42,
  outcome: "committed",
  marks: [
    mark("submitted", "ana", 0),
    mark("prepare", "ana", 2),
    mark("prepare", "ben", 2),
    mark("yes", "ana", 9),
    mark("yes", "ben", 61_000),
    mark("committed", "ana", 61_001),
    mark("committed", "ben", 61_002),
    mark("applied", "ana", 61_010),
    mark("applied", "ben", 61_030),
  ],
  ...parts,
});

describe("the layout of a timeline", () => {
  it("has a lane a peer, the author's first, with its marks in order", () => {
    const { lanes, title, subtitle, outcomeText } = layoutTimeline(trace(), start);
    expect([title, subtitle, outcomeText]).toEqual([
      "New gateway",
      "by ana · API_URL · r42",
      "Committed as r42",
    ]);
    expect(lanes.map(({ name, marks }) => [name, marks.map(({ kind }) => kind)])).toEqual([
      ["ana", ["submitted", "prepare", "yes", "committed", "applied"]],
      ["ben", ["prepare", "yes", "committed", "applied"]],
    ]);
  });

  it("gives every mark a time of day and the time since the start", () => {
    const { events } = layoutTimeline(trace(), start);
    expect(events.slice(0, 2).map(({ relative, absolute }) => [relative, absolute])).toEqual([
      ["+0 ms", "14:02:03.120"],
      ["+2 ms", "14:02:03.122"],
    ]);
    expect(events.at(-1)?.relative).toBe("+1 min 1 s");
    expect([relativeTime(950), relativeTime(1_250), relativeTime(61_500), relativeTime(7_260_000)]).toEqual([
      "+950 ms",
      "+1.25 s",
      "+1 min 2 s",
      "+2 h 1 min",
    ]);
  });

  it("keeps marks inside and apart, also where they are a millisecond from each other", () => {
    const { lanes } = layoutTimeline(trace(), start);
    for (const { marks } of lanes) {
      const lefts = marks.map(({ left }) => left);
      for (const [index, left] of lefts.entries()) {
        expect(left).toBeGreaterThanOrEqual(0);
        expect(left).toBeLessThanOrEqual(100);
        if (index > 0) expect(left - (lefts[index - 1] ?? 0)).toBeGreaterThan(3);
      }
    }
  });

  it("keeps a lane with a mark for every moment inside, too", () => {
    const marks = Array.from({ length: 60 }, (_, index) => mark("prepare", "ana", index));
    const lefts = layoutTimeline(trace({ marks }), start).lanes[0]?.marks.map(({ left }) => left) ?? [];
    expect(Math.min(...lefts)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...lefts)).toBeLessThanOrEqual(100);
    expect(lefts).toEqual([...lefts].sort((a, b) => a - b));
  });

  it("shows from its yes to the decision that a peer is bound, without an end while it is in doubt", () => {
    const decided = layoutTimeline(trace(), start).lanes[1]?.stretches;
    expect(decided?.map(({ kind, open }) => [kind, open])).toEqual([
      ["bound", false],
      ["applying", false],
    ]);
    const marks = [mark("prepare", "me", 0), mark("yes", "me", 5), mark("inDoubt", "me", 20)];
    const doubt = layoutTimeline(trace({ marks, outcome: "unknown", revision: undefined }), start + 90_000);
    expect(doubt.lanes[0]?.stretches.map(({ kind, open }) => [kind, open])).toEqual([["bound", true]]);
    expect(doubt.outcomeText).toBe("Outcome not known here yet");
    const running = layoutTimeline(trace({ marks, outcome: "running", revision: undefined }), start + 90_000);
    expect([running.outcome, running.outcomeText]).toEqual([
      "unknown",
      "In doubt: waits for the coordinator's answer",
    ]);
    const [bound] = doubt.lanes[0]?.stretches ?? [];
    expect((bound?.left ?? 0) + (bound?.width ?? 0)).toBeCloseTo(98);
  });

  it("takes the decision from where it was heard for a peer that only tells that it has applied", () => {
    const marks = [
      mark("yes", "me", 5),
      mark("yes", "ana", 6),
      mark("committed", "me", 100),
      mark("applied", "ana", 9_000),
    ];
    const lane = layoutTimeline(trace({ author: "me", marks }), start).lanes.find(
      ({ name }) => name === "ana",
    );
    expect(lane?.stretches.map(({ kind }) => kind)).toEqual(["bound", "applying"]);
  });

  it("says why it was refused", () => {
    const marks = [
      mark("prepare", "ben", 0),
      mark("no", "ben", 4, "DRIFT: .env: API_URL was changed locally"),
    ];
    expect(layoutTimeline(trace({ marks, outcome: "aborted" }), start).outcomeText).toBe(
      "Aborted, nothing was changed: DRIFT: .env: API_URL was changed locally",
    );
  });

  it("tells every kind of mark apart by its sign alone", () => {
    const signs = Object.values(markLooks).map(({ sign }) => sign);
    expect(new Set(signs).size).toBe(signs.length);
  });

  it("shows peers by their names", () => {
    const { lanes } = layoutTimeline(trace(), start, (peer) => `${peer}'s laptop`);
    expect(lanes.map(({ name }) => name)).toEqual(["ana's laptop", "ben's laptop"]);
  });
});

describe("the timeline's page", () => {
  const html = timelineHtml(layoutTimeline(trace(), start));

  it("is a table for screen readers, with a label a mark that says peer, event and times", () => {
    expect(html).toContain('role="table"');
    expect(html.match(/role="row"/g)).toHaveLength(3);
    expect(html.match(/role="rowheader"/g)).toHaveLength(2);
    expect(html).toContain('aria-label="ana: votes yes, +9 ms, 14:02:03.129"');
    expect(html.match(/<button /g)).toHaveLength(9);
  });

  it("explains each sign that occurs, and none that does not", () => {
    const legend = html.slice(html.indexOf("legend-title"), html.indexOf("events-title"));
    expect(legend).toContain("votes yes");
    expect(legend).not.toContain("votes no");
  });

  it("lets no name or reason of another machine become markup", () => {
    const evil = `<img src=x onerror="alert(1)">`;
    const page = timelineHtml(
      layoutTimeline(
        trace({
          message: evil,
          author: evil,
          keys: [{ env: evil, key: evil }],
          marks: [mark("no", evil, 0, evil)],
        }),
        start,
      ),
    );
    expect(page).not.toContain("<img");
    expect(page).not.toContain('onerror="');
  });

  it("has no inline style, which its policy would refuse", () => {
    expect(html).not.toMatch(/\sstyle=/);
    const page = webviewPage({
      title: "T",
      cspSource: "https://own.test",
      nonce: "n0nce",
      styleUri: "https://own.test/webview.css",
      scriptUri: "https://own.test/timeline.js",
      body: html,
    });
    expect(page).toContain(
      "default-src &#39;none&#39;; style-src https://own.test; script-src &#39;nonce-n0nce&#39;",
    );
    expect(page.match(/<script/g)).toHaveLength(1);
  });
});

describe("a key three ways", () => {
  const key = {
    env: "default",
    key: "API_URL",
    base: "canary-base",
    theirs: "canary-theirs",
    mine: undefined,
    author: "ana",
    atMs: start,
    revision: 12,
  };
  const subject = { space: "team", folder: "shop", keys: [key] };

  it("is masked until it is revealed, and says what became of the value on either side", () => {
    const masked = threeWayHtml(subject, false, start);
    expect(masked).not.toContain("canary");
    expect(masked).toContain("r12 by ana, 14:02: another value");
    expect(masked).toContain("not there");
    expect(masked).toContain("deleted");
    expect(masked).toContain("Reveal Values");
    const revealed = threeWayHtml(subject, true, start);
    expect(revealed).toContain("canary-base");
    expect(revealed).toContain("canary-theirs");
    expect(revealed).toContain("Hide Values");
  });

  it("lets no value become markup", () => {
    const evil = { ...key, mine: "<script>alert(1)</script>" };
    expect(threeWayHtml({ ...subject, keys: [evil] }, true, start)).not.toContain("<script>");
  });

  it("says of a value that a commit has just replaced that it was kept", () => {
    const replaced = { ...key, mine: "canary-mine", replaced: true };
    const page = threeWayHtml({ ...subject, keys: [replaced] }, false, start);
    expect(page).toContain("another value, replaced in the file by r12, and kept");
    expect(page).not.toContain("canary");
  });

  it("names each change", () => {
    expect([
      changeWord("a", "a"),
      changeWord("a", "b"),
      changeWord("a", undefined),
      changeWord(undefined, "b"),
    ]).toEqual(["unchanged", "another value", "deleted", "added"]);
  });
});
