import { removeKey } from "../../dotenv/edit.ts";
import { keysOf } from "../arguments.ts";
import { type EditStep, editEnvironment } from "../environmentText.ts";
import { exitCodes } from "../exit.ts";
import type { CommandHost } from "../host.ts";
import { environmentOf } from "../workspace.ts";

/** `envpact unset KEY…`: removes every line of the keys from the local file. */
export function declareUnset(host: CommandHost): void {
  host
    .declare<{ env?: string }>(
      host.root,
      "unset <keys...>",
      "remove keys from the local file",
      async (session, operands, options) => {
        const keys = keysOf(operands);
        const environment = await environmentOf(session.folder, options.env);
        // Removing the effective line alone would bring a hidden duplicate to light.
        const steps = keys.map(
          (key): EditStep =>
            (document) =>
              removeKey(document, key, "all"),
        );
        await editEnvironment(session, environment.file, steps);
        session.output.result(
          { env: environment.name, changed: keys },
          `${environment.file}: removed ${keys.join(", ")}.`,
        );
        return exitCodes.done;
      },
    )
    .option("--env <name>", "environment (default: default, the .env file)");
}
