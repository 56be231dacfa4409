import { values } from "../../dotenv/document.ts";
import { EnvpactError } from "../../protocol/errors.ts";
import { keysOf } from "../arguments.ts";
import { readEnvironment } from "../environmentText.ts";
import { exitCodes } from "../exit.ts";
import type { CommandHost } from "../host.ts";
import { environmentOf } from "../workspace.ts";

/** `envpact get KEY`: the value as dotenv reads it, not expanded. */
export function declareGet(host: CommandHost): void {
  host
    .declare<{ env?: string }>(
      host.root,
      "get <key>",
      "print the value of a key of the local file",
      async (session, operands, options) => {
        const [key = ""] = keysOf(operands);
        const { name, file } = await environmentOf(session.folder, options.env);
        const document = await readEnvironment(session.folder, file);
        const read = document ? values(document) : {};
        if (!Object.hasOwn(read, key)) {
          throw new EnvpactError(
            "KEY_NOT_FOUND",
            document ? `${file} has no key ${key}.` : `${file} does not exist, so it has no key ${key}.`,
            "Check the key, --env and --dir.",
          );
        }
        if (session.output.json) session.output.result({ env: name, key, value: read[key] }, undefined);
        else session.output.raw(`${read[key]}\n`);
        return exitCodes.done;
      },
    )
    .option("--env <name>", "environment (default: default, the .env file)");
}
