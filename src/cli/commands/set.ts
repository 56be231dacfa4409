import { dirname, join } from "node:path";
import { values } from "../../dotenv/document.ts";
import { setKey } from "../../dotenv/edit.ts";
import type { EnvpactError } from "../../protocol/errors.ts";
import { dialectsNear } from "../../runtime/dialects.ts";
import { assignmentOf, usageError } from "../arguments.ts";
import { type EditStep, editEnvironment } from "../environmentText.ts";
import { exitCodes } from "../exit.ts";
import type { CommandHost } from "../host.ts";
import { counted } from "../output.ts";
import { environmentOf } from "../workspace.ts";

/** What Node makes of the bytes of an argument that are no UTF-8: they are lost, so they cannot be written. */
const undecoded = "\uFFFD";

/** `envpact set KEY=VALUE…`: edits the local file only, the smallest ranges of it. */
export function declareSet(host: CommandHost): void {
  host
    .declare<{ env?: string }>(
      host.root,
      "set <assignments...>",
      "set keys of the local file (KEY=VALUE)",
      async (session, operands, options) => {
        const assignments = operands.map((operand, index) => {
          const assignment = assignmentOf(operand);
          // The operand may hold a value, so it is named by its place.
          if (!assignment) throw usageError(`Argument ${index + 1} is not KEY=VALUE.`, "Write KEY=VALUE.");
          if (operand.includes(undecoded)) throw notUtf8(index + 1);
          return assignment;
        });
        const environment = await environmentOf(session.folder, options.env);
        const dialects = await dialectsNear(dirname(join(session.folder, environment.file)));
        const names = new Set(assignments.map(({ name }) => name));
        const steps = assignments.map(
          ({ name, rest }): EditStep =>
            (document) =>
              setKey(document, name, rest, { dialects, names }),
        );
        const { before, after } = await editEnvironment(session, environment.file, steps);
        const [old, now] = [values(before), values(after)];
        const changed = [...names].filter((key) => !Object.hasOwn(old, key) || old[key] !== now[key]);
        session.output.result(
          { env: environment.name, changed },
          changed.length === 0
            ? `${environment.file} reads like that already.`
            : `${environment.file}: set ${counted(changed.length, "key")} (${changed.join(", ")}).`,
        );
        return exitCodes.done;
      },
    )
    .option("--env <name>", "environment (default: default, the .env file)");
}

function notUtf8(place: number): EnvpactError {
  return usageError(
    `Argument ${place} is not UTF-8, so it cannot be written as it is.`,
    "Convert it to UTF-8, or write the value into the file with an editor.",
  );
}
