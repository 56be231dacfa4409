import { chmod, cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { endProcessesWith } from "../../test/host/processes.ts";
import { BrowserHost } from "./browser.ts";
import type { Crew } from "./crew.ts";
import { findDesktop, openDesktopWindow } from "./desktop.ts";
import { Envpact, type Running } from "./envpact.ts";
import { howToGoOn } from "./goOn.ts";
import type { Options } from "./main.ts";
import { OwnProcess } from "./process.ts";
import { perform, type Stage, shareKeys, untilPeers } from "./proof.ts";
import { files, type Name, names, styles } from "./samples.ts";
import type { Teller } from "./teller.ts";

const repository = join(import.meta.dirname, "..", "..");
/** The workspaces that are opened in VS Code; the third has a headless agent. */
const windowNames = ["web", "api"] as const satisfies readonly Name[];
/** Longest time until opened windows take part. */
const windowsMsMax = 120_000;

/** The temporary folder of a run. */
interface Places {
  readonly root: string;
  /** The extension and its programs, copied so that a build meanwhile does not pull them away. */
  readonly extension: string;
  readonly extensions: string;
  readonly editorData: string;
  readonly env: NodeJS.ProcessEnv;
  readonly folder: (name: Name) => string;
}
