import { once } from "node:events";
import { request } from "node:http";
import { connect as connectTcp } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { createDevice, verify } from "../../src/crypto/device.ts";
import { transcript } from "../../src/crypto/handshake.ts";
import { closeCodes, problemOf } from "../../src/protocol/errors.ts";
import { limits } from "../../src/protocol/limits.ts";
import {
  closeAll,
  coordinator,
  createSecret,
  device,
  inviteKey,
  RawClient,
  serve,
} from "./driver-sockets.ts";

afterEach(closeAll);

/** The HTTP status that answers a request with these headers. */
async function status(port: number, headers: Record<string, string>): Promise<number> {
  const asked = request({ host: "127.0.0.1", port, headers });
  asked.end();
  const [response, socket] = await Promise.race([once(asked, "response"), once(asked, "upgrade")]);
  response.resume();
  socket?.destroy();
  return response.statusCode;
}

const upgrade = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": Buffer.alloc(16).toString("base64"),
};

describe("the door", () => {
  it("serves nothing over plain HTTP", async () => {
    const { server } = await serve();
    for (const path of ["/", "/index.html"]) {
      const asked = request({ host: "127.0.0.1", port: server.port, path });
      asked.end();
      const [response] = await once(asked, "response");
      let body = "";
      for await (const chunk of response) body += chunk;
      expect([response.statusCode, body]).toEqual([426, ""]);
    }
  });

  it("refuses web pages, and names that are not this server's", async () => {
    const { server, notes } = await serve({ allowedHosts: ["envpact.test:99"] });
    const { port } = server;
    const host = `127.0.0.1:${port}`;
    expect(await status(port, { ...upgrade, Host: host })).toBe(101);
    for (const name of [`localhost:${port}`, `[::1]:${port}`, `LOCALHOST:${port}`, "envpact.test:99"]) {
      expect([name, await status(port, { ...upgrade, Host: name })]).toEqual([name, 101]);
    }
    for (const origin of ["https://example.org", `http://${host}`, "null", ""]) {
      expect([origin, await status(port, { ...upgrade, Host: host, Origin: origin })]).toEqual([origin, 403]);
    }
    for (const name of ["127.0.0.1", `evil.test:${port}`, "127.0.0.1:1", `127.0.0.1:${port}.evil.test`]) {
      expect([name, await status(port, { ...upgrade, Host: name })]).toEqual([name, 403]);
    }
    expect(notes.join("\n")).toMatch(/Origin[\s\S]*Host/u);
  });

  it("says which port is in use, and which address it cannot have", async () => {
    const { server } = await serve();
    const failure = async (host: string, port: number) => {
      try {
        await serve({ host, port });
        return undefined;
      } catch (error) {
        return problemOf(error);
      }
    };
    const used = await failure("127.0.0.1", server.port);
    expect(used?.code).toBe("PORT_IN_USE");
    expect(used?.message).toContain(`127.0.0.1:${server.port}`);
    expect((await failure("192.0.2.1", 0))?.code).toBe("LISTEN_REFUSED");
  });

  it("lets only so many wait before they prove themselves, and makes room when they do", async () => {
    const { server, sockets } = await serve();
    const clients: RawClient[] = [];
    for (let i = 0; i < limits.unauthenticatedSocketsMax; i += 1) {
      clients.push(await new RawClient(server.url).open());
    }
    expect(await status(server.port, { ...upgrade, Host: `127.0.0.1:${server.port}` })).toBe(503);
    await clients[0]!.authenticate();
    await sockets.next();
    const late = await new RawClient(server.url).open();
    clients[1]!.socket.close();
    await clients[1]!.closed;
    await late.authenticate();
  });
});

