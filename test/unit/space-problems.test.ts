import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { outcomeWords } from "../../src/extension/commands/spaceOutcome.ts";
import { editorProblem, stepAfter } from "../../src/extension/views/problemWords.ts";
import { rootRows } from "../../src/extension/views/spaceModel.ts";
import { problemText } from "../../src/extension/views/spaceWords.ts";
import { errorCodes } from "../../src/protocol/errors.ts";

const root = join(import.meta.dirname, "../..");
const { contributes } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  contributes: { commands: readonly { command: string; title: string }[] };
};
const commandLine = /envpact [a-z]+|\s--[a-z]/;

/** Every text that shared code holds in which a command of `envpact`, or an option, is written. */
function commandLineTexts(): readonly string[] {
  const files = ["crypto", "commit", "drivers", "peer", "protocol", "runtime"].flatMap((folder) =>
    readdirSync(join(root, "src", folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => readFileSync(join(root, "src", folder, name), "utf8")),
  );
  return files
    .flatMap((text) => [...text.matchAll(/"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g)])
    .map((match) => match[1] ?? match[2] ?? "")
    .filter((text) => commandLine.test(text));
}

describe("A problem in the editor", () => {
  it("never sends its reader to the command line, whatever its code and wherever it came from", () => {
    const texts = commandLineTexts();
    expect(texts.length).toBeGreaterThan(15);
    for (const code of errorCodes) {
      for (const next of [...texts, ""]) {
        const text = problemText({ code, message: "It failed.", next });
        expect(text, `${code}: ${next}`).not.toMatch(commandLine);
        expect(text.length, `${code} says what to do`).toBeGreaterThan("It failed. ".length);
      }
      expect(stepAfter(code), code).not.toMatch(commandLine);
    }
  });

  it("keeps a next step that anybody can take", () => {
    const next = "Free some space, then try again.";
    const text = problemText({ code: "FILE_NOT_WRITABLE", message: ".env cannot be written", next });
    expect(text).toBe(".env cannot be written. Free some space, then try again.");
  });

  it("offers the command that carries the step out, by the name that the palette has", () => {
    const titles = new Map(contributes.commands.map(({ command, title }) => [command, title]));
    const offered = errorCodes.flatMap((code) => {
      const { action } = editorProblem({ code, message: "It failed.", next: "" });
      return action === undefined ? [] : [action];
    });
    expect(offered.map(({ title }) => title)).toEqual(
      expect.arrayContaining(["Discard Change…", "Join Space…", "Leave Space…", "Show Space"]),
    );
    for (const { command, title } of offered)
      expect(titles.get(command)?.replace("…", "")).toBe(title.replace("…", ""));
  });

  it("offers to discard where a whole file is gone, and not where a link leads nowhere", () => {
    const gone = "Put the values back with `envpact discard`, or name the keys that shall be deleted.";
    const code = "FILE_MISSING";
    expect(editorProblem({ code, message: ".env is not there", next: gone }).action?.title).toBe(
      "Discard Change…",
    );
    const link = "Create the file that it points to, or remove the link.";
    expect(editorProblem({ code, message: ".env leads nowhere", next: link }).action).toBeUndefined();
  });

  it("is told in the same words by a row of the view", () => {
    const problem = {
      code: "NOT_A_PEER",
      message: "No peer here",
      next: "Join: envpact join INVITE",
    } as const;
    const model = { id: "f", name: "web", condition: { kind: "failed", problem }, last: undefined } as const;
    const [row] = rootRows([model], 0);
    expect(row?.description).toBe("No peer here. Choose Join Space and paste an invitation.");
  });

  it("is told without the path of the folder, which would hide what happened", () => {
    const message = "/home/my shop/web/.envpact.json: is not JSON";
    const problem = { code: "BAD_CONFIG", message, next: "Mend the file." } as const;
    const id = "file:///home/my%20shop/web";
    const model = { id, name: "web", condition: { kind: "failed", problem }, last: undefined } as const;
    expect(rootRows([model], 0)[0]).toMatchObject({
      label: "Space not open",
      description: ".envpact.json: is not JSON. Mend the file.",
    });
  });

  it("leaves out the command that a refusing peer names for its own command line", () => {
    const reason =
      "api refused: .env: PATH can make programs run other code and needs consent here (envpact allow PATH)";
    const outcome = { outcome: "aborted", code: "CONSENT_NEEDED", reason, conflicts: [] } as const;
    expect(outcomeWords(outcome, [])).toBe(
      "Not committed, and nothing was changed anywhere: api refused: .env: PATH can make programs run other code and needs consent here.",
    );
  });
});
