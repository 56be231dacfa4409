import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { createDevice } from "../../src/crypto/device.ts";
import { closeCodes, problemOf } from "../../src/protocol/errors.ts";
import { limits } from "../../src/protocol/limits.ts";
import { closeAll, connect, coordinator, createSecret, inviteKey, serve } from "./driver-sockets.ts";

const extra: (() => void)[] = [];
afterEach(async () => {
  await closeAll();
  for (const close of extra.splice(0)) close();
});

const connected = { kind: "connected" };
const lost = (code: string, final: boolean) => ({ kind: "disconnected", final, problem: { code } });

/** Something else than a coordinator that speaks WebSocket: what it hears, and what it answers to each frame. */
async function impostor(answer: (frame: { t: string }) => unknown) {
  const heard: { t: string }[] = [];
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  extra.push(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  server.on("connection", (socket) =>
    socket.on("message", (data) => {
      const frame = JSON.parse(data.toString());
      heard.push(frame);
      const said = answer(frame);
      if (said !== undefined) socket.send(JSON.stringify(said));
    }),
  );
  await once(server, "listening");
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, heard };
}

describe("a link", () => {
  it("connects, exchanges messages in order, and sends nothing before", async () => {
    const { server, sockets } = await serve();
    const { link, events } = connect(server.url);
    expect(link.send({ t: "ping" })).toBe(false);
    expect(await events.next()).toEqual(connected);
    const socket = await sockets.next();
    socket.onMessage(
      (message) =>
        message.t === "fetch" &&
        socket.send({ t: "error", code: "X", message: `${message.from}`, retryable: true }),
    );
    for (const from of [1, 2, 3]) expect(link.send({ t: "fetch", from })).toBe(true);
    for (const from of [1, 2, 3])
      expect(await events.next()).toMatchObject({ kind: "message", message: { message: `${from}` } });
  });

  it("brings the wrapped key of an invitation", async () => {
    const { server } = await serve();
    const { events } = connect(server.url, { mode: "invite", invite: "good", secretVerifier: inviteKey });
    expect(await events.next()).toEqual(connected);
    expect(await events.next()).toEqual({
      kind: "message",
      message: { t: "authenticated", wrappedKey: "wrapped" },
    });
  });

  it("proves the right to create a space", async () => {
    const { server, sockets } = await serve();
    const { events } = connect(server.url, {
      mode: "create",
      secretVerifier: createSecret,
      devicePrivateKey: createDevice().privateKey,
    });
    expect(await events.next()).toEqual(connected);
    expect(await sockets.next()).toMatchObject({ mode: "create", space: "team" });
  });

  it("sends what was said before it closes", async () => {
    const { server, sockets } = await serve();
    const { link, events } = connect(server.url);
    await events.next();
    const socket = await sockets.next();
    const received: number[] = [];
    socket.onMessage((message) => message.t === "fetch" && received.push(message.from));
    const closed = new Promise<void>((resolve) => socket.onClose(resolve));
    for (let from = 0; from < 500; from += 1) link.send({ t: "fetch", from });
    await link.close();
    await closed;
    expect(received).toHaveLength(500);
    expect(link.send({ t: "ping" })).toBe(false);
    expect(events.size).toBe(0);
  });

  it("refuses a message that no coordinator takes, and stays connected", async () => {
    const { server } = await serve();
    const { link, events } = connect(server.url);
    await events.next();
    const items = Array.from({ length: 8 }, (_, index) => ({
      env: "default",
      key: `K${index}`,
      op: "set" as const,
      expected: 0,
      sealed: "x".repeat(limits.sealedCharsMax),
    }));
    const submit = { t: "submit", requestId: "12345678", items, message: "", timeoutMs: 1 } as const;
    try {
      link.send(submit);
      expect.unreachable();
    } catch (error) {
      expect(problemOf(error).code).toBe("LIMIT");
    }
    expect(link.send({ t: "ping" })).toBe(true);
  });
});

