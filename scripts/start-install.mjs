// Installs the browser host's VS Code. A process of its own, so that an interrupted installation can be ended with
// everything that it started.
import { ensureCodeServer } from "../test/host/install.ts";

try {
  await ensureCodeServer();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
