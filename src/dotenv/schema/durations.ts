/** Milliseconds of each unit by the names that people write. */
const unitMs: ReadonlyMap<string, number> = new Map(
  Object.entries({
    ms: 1,
    msec: 1,
    msecs: 1,
    millisecond: 1,
    milliseconds: 1,
    s: 1_000,
    sec: 1_000,
    secs: 1_000,
    second: 1_000,
    seconds: 1_000,
    m: 60_000,
    min: 60_000,
    mins: 60_000,
    minute: 60_000,
    minutes: 60_000,
    h: 3_600_000,
    hr: 3_600_000,
    hrs: 3_600_000,
    hour: 3_600_000,
    hours: 3_600_000,
    d: 86_400_000,
    day: 86_400_000,
    days: 86_400_000,
    w: 604_800_000,
    wk: 604_800_000,
    week: 604_800_000,
    weeks: 604_800_000,
  }),
);

/** The milliseconds of `30s`, `1.5 hours` or a bare number, which is milliseconds; undefined for anything else. */
export function readDuration(text: string): number | undefined {
  if (text.length > 40) return undefined;
  const found = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(text.trim());
  if (found === null) return undefined;
  const factor = found[2] === "" ? 1 : unitMs.get(found[2]!.toLowerCase());
  return factor === undefined ? undefined : Number(found[1]) * factor;
}

/** A span of milliseconds in its largest whole unit. */
export function writeDuration(ms: number): string {
  for (const [unit, factor] of [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["m", 60_000],
    ["s", 1_000],
  ] as const) {
    if (ms !== 0 && ms % factor === 0) return `${ms / factor}${unit}`;
  }
  return `${ms}ms`;
}
