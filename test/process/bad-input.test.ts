import { once } from "node:events";
import { mkdir, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { endProcessesWith } from "../host/processes.ts";
import { allApplied, createTeam, joinTeam, Scene, shareAndCommit, startTeam } from "./harness.ts";
import type { Result } from "./processes.ts";

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.close());

/** An error that says what and what next. */
function expectProblem(result: Result, code: string): void {
  expect(result).toMatchObject({ code: 1, error: { code } });
  expect(result.error?.message).not.toBe("");
  expect(result.error?.next).not.toBe("");
}

describe("a coordinator that cannot start", () => {
  it("because its port is in use says so", async () => {
    const { url } = await scene.coordinator();
    const other = join(scene.root, "other");
    const result = await scene.json(["coordinator", "--data", other, "--listen", new URL(url).host]);
    expectProblem(result, "PORT_IN_USE");
    expect(result.error?.message).toContain(new URL(url).port);
  });

  it("because another one holds its data folder says so, and leaves that one alone", async () => {
    const { running, url } = await scene.coordinator();
    expectProblem(await scene.json(["coordinator", "--data", join(scene.root, "data")]), "DATA_LOCKED");
    await scene.ok(["space", "create", "team", "--coordinator", url]);
    expect((await running.stop()).code).toBe(0);
  });

  it("because its data is damaged says so and does not touch it", async () => {
    const { running, url } = await scene.coordinator();
    await createTeam(scene, url);
    await running.stop();
    const file = join(scene.root, "data", "coordinator.sqlite");
    const garbage = "this is no database ".repeat(1_000);
    await writeFile(file, garbage);
    expectProblem(await scene.json(["coordinator", "--data", join(scene.root, "data")]), "DATA_DAMAGED");
    expect(await scene.read(scene.root, "data/coordinator.sqlite")).toBe(garbage);
  });

  it("when a command starts it gives that command its reason, at once; once it runs it needs nobody", async () => {
    const data = join(scene.root, "home", "state", "coordinator");
    await mkdir(data, { recursive: true });
    await writeFile(join(data, "coordinator.sqlite"), "this is no database ".repeat(1_000));
    const startedAt = performance.now();
    const damaged = await scene.json(["space", "create", "team"]);
    expectProblem(damaged, "DATA_DAMAGED");
    expect(damaged.error?.message).toContain("could not be started");
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    await rm(data, { recursive: true });
    const elsewhere = { env: { XDG_RUNTIME_DIR: join(scene.root, "elsewhere") } };
    const other = scene.start(["coordinator", "--json", "--data", data], elsewhere);
    await other.waitForEvent("listening");
    expectProblem(await scene.json(["space", "create", "team"]), "DATA_LOCKED");
    await other.stop();
    try {
      await scene.ok(["space", "create", "team"]);
      const folder = await scene.folder("ana", { ".env": "A=1\nB=2\n" });
      await joinTeam(scene, folder, "ana");
      for (const key of ["A", "B"]) {
        const { lines } = await shareAndCommit(scene, folder, key);
        expect(lines.at(-1)).toMatchObject({ outcome: "committed" });
      }
      expect(await endProcessesWith("ENVPACT_HOME", join(scene.root, "home"))).toBe(1);
    } finally {
      await endProcessesWith("ENVPACT_HOME", join(scene.root, "home"));
    }
  });

  it("because its data folder cannot be made says so", async () => {
    await writeFile(join(scene.root, "file"), "");
    const result = await scene.json(["coordinator", "--data", join(scene.root, "file", "data")]);
    expectProblem(result, "DATA_NOT_WRITABLE");
  });

  it("because it is asked to listen beyond this machine says so", async () => {
    expectProblem(await scene.json(["coordinator", "--listen", "0.0.0.0:0"]), "LISTEN_REFUSED");
  });
});

