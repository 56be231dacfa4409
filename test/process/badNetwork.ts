import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** One connection on its way: what comes in on one side goes out on the other, late or not at all. */
interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/**
 * A TCP proxy on loopback in front of a coordinator, with a network's bad days: everything is delayed, connections
 * are cut, or stand open and carry nothing. Bytes of one direction keep their order, as TCP has it.
 */
export class BadNetwork {
  /** What every piece is held back for, in milliseconds. */
  delayMs = 0;
  readonly #listener: Server;
  readonly #targetPort: number;
  readonly #pairs = new Set<Pair>();
  /** While it is there, nothing goes through. */
  #stall: PromiseWithResolvers<void> | undefined;

  private constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#listener = createServer((client) => this.#accept(client));
  }

  static async open(targetPort: number): Promise<BadNetwork> {
    const proxy = new BadNetwork(targetPort);
    proxy.#listener.listen(0, "127.0.0.1");
    await once(proxy.#listener, "listening");
    return proxy;
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  /** Resets every connection for which `chosen` says so. */
  cut(chosen: () => boolean): void {
    for (const pair of [...this.#pairs]) if (chosen()) this.#end(pair);
  }

  /** From now on nothing goes through, in either direction, though every connection stands. */
  stall(): void {
    this.#stall ??= Promise.withResolvers<void>();
  }

  /** What was held back by {@link stall} goes through. */
  resume(): void {
    this.#stall?.resolve();
    this.#stall = undefined;
  }

  async close(): Promise<void> {
    this.resume();
    this.cut(() => true);
    this.#listener.close();
    await once(this.#listener, "close");
  }

  #accept(client: Socket): void {
    const pair: Pair = { client, server: connect(this.#targetPort, "127.0.0.1") };
    this.#pairs.add(pair);
    this.#carry(pair, pair.client, pair.server, (bytes) => this.#withHost(bytes));
    this.#carry(pair, pair.server, pair.client, (bytes) => bytes);
  }

  /** The coordinator answers to its own address only; the first piece of a client holds the whole upgrade. */
  #withHost(bytes: Buffer): Buffer {
    const text = bytes.toString("latin1");
    return Buffer.from(text.replace(/^Host: .*$/im, `Host: 127.0.0.1:${this.#targetPort}`), "latin1");
  }

  #carry(pair: Pair, from: Socket, to: Socket, first: (bytes: Buffer) => Buffer): void {
    let before: Promise<void> = Promise.resolve();
    let change: ((bytes: Buffer) => Buffer) | undefined = first;
    from.setNoDelay(true);
    from.on("data", (bytes) => {
      const piece = change === undefined ? bytes : change(bytes);
      change = undefined;
      const { delayMs } = this;
      before = before.then(async () => {
        if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
        await this.#stall?.promise;
        if (!to.destroyed) to.write(piece);
      });
    });
    from.on("error", () => this.#end(pair));
    from.on("close", () => this.#end(pair));
  }

  #end(pair: Pair): void {
    this.#pairs.delete(pair);
    pair.client.resetAndDestroy();
    pair.server.resetAndDestroy();
  }
}
