import { chmod, cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endProcessesWith } from "../../test/host/processes.ts";
import type { Crew } from "./crew.ts";
import { files, type Name, names } from "./samples.ts";
import { shellWord } from "./shell.ts";

/** The repository's root folder. */
export const repository: string = join(import.meta.dirname, "..", "..");

/** The temporary folder of a run: three workspaces, a home of their own, and a copy of what was built. */
export interface Places {
  readonly root: string;
  /** Folder that VS Code loads installed extensions from; `extension` is the only one in it. */
  readonly extensions: string;
  readonly extension: string;
  /** Runs `envpact` on the run's home: what a person pastes into a terminal. */
  readonly command: string;
  readonly cli: string;
  /** The environment of everything that belongs to the run. */
  readonly env: NodeJS.ProcessEnv;
  readonly folder: (name: Name) => string;
}

/** Makes the temporary folder; it is removed, and what was started on its home ends, with the crew. */
export async function makePlaces(crew: Crew): Promise<Places> {
  const root = await mkdtemp(join(await realpath(tmpdir()), "envpact-start-"));
  crew.adopt(root, () => rm(root, { recursive: true, force: true, maxRetries: 5 }));
  const home = join(root, "home");
  // A coordinator that a person starts from one of the windows outlives that window on purpose.
  crew.adopt("processes of the windows", () => endProcessesWith("ENVPACT_HOME", home));
  const folder = (name: Name): string => join(root, name);
  for (const name of names) {
    await mkdir(folder(name));
    await writeFile(join(folder(name), ".env"), files[name]);
  }
  const extensions = join(root, "extensions");
  const extension = await copyExtension(extensions);
  const cli = join(extension, "dist", "cli.js");
  const command = join(root, "envpact");
  const program = [process.execPath, cli].map(shellWord).join(" ");
  await writeFile(command, `#!/bin/sh\nENVPACT_HOME=${shellWord(home)} exec ${program} "$@"\n`);
  await chmod(command, 0o755);
  const env = { ...withoutOthers(process.env), ENVPACT_HOME: home };
  return { root, extensions, extension, command, cli, env, folder };
}

/** Copies what was built, so that a later build does not take it away under a running window. */
async function copyExtension(extensions: string): Promise<string> {
  const manifest = await readFile(join(repository, "package.json"), "utf8");
  const { publisher, name, version } = JSON.parse(manifest) as Readonly<Record<string, string>>;
  const extension = join(extensions, `${publisher}.${name}-${version}`);
  await mkdir(extension, { recursive: true });
  await writeFile(join(extension, "package.json"), manifest);
  for (const part of ["dist", "media"]) {
    await cp(join(repository, part), join(extension, part), { recursive: true });
  }
  return extension;
}

/** Settings of the person's own Envpact, and of the npm that runs this, are none of the run's. */
function withoutOthers(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(ENVPACT_|npm_|NODE_OPTIONS$)/.test(name)),
  );
}
