import type { UsageKind } from "./usage.ts";
import { type Literal, Walker } from "./walker.ts";

/** The first argument of a call or an index that is a literal name. */
interface Argument extends Literal {
  /** Whether another argument follows. */
  readonly more: boolean;
}

/** Walkers of languages that ask for a variable by a string: `getenv("X")`, `ENV["X"]`. */
export abstract class CallWalker extends Walker {
  /** Sticky; the quote, the name and the closing quote are its last three groups. */
  protected abstract readonly names: RegExp;

  /** The name between brackets that open at `at`; undefined when it is put together at run time. */
  protected argument(at: number, opener: "(" | "["): Argument | undefined {
    if (this.text.charAt(at) !== opener) return undefined;
    return this.bareArgument(this.skip(at + 1), opener === "(" ? ")" : "]");
  }

  /** As {@link argument} for a list that starts at `at`, of which `closer` is the end. */
  protected bareArgument(at: number, closer: ")" | "]" | ""): Argument | undefined {
    const literal = this.literal(this.names, at);
    if (!literal) return this.#computed();
    const behind = this.skip(literal.after);
    const next = this.text.charAt(behind);
    if (next === "," && closer !== "]") {
      const following = this.skip(behind + 1);
      return { ...literal, more: this.text.charAt(following) !== closer || closer === "" };
    }
    if (closer !== "" && next === closer) return { ...literal, after: behind + 1, more: false };
    return closer === "" || this.incomplete ? { ...literal, more: false } : this.#computed();
  }

  #computed(): undefined {
    this.isDynamic = true;
    return undefined;
  }

  /** Notes a usage and returns where reading goes on: behind the literal, so that quotes stay paired. */
  protected found(argument: Argument, kind: UsageKind, hasDefault: boolean): number {
    this.add(argument, kind, "text", hasDefault);
    return argument.after;
  }
}
