import type { ScriptTokens } from "./scriptTokens.ts";

const typeOperator = /^(?:is|keyof|typeof|asserts|readonly|infer|extends|unique|in|new|abstract|[|&.?:])$/;

/** What goes on with the expression behind the type of an assertion. */
const endsType = /^(?:as|satisfies|\?\?|\|\||&&)$/;

/** Tokens of type arguments, brackets in them counted as one, that are looked through for their end. */
const angleTokensMax = 400;
/** Tokens of a type, counted likewise, that are looked through for its end. */
const typeTokensMax = 400;

/** The token behind `<…>` at `at`, or the next one where it does not end. */
export function behindAngles(tokens: ScriptTokens, at: number): number {
  let depth = 0;
  for (let next = at; next < tokens.count && next < at + angleTokensMax; ) {
    const word = tokens.word(next);
    if (word === "<") depth++;
    else if (word === ">" && --depth === 0) return next + 1;
    else if (word === ";" || word === ")" || word === "]" || word === "}") break;
    next = tokens.opens(next) ? tokens.behindGroup(next) : next + 1;
  }
  return at + 1;
}

/** The `<` of the type arguments or assertion that `>` at `at` ends, or -1. */
export function anglesBefore(tokens: ScriptTokens, at: number): number {
  let depth = 0;
  for (let before = at; before >= 0 && before > at - angleTokensMax; before--) {
    const word = tokens.word(before);
    if (word === ">") depth++;
    else if (word === "<" && --depth === 0) return before;
    else if (word === ";" || word === "=" || word === "(" || word === "{") return -1;
    else if ((word === ")" || word === "]" || word === "}") && tokens.partner[before]! >= 0)
      before = tokens.partner[before]!;
  }
  return -1;
}

/**
 * The token that ends the type at `at`. A type of a function's result ends where its body starts, so with
 * `isResult` at `=>` and at a brace where no type can start.
 */
export function behindType(tokens: ScriptTokens, at: number, isResult: boolean): number {
  let wantsOperand = true;
  let isConditional = false;
  let next = at;
  for (let count = 0; next < tokens.count && count < typeTokensMax; count++) {
    const word = tokens.word(next);
    if (word === "=" || word === "of" || (!wantsOperand && endsType.test(word))) return next;
    // Only a conditional type goes on with either; elsewhere an expression does.
    if (word === "extends") isConditional = true;
    else if (isResult && !isConditional && (word === "?" || word === ":")) return next;
    if (word === "=>") {
      if (isResult) return next;
      wantsOperand = true;
      next++;
    } else if (word === "{" && !wantsOperand) return next;
    else if (word === "<") {
      next = behindAngles(tokens, next);
      wantsOperand = false;
    } else if (next > at && !wantsOperand && tokens.isEnd(next)) return next;
    else if (word === ")" || word === "]" || word === "}" || word === "," || word === ";") return next;
    else if (tokens.opens(next)) {
      next = tokens.behindGroup(next);
      wantsOperand = false;
    } else {
      wantsOperand = typeOperator.test(word);
      next++;
    }
  }
  return next;
}

/** Behind the `as` and `satisfies` that follow an expression which ends before `at`. */
export function behindAssertions(tokens: ScriptTokens, at: number): number {
  let next = at;
  while (tokens.word(next) === "as" || tokens.word(next) === "satisfies") {
    next = behindType(tokens, next + 1, true);
  }
  return next;
}
