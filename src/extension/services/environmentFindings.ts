import * as vscode from "vscode";
import type { DotenvDocument } from "../../dotenv/document.ts";
import { isRuleId, type RuleId } from "../../lint/catalog.ts";
import { lintDocument } from "../../lint/lint.ts";
import type { Finding, LintContext } from "../../lint/rule.ts";

/** Findings that the tree has words of its own for. */
const toldOtherwise: ReadonlySet<RuleId> = new Set<RuleId>(["duplicate-key", "missing-key"]);
const loud: ReadonlySet<unknown> = new Set(["error", "warning"]);
const choices: ReadonlySet<unknown> = new Set(["off", "error", "warning", "information", "hint"]);

/** Keys that an error or a warning is about, in files that are open and in files that are not. */
export function problemKeysOf(
  uri: vscode.Uri,
  document: DotenvDocument,
  surroundings: Pick<LintContext, "known" | "isExample">,
): ReadonlySet<string> {
  const findings = lintDocument(document, { ...surroundings, severities: severitiesFor(uri) });
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

function severitiesFor(uri: vscode.Uri): LintContext["severities"] {
  const chosen: unknown = vscode.workspace.getConfiguration("envpact", uri).get("lint.severity");
  if (typeof chosen !== "object" || chosen === null) return {};
  const valid = Object.entries(chosen).filter(([rule, choice]) => isRuleId(rule) && choices.has(choice));
  return Object.fromEntries(valid) as LintContext["severities"];
}
