import { createHash } from "node:crypto";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import {
  catalog,
  documentationOf,
  type RuleId,
  ruleIds,
  type Severity,
  type SeverityChoice,
} from "../lint/catalog.ts";
import type { Problem } from "../protocol/errors.ts";
import type { LintFix, LintLine, LintResult, Region } from "./lintFile.ts";

type Level = "error" | "warning" | "note";

const levels: Readonly<Record<Severity, Level>> = {
  error: "error",
  warning: "warning",
  information: "note",
  hint: "note",
};

/** The folder that was checked; who reads the log knows where it lies on its own machine. */
const rootId = "%SRCROOT%";

/** What GitHub sorts findings by that are about security; CWE-312 is a secret that lies in clear. */
const security = {
  tags: ["security", "external/cwe/cwe-312"],
  precision: "medium",
  "security-severity": "7.0",
};

/** The name of the fingerprint below, with the version of how it is made. */
const fingerprintName = "envpactFinding/v1";

/**
 * Findings as a SARIF 2.1.0 log (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html). Files below
 * `folder` (absolute) are given relative to it, others by their address; no value is in it. `failures` kept files from
 * being checked.
 */
export function sarifOf(
  results: readonly LintResult[],
  version: string,
  folder: string,
  failures: readonly Problem[] = [],
): object {
  const fingerprints = new Fingerprints();
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "Envpact",
            informationUri: "https://github.com/envpact/envpact",
            version,
            semanticVersion: version,
            rules: ruleIds.map(descriptorOf),
          },
        },
        originalUriBaseIds: { [rootId]: { description: { text: "The folder that was checked." } } },
        columnKind: "utf16CodeUnits",
        // A lone CR ends a line too, which SARIF does not expect by itself.
        newlineSequences: ["\r\n", "\n", "\r"],
        invocations: [invocationOf(failures)],
        results: results.map(({ line, related, fixes }) => ({
          ruleId: line.rule,
          ruleIndex: ruleIds.indexOf(line.rule),
          level: levels[line.severity],
          message: { text: line.message },
          locations: [locationOf(line, folder)],
          ...(related.length > 0
            ? {
                relatedLocations: related.map((place, id) => ({
                  id,
                  ...locationOf(place, folder),
                  message: { text: place.message },
                })),
              }
            : {}),
          ...(fixes.length > 0 ? { fixes: fixes.map((fix) => fixOf(fix, line.file, folder)) } : {}),
          partialFingerprints: { [fingerprintName]: fingerprints.of(line) },
        })),
      },
    ],
  };
}

function descriptorOf(id: RuleId): object {
  const { doc } = catalog[id];
  const severity: SeverityChoice = catalog[id].severity;
  const page = documentationOf(id);
  return {
    id,
    name: id.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: { text: doc },
    fullDescription: { text: doc },
    help: {
      text: `${doc} How to mend it: ${page}`,
      markdown: `${doc} [How to mend it](${page})`,
    },
    helpUri: page,
    defaultConfiguration:
      severity === "off" ? { enabled: false, level: "note" } : { enabled: true, level: levels[severity] },
    ...(id === "secret-in-tracked-file" ? { properties: security } : {}),
  };
}

/** What kept files from being checked. Findings are no failure of the check. */
function invocationOf(failures: readonly Problem[]): object {
  if (failures.length === 0) return { executionSuccessful: true };
  return {
    executionSuccessful: false,
    toolExecutionNotifications: failures.map(({ code, message, next }) => ({
      descriptor: { id: code },
      level: "error",
      message: { text: next === "" ? message : `${message} ${next}` },
    })),
  };
}

function fixOf({ title, replacements }: LintFix, file: string, folder: string): object {
  return {
    description: { text: title },
    artifactChanges: [
      {
        artifactLocation: artifactOf(file, folder),
        replacements: replacements.map(({ region, text }) => ({
          deletedRegion: regionIn(region),
          ...(text === "" ? {} : { insertedContent: { text } }),
        })),
      },
    ],
  };
}

function locationOf(line: LintLine, folder: string): object {
  return { physicalLocation: { artifactLocation: artifactOf(line.file, folder), region: regionIn(line) } };
}

function artifactOf(file: string, folder: string): object {
  const path = resolve(folder, file);
  const below = relative(folder, path);
  const isBelow = below !== "" && !isAbsolute(below) && below.split(sep)[0] !== "..";
  return isBelow
    ? { uri: below.split(sep).map(encodeURIComponent).join("/"), uriBaseId: rootId }
    : { uri: pathToFileURL(path).href };
}

function regionIn({ line, column, endLine, endColumn }: Region): object {
  return { startLine: line, startColumn: column, endLine, endColumn };
}

/**
 * Names findings so that a code host knows them again when lines move: by file, rule and key, counted where several are
 * alike. The text of the line is left out, for a hash of a short secret can be guessed.
 */
class Fingerprints {
  readonly #counts = new Map<string, number>();

  of({ file, rule, key = "" }: LintLine): string {
    const what = JSON.stringify([file.replaceAll("\\", "/"), rule, key]);
    const nth = this.#counts.get(what) ?? 0;
    this.#counts.set(what, nth + 1);
    return createHash("sha256").update(`${what}:${nth}`).digest("hex");
  }
}