describe("before a connection has proved itself", () => {
  it("is closed when it takes too long", async () => {
    const { server } = await serve();
    const client = await new RawClient(server.url).open();
    expect(await client.frames.next()).toMatchObject({ t: "error", code: "TIMEOUT", retryable: true });
    expect(await client.closed).toBe(closeCodes.limit);
  });

  it("is cut off when it sends more than the proof needs, in one frame, in many, or half a one", async () => {
    const { server } = await serve();
    const much = "x".repeat(limits.unauthenticatedMessageBytesMax + 1);
    const one = await new RawClient(server.url).open();
    one.send(much);
    expect([1006, closeCodes.badMessage]).toContain(await one.closed);
    const half = await new RawClient(server.url).open();
    half.socket.send(much, { fin: false });
    expect(await half.closed).toBe(1006);
    const pings = await new RawClient(server.url).open();
    for (let i = 0; i < 100; i += 1) pings.socket.ping("x".repeat(100));
    expect(await pings.closed).toBe(1006);
  });

  it.each([
    ["a message of members", { t: "ping" }],
    ["a proof without a challenge", { t: "proof", signature: "", secretProof: "" }],
    ["no JSON", "{"],
    ["a member that is not of the protocol", { t: "auth", v: 1, __proto: 1 }],
  ])("is closed for %s", async (_what, message) => {
    const { server, sockets } = await serve();
    const client = await new RawClient(server.url).open();
    client.send(message);
    expect(await client.frames.next()).toMatchObject({ t: "error", code: "BAD_MESSAGE" });
    expect(await client.closed).toBe(closeCodes.badMessage);
    expect(sockets.size).toBe(0);
  });

  it("hears that it is of another version, also when its messages look different", async () => {
    const { server } = await serve();
    const client = await new RawClient(server.url).open();
    client.send({ t: "auth", v: 2, somethingNew: true });
    expect(await client.frames.next()).toMatchObject({ t: "error", code: "VERSION_MISMATCH" });
    expect(await client.closed).toBe(closeCodes.versionMismatch);
  });

  it("gets the coordinator's own proof first, bound to both nonces", async () => {
    const { server } = await serve();
    const client = await new RawClient(server.url).open();
    client.send({ t: "auth", v: 1, space: "team", mode: "device", invite: "", device: "d", nonce: "mine" });
    const challenge = await client.frames.next();
    const text = transcript({
      side: "coordinator",
      space: "team",
      mode: "device",
      invite: "",
      device: "d",
      coordinator: coordinator.publicKey,
      clientNonce: "mine",
      serverNonce: String(challenge.nonce),
    });
    expect(challenge.t).toBe("challenge");
    expect(verify(coordinator.publicKey, text, String(challenge.signature))).toBe(true);
  });
});

describe("the proof", () => {
  async function outcome(client: RawClient, proof: unknown) {
    client.send(proof);
    const frame = await client.frames.next();
    return frame.t === "error" ? [frame.code, await client.closed] : [frame.t];
  }
  const refused = ["UNAUTHENTICATED", closeCodes.unauthenticated];

  it("admits a known device, and names what it proved", async () => {
    const { server, sockets } = await serve();
    const client = await new RawClient(server.url).open();
    expect(await outcome(client, await client.challenge())).toEqual(["authenticated"]);
    const socket = await sockets.next();
    expect(socket).toMatchObject({ mode: "device", space: "team", invite: "", device: device.publicKey });
  });

  it("refuses a device that signs for another's key, and one that is not known", async () => {
    const { server, sockets } = await serve();
    const stranger = createDevice();
    const thief = await new RawClient(server.url).open();
    expect(await outcome(thief, await thief.challenge({ device: stranger.publicKey }))).toEqual(refused);
    const garbage = await new RawClient(server.url).open();
    await garbage.challenge();
    expect(await outcome(garbage, { t: "proof", signature: "AAAA", secretProof: "" })).toEqual(refused);
    expect(sockets.size).toBe(0);
  });

  it("cannot be played back on another connection", async () => {
    const { server } = await serve();
    const first = await new RawClient(server.url).open();
    const proof = await first.challenge();
    expect(await outcome(first, proof)).toEqual(["authenticated"]);
    const second = await new RawClient(server.url).open();
    await second.challenge();
    expect(await outcome(second, proof)).toEqual(refused);
  });

  it("asks for the secret of an invitation or of creating, whatever else is right", async () => {
    const { server } = await serve();
    const cases: [Parameters<RawClient["challenge"]>[0], string, unknown[]][] = [
      [{ mode: "invite", invite: "good" }, inviteKey, ["authenticated"]],
      [{ mode: "invite", invite: "good" }, "", refused],
      [{ mode: "invite", invite: "good" }, createSecret, refused],
      [{ mode: "invite", invite: "unknown" }, inviteKey, refused],
      [{ mode: "invite", invite: "expired" }, inviteKey, ["INVITATION_EXPIRED", closeCodes.unauthenticated]],
      [{ mode: "invite", invite: "expired" }, createSecret, refused],
      [{ mode: "create" }, createSecret, ["authenticated"]],
      [{ mode: "create" }, inviteKey, refused],
    ];
    for (const [claim, secret, expected] of cases) {
      const client = await new RawClient(server.url).open();
      expect([claim, await outcome(client, await client.challenge(claim, secret))]).toEqual([
        claim,
        expected,
      ]);
    }
  });

  it("never admits a mode that needs a secret when the coordinator names none", async () => {
    const { server } = await serve({ authenticator: { ...coordinator, check: () => ({}) } });
    for (const mode of ["invite", "create"] as const) {
      const client = await new RawClient(server.url).open();
      expect(await outcome(client, await client.challenge({ mode }))).toEqual(refused);
    }
  });
});