describe("an invitation", () => {
  it("that is cut, or no invitation at all, is refused", async () => {
    const { url } = await scene.coordinator();
    const invite = await createTeam(scene, url);
    const folder = await scene.folder("w", { ".env": "A=1\n" });
    for (const broken of [invite.slice(0, -5), `${invite}x`, "envpact:", "hello", ""]) {
      expectProblem(await scene.json(["join", broken, "--dir", folder]), "BAD_INVITATION");
    }
    expect(await scene.read(folder)).toBe("A=1\n");
    expect(await scene.ok(["join", ` ${invite}\n`, "--dir", folder])).toMatchObject({ space: "team" });
  });

  it("that has expired is refused", async () => {
    const { url } = await scene.coordinator();
    await createTeam(scene, url);
    const { invite } = await scene.ok(["space", "invite", "--expires", "0.001"]);
    const folder = await scene.folder("w", {});
    expectProblem(await scene.json(["join", String(invite), "--dir", folder]), "INVITATION_EXPIRED");
  });

  it("is for one folder", async () => {
    const { url } = await scene.coordinator();
    const invite = await createTeam(scene, url);
    const [one, two] = [await scene.folder("one", {}), await scene.folder("two", {})];
    await scene.ok(["join", invite, "--dir", one]);
    expectProblem(await scene.json(["join", invite, "--dir", two]), "INVITATION_USED");
    expectProblem(await scene.json(["join", invite, "--dir", one]), "ALREADY_A_PEER");
  });

  it("to a name that is taken can be used again under another name", async () => {
    const { url } = await scene.coordinator();
    await createTeam(scene, url);
    const [one, two] = [await scene.folder("one", {}), await scene.folder("two", {})];
    await joinTeam(scene, one, "ana");
    const { invite } = await scene.ok(["space", "invite"]);
    expectProblem(await scene.json(["join", String(invite), "--dir", two, "--name", "ana"]), "NAME_TAKEN");
    expect(await scene.ok(["join", String(invite), "--dir", two, "--name", "bo"])).toMatchObject({
      peer: "bo",
    });
  });
});

describe("spaces", () => {
  it("have one owner and one name", async () => {
    const { url } = await scene.coordinator();
    await createTeam(scene, url);
    expectProblem(await scene.json(["space", "create", "team", "--coordinator", url]), "SPACE_EXISTS");
    expectProblem(await scene.json(["space", "invite", "none"]), "NOT_OWNER");
    const stranger = { env: { ENVPACT_HOME: join(scene.root, "stranger") } };
    expectProblem(await scene.json(["space", "invite", "team"], stranger), "NOT_OWNER");
  });
});

describe("another version of the protocol", () => {
  it("in a client is refused with an error and close code 4005", async () => {
    const { url } = await scene.coordinator();
    const socket = new WebSocket(url);
    await once(socket, "open");
    const messages: string[] = [];
    socket.on("message", (data) => messages.push(String(data)));
    const closed = once(socket, "close");
    const auth = { t: "auth", v: 99, mode: "device", space: "team", invite: "", device: "x", nonce: "y" };
    socket.send(JSON.stringify(auth));
    expect((await closed)[0]).toBe(4005);
    expect(messages.map((text) => (JSON.parse(text) as { code?: string }).code)).toEqual([
      "VERSION_MISMATCH",
    ]);
  });

  it("in a coordinator ends commands with VERSION_MISMATCH", async () => {
    const team = await startTeam(scene, { ana: "A=1\n" });
    const [ana] = team.peers;
    await ana?.agent.stop();
    await team.coordinator.running.stop();
    const server = new WebSocketServer({
      host: "127.0.0.1",
      port: Number(new URL(team.coordinator.url).port),
    });
    await once(server, "listening");
    server.on("connection", (socket) => {
      socket.send(JSON.stringify({ t: "challenge", v: 99, other: "members" }));
    });
    try {
      await scene.ok(["share", "A", "--dir", ana?.folder ?? ""]);
      expectProblem(await scene.json(["commit", "--dir", ana?.folder ?? ""]), "VERSION_MISMATCH");
      expectProblem(await scene.json(["agent", "--dir", ana?.folder ?? ""]), "VERSION_MISMATCH");
    } finally {
      for (const client of server.clients) client.terminate();
      server.close();
    }
  });

  it("is not confused with a program that is no coordinator at all", async () => {
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.on("connection", (socket) => socket.send("hello"));
    try {
      const args = ["space", "create", "team", "--coordinator", `ws://127.0.0.1:${port}`];
      const result = await scene.json(args);
      expect([1, 3]).toContain(result.code);
      expect(result.error?.next).not.toBe("");
    } finally {
      for (const client of server.clients) client.terminate();
      server.close();
    }
  });
});