describe("a link that is refused", () => {
  it.each([
    ["an unknown device", { devicePrivateKey: createDevice().privateKey }, "UNAUTHENTICATED"],
    ["a wrong secret", { mode: "invite", invite: "good", secretVerifier: createSecret }, "UNAUTHENTICATED"],
    [
      "an expired invitation",
      { mode: "invite", invite: "expired", secretVerifier: inviteKey },
      "INVITATION_EXPIRED",
    ],
  ] as const)("gives up for %s, although it would reconnect", async (_why, options, code) => {
    const { server } = await serve();
    const { events } = connect(server.url, { ...options, reconnect: true });
    expect(await events.next()).toMatchObject(lost(code, true));
  });

  it("proves nothing to a coordinator with another key, and gives up", async () => {
    const { server, sockets } = await serve();
    const { events } = connect(server.url, { coordinatorKey: createDevice().publicKey, reconnect: true });
    expect(await events.next()).toMatchObject(lost("COORDINATOR_UNPROVEN", true));
    expect(sockets.size).toBe(0);
    const fake = await impostor(() => ({
      t: "challenge",
      v: 1,
      nonce: "n",
      coordinator: coordinator.publicKey,
      signature: "AAAA",
    }));
    const fooled = connect(fake.url);
    expect(await fooled.events.next()).toMatchObject(lost("COORDINATOR_UNPROVEN", true));
    expect(fake.heard.map(({ t }) => t)).toEqual(["auth"]);
  });

  it("gives up for a coordinator of another version, however its challenge looks", async () => {
    const { url } = await impostor(() => ({ t: "challenge", v: 2, somethingNew: 1 }));
    expect(await connect(url, { reconnect: true }).events.next()).toMatchObject(
      lost("VERSION_MISMATCH", true),
    );
  });

  it("does not give up its membership because something unproven says so", async () => {
    const { url } = await impostor(() => ({
      t: "error",
      code: "UNAUTHENTICATED",
      message: "no",
      retryable: false,
    }));
    const { events } = connect(url, { reconnect: true });
    expect(await events.next()).toMatchObject(lost("UNREACHABLE", false));
    expect(await events.next()).toMatchObject(lost("UNREACHABLE", false));
  });

  it("says what stands at the address instead of a coordinator", async () => {
    const web = createServer((_request, response) => response.end("hello"));
    web.on("upgrade", (_request, socket) =>
      socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
    );
    await once(web.listen(0, "127.0.0.1"), "listening");
    extra.push(() => web.close());
    const url = `ws://127.0.0.1:${(web.address() as AddressInfo).port}`;
    const first = await connect(url).events.next();
    expect(first).toMatchObject(lost("UNREACHABLE", true));
    expect(JSON.stringify(first)).toContain("404");
    expect(await connect("nonsense", { reconnect: true }).events.next()).toMatchObject(
      lost("BAD_USAGE", true),
    );
    expect(await connect("http://127.0.0.1:1").events.next()).toMatchObject({
      kind: "disconnected",
      final: true,
    });
  });
});

describe("a link that is lost", () => {
  it("comes back by itself when the coordinator does", async () => {
    const { server, sockets } = await serve();
    const { link, events } = connect(server.url, { reconnect: true });
    expect(await events.next()).toEqual(connected);
    await sockets.next();
    await server.close();
    expect(await events.next()).toMatchObject(lost("UNREACHABLE", false));
    expect(await events.next()).toMatchObject(lost("UNREACHABLE", false));
    const again = await serve({ port: server.port });
    let event = await events.next();
    while (event.kind === "disconnected") {
      expect(event.final).toBe(false);
      event = await events.next();
    }
    expect(event).toEqual(connected);
    const socket = await again.sockets.next();
    const heard = new Promise((resolve) => socket.onMessage(resolve));
    expect(link.send({ t: "ping" })).toBe(true);
    expect(await heard).toEqual({ t: "ping" });
  });

  it("asks for the address before each try", async () => {
    const [one, two] = [await serve(), await serve()];
    const urls = [one.server.url, two.server.url];
    const { link, events } = connect("", { reconnect: true, url: () => Promise.resolve(urls.shift() ?? "") });
    expect(await events.next()).toEqual(connected);
    await one.sockets.next();
    link.hangUp(true);
    expect(await events.next()).toMatchObject({ kind: "disconnected", problem: undefined, final: false });
    expect(await events.next()).toEqual(connected);
    await two.sockets.next();
  });

  it("ends at the first loss when it is not to reconnect, and when it is hung up", async () => {
    const { server, sockets } = await serve();
    const { events } = connect(server.url);
    await events.next();
    (await sockets.next()).close(closeCodes.tooSlow, "too slow");
    expect(await events.next()).toMatchObject(lost("LIMIT", true));
    const other = connect(server.url, { reconnect: true });
    await other.events.next();
    other.link.hangUp(false);
    expect(await other.events.next()).toMatchObject({
      kind: "disconnected",
      problem: undefined,
      final: true,
    });
    const none = connect("ws://127.0.0.1:1", { reconnect: false });
    expect(await none.events.next()).toMatchObject(lost("UNREACHABLE", true));
  });

  it("gives up when it is told that the peer was removed, and comes back when it was replaced", async () => {
    const { server, sockets } = await serve();
    const removed = connect(server.url, { reconnect: true });
    await removed.events.next();
    (await sockets.next()).close(closeCodes.removed, "not a member");
    expect(await removed.events.next()).toMatchObject(lost("NOT_A_PEER", true));
    const replaced = connect(server.url, { reconnect: true });
    await replaced.events.next();
    (await sockets.next()).close(closeCodes.replaced, "replaced");
    expect(await replaced.events.next()).toMatchObject(lost("PEER_BUSY", false));
    expect(await replaced.events.next()).toEqual(connected);
  });

  it("says nothing more once it is closed, also in the middle of a try", async () => {
    const { server } = await serve();
    const { link, events } = connect(server.url, { reconnect: true });
    await link.close();
    const second = connect(server.url, { reconnect: true });
    await new Promise((resolve) => setImmediate(resolve));
    await second.link.close();
    await server.close();
    expect([events.size, second.events.size]).toEqual([0, 0]);
  });
});
