import type { EnvironmentFiles, FileText } from "../commit/ports.ts";
import type { Problem } from "../protocol/errors.ts";
import type { DriftItem } from "../protocol/messages.ts";
import type { LogView } from "./logView.ts";
import type { Marks } from "./ports.ts";
import { valuesOf } from "./render.ts";

/** What differs between the files and the log. */
export interface DriftReport {
  readonly items: readonly DriftItem[];
  readonly problems: readonly Problem[];
  /** Environments whose file is not there. */
  readonly absent: ReadonlySet<string>;
}

/** Compares the files of the mapped environments with the log at `rev`; other environments cost nothing. */
export async function compareFiles(
  files: EnvironmentFiles,
  environments: Readonly<Record<string, string>>,
  log: LogView,
  rev: number,
  marks: Marks,
): Promise<DriftReport> {
  const items: DriftItem[] = [];
  const problems: Problem[] = [];
  const absent = new Set<string>();
  for (const [env, file] of Object.entries(environments)) {
    const read = await files.read(file);
    if (read.kind === "unreadable") {
      problems.push(read.problem);
      continue;
    }
    if (read.kind === "absent") absent.add(env);
    const local = valuesOf(textOf(read));
    for (const ref of log.keysAt(rev, env)) {
      const released = marks.released.some((mark) => mark.env === env && mark.key === ref.key);
      const now = local.get(ref.key);
      if (released) items.push({ env, key: ref.key, kind: "released" });
      else if (now === undefined) items.push({ env, key: ref.key, kind: "missing" });
      else if (now !== log.valueAt(ref, rev)) items.push({ env, key: ref.key, kind: "changed" });
    }
    for (const mark of marks.shared) {
      if (mark.env !== env || log.holds(mark, rev)) continue;
      if (local.has(mark.key)) items.push({ env, key: mark.key, kind: "new" });
    }
  }
  return { items, problems, absent };
}

/** The text of a file that was read; undefined when there is none. */
export function textOf(read: FileText): string | undefined {
  return read.kind === "text" ? read.text : undefined;
}
