import * as vscode from "vscode";
import type { DotenvDocument } from "../../dotenv/document.ts";
import { type RuleId, severitiesFrom } from "../../lint/catalog.ts";
import { lintDocument } from "../../lint/lint.ts";
import type { Finding, LintContext } from "../../lint/rule.ts";

/** Findings that the tree has words of its own for. */
const toldOtherwise: ReadonlySet<RuleId> = new Set<RuleId>(["duplicate-key", "missing-key"]);
const loud: ReadonlySet<unknown> = new Set(["error", "warning"]);

/** Keys that an error or a warning is about, in files that are open and in files that are not. */
export function problemKeysOf(
  uri: vscode.Uri,
  document: DotenvDocument,
  surroundings: Pick<LintContext, "known" | "isExample">,
): ReadonlySet<string> {
  const severities = severitiesFrom(vscode.workspace.getConfiguration("envpact", uri).get("lint.severity"));
  const findings = lintDocument(document, { ...surroundings, severities });
  const keys = new Set<string>();
  for (const finding of findings) {
    if (!loud.has(finding.severity) || toldOtherwise.has(finding.rule)) continue;
    const key = finding.key ?? keyAt(document, finding);
    if (key !== undefined) keys.add(key);
  }
  return keys;
}

function keyAt(document: DotenvDocument, { span }: Finding): string | undefined {
  return document.entries.find((entry) => entry.span.start <= span.start && span.start < entry.span.end)?.key;
}
