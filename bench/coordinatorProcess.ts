// A coordinator that also tells, over IPC, how much memory it holds after a garbage collection (--expose-gc).
import { runCoordinator } from "../src/runtime/coordinator.ts";

const [dataDir = ""] = process.argv.slice(2);
const running = await runCoordinator({ host: "127.0.0.1", port: 0, dataDir, log: () => undefined });
process.stdout.write(`${JSON.stringify({ event: "listening", url: running.url })}\n`);
process.on("message", () => {
  globalThis.gc?.();
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send?.({ rss, held: heapUsed + external });
});
const stop = () => void running.stop().then(() => process.exit(0));
process.on("SIGTERM", stop);
process.on("disconnect", stop);