describe("an authenticated connection", () => {
  async function member(options?: ConstructorParameters<typeof WebSocket>[2], pingIntervalMs?: number) {
    const { server, sockets } = await serve(pingIntervalMs === undefined ? {} : { pingIntervalMs });
    const client = await (await new RawClient(server.url, options).open()).authenticate();
    return { server, client, socket: await sockets.next() };
  }

  it("exchanges messages and tells its end", async () => {
    const { server, sockets } = await serve({});
    const client = await new RawClient(server.url).open();
    client.send(await client.challenge());
    const socket = await sockets.next();
    const received: unknown[] = [];
    const closed = new Promise<void>((resolve) => socket.onClose(resolve));
    socket.onMessage((message) => {
      received.push(message);
      socket.send({ t: "pong" });
    });
    await client.frames.next();
    client.send({ t: "ping" });
    client.send({ t: "fetch", from: 3 });
    expect([await client.frames.next(), await client.frames.next()]).toEqual([{ t: "pong" }, { t: "pong" }]);
    expect(received).toEqual([{ t: "ping" }, { t: "fetch", from: 3 }]);
    client.socket.close();
    await closed;
    expect(socket.send({ t: "pong" })).toBe(false);
  });

  it.each([
    ["an unknown type", '{"t":"rm"}'],
    ["no JSON", "\u0000"],
    ["a prototype", '{"t":"fetch","from":1,"__proto__":{"x":1}}'],
    ["a second handshake", '{"t":"proof","signature":"","secretProof":""}'],
    ["binary data", Buffer.from('{"t":"ping"}')],
    ["a key that is a path", '{"t":"drift","items":[{"env":"../x","key":"A","kind":"new"}]}'],
    ["deep nesting", `${"[".repeat(50_000)}${"]".repeat(50_000)}`],
  ])("is closed for %s", async (_what, frame) => {
    const { client, socket } = await member();
    let heard = false;
    socket.onMessage(() => {
      heard = true;
    });
    client.socket.send(frame);
    expect(await client.frames.next()).toMatchObject({ t: "error", code: "BAD_MESSAGE" });
    expect(await client.closed).toBe(closeCodes.badMessage);
    expect(heard).toBe(false);
  });

  it("is closed for a message over the limit, and others go on", async () => {
    const { client, server } = await member();
    client.socket.send("x".repeat(limits.messageBytesMax + 1));
    expect(await client.closed).toBe(1009);
    await (await new RawClient(server.url).open()).authenticate();
  });

  it("is cut off when it does not read, with bounded memory", async () => {
    const { client, socket } = await member();
    client.socket.pause();
    const closed = new Promise<void>((resolve) => socket.onClose(resolve));
    const message = { t: "error", code: "X", message: "x".repeat(1_900), retryable: true } as const;
    let sentBytes = 0;
    while (socket.send(message)) {
      sentBytes += 1_900;
      if (sentBytes % 190_000 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await closed;
    // What the system's own socket buffers took comes on top of the limit.
    expect(sentBytes).toBeLessThan(limits.bufferedBytesMax * 3);
    expect(socket.send(message)).toBe(false);
  });

  it("is cut off after silence, and kept while it answers pings", async () => {
    const { client, socket } = await member({ autoPong: false }, 30);
    await new Promise<void>((resolve) => socket.onClose(resolve));
    expect(await client.closed).toBe(1006);
    const lively = await member({}, 30);
    for (let pings = 0; pings < 6; pings += 1) await once(lively.client.socket, "ping");
    expect(lively.client.socket.readyState).toBe(WebSocket.OPEN);
  });

  it("hears that the coordinator stops, which waits for nobody for long", async () => {
    const { client, server } = await member();
    const stuck = await (await new RawClient(server.url).open()).authenticate();
    stuck.socket.pause();
    const silent = connectTcp(server.port, "127.0.0.1");
    await once(silent, "connect");
    await server.close();
    expect(await client.closed).toBe(closeCodes.shuttingDown);
    silent.destroy();
  });
});
