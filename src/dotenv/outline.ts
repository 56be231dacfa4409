import type { DotenvDocument, Entry, Span } from "./document.ts";
import { type Heading, headingsIn } from "./headings.ts";

/** A heading with what stands below it, up to the next heading of its level or a higher one. */
export interface Section {
  readonly kind: "section";
  readonly title: string;
  /** The heading's comment lines. */
  readonly headingSpan: Span;
  /** From the heading to the end of what stands last in the section. */
  readonly span: Span;
  readonly children: readonly OutlineNode[];
}

/** An assignment; one with the same key further down may hide it. */
export interface OutlineKey {
  readonly kind: "key";
  readonly entry: Entry;
}

export type OutlineNode = Section | OutlineKey;

interface OpenSection {
  readonly heading: Heading;
  readonly children: OutlineNode[];
  end: number;
}

/** Keys and headings of a document as a tree, in file order. Holds names, no value. */
export function outlineOf(document: DotenvDocument): OutlineNode[] {
  const roots: OutlineNode[] = [];
  const open: OpenSection[] = [];
  const childrenNow = () => open.at(-1)?.children ?? roots;
  const close = (): void => {
    const { heading, children, end } = open.pop()!;
    const span = { start: heading.span.start, end };
    childrenNow().push({ kind: "section", title: heading.title, headingSpan: heading.span, span, children });
    const parent = open.at(-1);
    if (parent) parent.end = end;
  };
  const { entries } = document;
  let next = 0;
  const addKeysBefore = (offset: number): void => {
    for (; next < entries.length && entries[next]!.span.start < offset; next++) {
      const entry = entries[next]!;
      childrenNow().push({ kind: "key", entry });
      const section = open.at(-1);
      if (section) section.end = entry.span.end;
    }
  };
  for (const heading of headingsIn(document)) {
    addKeysBefore(heading.span.start);
    while (open.length > 0 && open.at(-1)!.heading.level >= heading.level) close();
    open.push({ heading, children: [], end: heading.span.end });
  }
  addKeysBefore(Number.POSITIVE_INFINITY);
  while (open.length > 0) close();
  return roots;
}
