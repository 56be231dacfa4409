import { keyAt } from "../../dotenv/assignments.ts";
import type { DotenvDocument } from "../../dotenv/document.ts";
import { recordLength } from "../../dotenv/statements.ts";
import type { RecordReferences } from "../references.ts";
import type { Match, Rule, RuleContext } from "../rule.ts";

/** Keys of a ring that a message names at most. */
const namesInMessageMax = 5;

interface Step {
  readonly of: RecordReferences;
  next: number;
}

/**
 * Reports each reference that closes a ring: of a value to itself, or through others. A value that refers to its own
 * name with a default, or to one that is set outside of the file, is a usual way to let that one win.
 */
export const circularReference: Rule = {
  id: "circular-reference",
  notInSchemas: true,
  run(document, context) {
    return new Search(document, context).run();
  },
};

/** Goes through the references depth first, with a stack of its own: chains may be long. */
class Search {
  readonly #document: DotenvDocument;
  readonly #context: RuleContext;
  readonly #done = new Set<number>();
  readonly #path: Step[] = [];
  readonly #onPath = new Set<number>();
  readonly #matches: Match[] = [];

  constructor(document: DotenvDocument, context: RuleContext) {
    this.#document = document;
    this.#context = context;
  }

  run(): Match[] {
    const all = this.#context.references.effective();
    // Most references are to plain values, and one look each tells so.
    const refers = new Uint8Array(this.#document.statements.length / recordLength);
    for (const { record } of all) refers[record / recordLength] = 1;
    for (const { record, targets } of all) {
      if (!targets.some((target) => target !== -1 && refers[target / recordLength] === 1)) continue;
      this.#enter(record);
      for (let step = this.#path.at(-1); step !== undefined; step = this.#path.at(-1)) this.#advance(step);
    }
    return this.#matches;
  }

  #enter(record: number): void {
    const of = this.#context.references.of(record);
    if (of === undefined || this.#done.has(record)) return;
    this.#path.push({ of, next: 0 });
    this.#onPath.add(record);
  }

  #advance(step: Step): void {
    const { record, references, targets } = step.of;
    const index = step.next++;
    if (index === references.length) {
      this.#done.add(record);
      this.#onPath.delete(record);
      this.#path.pop();
    } else if (this.#onPath.has(targets[index]!)) this.#report(step.of, index);
    else this.#enter(targets[index]!);
  }

  #report({ record, references, targets }: RecordReferences, index: number): void {
    const { part } = references[index]!;
    const target = targets[index]!;
    const key = keyAt(this.#document, record);
    if (target === record && (part.operator !== undefined || this.#context.known.has(key))) return;
    const ring = this.#path.slice(this.#path.findIndex(({ of }) => of.record === target));
    const names = ring.slice(0, namesInMessageMax).map(({ of }) => keyAt(this.#document, of.record));
    const more = ring.length > names.length ? ` and ${ring.length - names.length} more` : "";
    const message =
      ring.length === 1
        ? `The value of ${key} refers to itself, and nothing else defines ${key}: readers that expand put nothing in its place.`
        : `The value of ${key} refers to itself through others (${names.join(", ")}${more}): no reader can expand all of them.`;
    const related = ring
      .slice(0, namesInMessageMax)
      .filter(({ of }) => of.record !== record)
      .map(({ of }) => {
        const other = this.#document.entryOf(of.record);
        return { span: other.keySpan, message: `${other.key} is a part of the ring.` };
      });
    const span = this.#context.references.place(record, part);
    this.#matches.push({ span, key, message, ...(related.length > 0 ? { related } : {}) });
  }
}