describe("the socket", () => {
  it.each([
    ["a page in a browser", { origin: "http://evil.example" }],
    ["another Host", { headers: { Host: "evil.example" } }],
  ])("refuses %s before anything is said", async (_what, options) => {
    const { url } = await scene.coordinator();
    const socket = new WebSocket(url, options);
    const [error] = (await once(socket, "error")) as [Error];
    expect(error.message).toContain("403");
  });

  it("answers plain HTTP with 426", async () => {
    const { url } = await scene.coordinator();
    expect((await fetch(url.replace("ws:", "http:"))).status).toBe(426);
  });
});

describe("a peer's environment file that turned into something else", () => {
  it("too large, or binary: refuses commits by name, and everybody keeps what they have", async () => {
    const team = await startTeam(scene, { ana: "A=1\n", bo: "A=1\n" });
    const [ana, bo] = team.peers;
    const shared = await shareAndCommit(scene, ana?.folder ?? "", "A");
    await allApplied(team.peers, Number(shared.lines.at(-1)?.revision));
    await scene.ok(["set", "A=2", "--dir", ana?.folder ?? ""]);
    const binary = "A=1\n\0\u0001\0";
    const contents = [
      ["FILE_TOO_LARGE", "#".repeat(50 * 1024 * 1024)],
      ["FILE_NOT_TEXT", binary],
    ] as const;
    for (const [code, text] of contents) {
      await writeFile(join(bo?.folder ?? "", ".env"), text);
      const result = await scene.json(["commit", "--dir", ana?.folder ?? ""]);
      expect(result.lines.at(-1)).toMatchObject({ outcome: "aborted", code });
      expect(result.lines.at(-1)?.reason).toContain("bo");
    }
    expect(await scene.read(bo?.folder ?? "")).toBe(binary);
    expect(await scene.read(ana?.folder ?? "")).toBe("A=2\n");
  });

  it("a folder: says what it is", async () => {
    const folder = await scene.folder("w", {});
    await mkdir(join(folder, ".env"));
    for (const args of [
      ["set", "A=1"],
      ["get", "A"],
      ["parse", ".env"],
    ]) {
      expectProblem(await scene.json([...args, "--dir", folder]), "FILE_NOT_REGULAR");
    }
  });

  it("gone: is not taken for a wish to delete its keys everywhere", async () => {
    const team = await startTeam(scene, { ana: "A=1\n", bo: "A=1\n" });
    const [ana, bo] = team.peers;
    const shared = await shareAndCommit(scene, ana?.folder ?? "", "A");
    await allApplied(team.peers, Number(shared.lines.at(-1)?.revision));
    await rm(join(ana?.folder ?? "", ".env"));
    expectProblem(await scene.json(["commit", "--dir", ana?.folder ?? ""]), "FILE_MISSING");
    expect(await scene.ok(["discard", "--dir", ana?.folder ?? ""])).toMatchObject({ restored: ["A"] });
    expect(await scene.read(ana?.folder ?? "")).toBe("A=1\n");
    expect(await scene.read(bo?.folder ?? "")).toBe("A=1\n");
  });
});

describe("a commit over the limits", () => {
  it("is refused before anything is sent, with what to do, and a smaller one goes through", async () => {
    const keys = Array.from({ length: 1_001 }, (_, index) => `K${index}`);
    const team = await startTeam(scene, { ana: keys.map((key) => `${key}=1\n`).join("") });
    const ana = team.peers[0]?.folder ?? "";
    await scene.ok(["share", ...keys, "--dir", ana]);
    expectProblem(await scene.json(["commit", "--dir", ana]), "LIMIT");
    expect(await scene.ok(["commit", ...keys.slice(1), "--dir", ana])).toMatchObject({
      outcome: "committed",
    });

    const large = ["L1", "L2", "L3", "L4", "L5", "L6", "L7", "L8"];
    await writeFile(join(ana, ".env"), large.map((key) => `${key}=${"x".repeat(120_000)}\n`).join(""), {
      flag: "a",
    });
    await scene.ok(["share", ...large, "--dir", ana]);
    expectProblem(await scene.json(["commit", ...large, "--dir", ana]), "LIMIT");
    await writeFile(join(ana, ".env"), `HUGE=${"x".repeat(130 * 1024)}\n`, { flag: "a" });
    await scene.ok(["share", "HUGE", "--dir", ana]);
    const huge = await scene.json(["commit", "HUGE", "--dir", ana]);
    expectProblem(huge, "LIMIT");
    expect(huge.error?.message).toContain("HUGE");
  });
});
