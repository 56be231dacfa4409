import type { ScriptTokens } from "./scriptTokens.ts";

/** Patterns within patterns that are looked into. */
const patternDepthMax = 8;

/** How one gets from what is taken apart to a part of it: by the names of properties, `...` for all the rest. */
export type Steps = readonly string[];

/** What a pattern, or a mere name, binds. */
export interface Target {
  /** Names that are bound, as tokens. */
  readonly names: { readonly token: number; readonly steps: Steps }[];
  /** Braces that take an object apart, as tokens of the opening ones. */
  readonly braces: { readonly token: number; readonly steps: Steps }[];
  /** The token behind it. */
  readonly next: number;
}

/** Reads the name or pattern at a token; undefined where neither stands. */
export function targetAt(tokens: ScriptTokens, at: number): Target | undefined {
  const target: Target = { names: [], braces: [], next: at + 1 };
  const word = tokens.word(at);
  if ((word === "{" || word === "[") && tokens.opens(at)) {
    readPattern(tokens, at, [], target, 0);
    return { ...target, next: tokens.behindGroup(at) };
  }
  if (!tokens.isName(at)) return undefined;
  target.names.push({ token: at, steps: [] });
  return target;
}

function readPattern(tokens: ScriptTokens, open: number, steps: Steps, target: Target, depth: number): void {
  const isObject = tokens.word(open) === "{";
  const close = tokens.partner[open]!;
  if (isObject) target.braces.push({ token: open, steps });
  for (let at = open + 1; at < close; ) {
    const element = isObject ? elementOf(tokens, at) : { at, step: "[]" };
    const place = tokens.word(element.at) === "..." ? element.at + 1 : element.at;
    const step = place > element.at ? "..." : element.step;
    const inner = tokens.word(place);
    if ((inner === "{" || inner === "[") && tokens.opens(place)) {
      if (depth < patternDepthMax) readPattern(tokens, place, [...steps, step], target, depth + 1);
    } else if (tokens.isName(place) && tokens.word(place + 1) !== ".") {
      target.names.push({ token: place, steps: [...steps, step] });
    }
    const end = tokens.expressionEnd(element.at);
    at = Math.max(tokens.word(end) === "," ? end + 1 : end, at + 1);
  }
}

/** Where an element of an object's pattern has its target, and the property that it takes. */
function elementOf(tokens: ScriptTokens, at: number): { readonly at: number; readonly step: string } {
  if (tokens.word(at) === "[" && tokens.opens(at)) {
    const behind = tokens.behindGroup(at);
    const literal = behind === at + 3 ? tokens.literal(at + 1) : undefined;
    return { at: tokens.word(behind) === ":" ? behind + 1 : behind, step: literal ?? "[]" };
  }
  const step = tokens.literal(at) ?? tokens.word(at);
  return { at: tokens.word(at + 1) === ":" ? at + 2 : at, step };
}
