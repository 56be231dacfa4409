// Stands in for the desktop executable that @vscode/test-electron spawns: reads the flags of `runTests`, runs the
// extension's tests in a window of the browser host, and ends with their exit code.
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { format, parseArgs } from "node:util";
import { launchBrowser, openPage } from "./browser.ts";
import { remoteUri, startServer, windowUrl } from "./server.ts";

const testMillisecondsMax = 15 * 60_000;
const keptLinesMax = 200;
const interruptCodes = [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const;

interface Launch {
  readonly testsPath: string;
  readonly developmentPaths: readonly string[];
  readonly extensionsDir: string;
  readonly userDataDir: string | undefined;
  readonly target: string | undefined;
}

process.exitCode = await launch(await readFlags(process.argv.slice(2)));

async function readFlags(args: string[]): Promise<Launch> {
  const { values, positionals } = parseArgs({
    args,
    strict: false,
    allowPositionals: true,
    options: {
      extensionTestsPath: { type: "string" },
      extensionDevelopmentPath: { type: "string", multiple: true },
      "extensions-dir": { type: "string" },
      "user-data-dir": { type: "string" },
    },
  });
  const testsPath = values.extensionTestsPath;
  if (typeof testsPath !== "string")
    throw new Error("The launcher runs tests: --extensionTestsPath is missing.");
  const extensionsDir = values["extensions-dir"];
  if (typeof extensionsDir !== "string") throw new Error("--extensions-dir is missing.");
  const userDataDir = values["user-data-dir"];
  const target = positionals[0] === undefined ? undefined : resolve(positionals[0]);
  if (target) await stat(target);
  return {
    testsPath: resolve(testsPath),
    developmentPaths: (values.extensionDevelopmentPath ?? []).map((path) => resolve(String(path))),
    extensionsDir: resolve(extensionsDir),
    userDataDir: typeof userDataDir === "string" ? resolve(userDataDir) : undefined,
    target,
  };
}

async function launch(flags: Launch): Promise<number> {
  const serverDataDir = await mkdtemp(join(tmpdir(), "envpact-host-"));
  const mark = `${randomUUID()} `;
  const log = testLog(mark);
  const cleanup: (() => Promise<unknown>)[] = [
    () => rm(serverDataDir, { recursive: true, force: true, maxRetries: 5 }),
  ];
  try {
    const { extensionsDir, userDataDir } = flags;
    const server = await startServer({
      extensionsDir,
      serverDataDir,
      ...(userDataDir === undefined ? {} : { userDataDir }),
      untrusted: process.env.ENVPACT_HOST_UNTRUSTED === "1",
      loadsDevelopment: true,
      env: { ENVPACT_TEST_MARK: mark },
    });
    cleanup.push(server.stop);
    const browser = await launchBrowser();
    cleanup.push(() => browser.close());
    const developed = flags.developmentPaths.map(
      (path) => ["extensionDevelopmentPath", remoteUri(server, path)] as const,
    );
    const tests = ["extensionTestsPath", remoteUri(server, flags.testsPath)] as const;
    const ended = Promise.withResolvers<number>();
    const page = await openPage(browser, windowUrl(server, flags.target, [...developed, tests]), {
      onLog: log.add,
      onExit: ended.resolve,
    });
    page.on("crash", () => ended.reject(new Error("The window crashed.")));
    page.on("close", () => ended.reject(new Error("The window closed before the tests ended.")));
    const code = await Promise.race([ended.promise, interrupted(), tooLate(server.output)]);
    if (code !== 0) log.printRest();
    return code;
  } finally {
    for (const step of cleanup.reverse()) await step();
  }
}

/**
 * Prints the lines that the test entry marked. VS Code's own lines come over the same wire without a mark: the
 * first line of the last of them is kept for a failed run that could not report for itself.
 */
function testLog(mark: string): { add(type: string, message: readonly unknown[]): void; printRest(): void } {
  const rest: string[] = [];
  let reported = false;
  return {
    add(type, message) {
      const text = format(...message);
      reported ||= text.startsWith(mark);
      if (text.startsWith(mark)) console.log(text.slice(mark.length));
      else if (rest.push(`${type}: ${text.split("\n", 1)[0]}`) > keptLinesMax) rest.shift();
    },
    printRest() {
      if (!reported)
        console.log(`The tests reported nothing. The window's last log lines:\n${rest.join("\n")}`);
    },
  };
}

function interrupted(): Promise<number> {
  return new Promise((resolve) => {
    for (const [name, code] of interruptCodes) process.once(name, () => resolve(code));
  });
}

async function tooLate(output: () => string): Promise<number> {
  await delay(testMillisecondsMax, undefined, { ref: false });
  console.error(
    `The tests did not end within ${testMillisecondsMax} ms. The server's last output:\n${output()}`,
  );
  return 1;
}
