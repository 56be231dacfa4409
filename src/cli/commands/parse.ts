import { resolve } from "node:path";
import { parseDocument, values } from "../../dotenv/document.ts";
import { exitCodes } from "../exit.ts";
import type { CommandHost } from "../host.ts";
import { readNamedFile } from "../namedFile.ts";

/** `envpact parse FILE`: what an app reads from the file, as one line of JSON with and without `--json`. */
export function declareParse(host: CommandHost): void {
  host.declare(
    host.root,
    "parse <file>",
    "print what an app reads from a file, as JSON",
    async (session, [file = ""]) => {
      const { text } = await readNamedFile(resolve(session.folder, file), file);
      session.output.raw(`${JSON.stringify(values(parseDocument(text)))}\n`);
      return exitCodes.done;
    },
  );
}
