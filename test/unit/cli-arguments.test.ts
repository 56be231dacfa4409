import { describe, expect, it } from "vitest";
import {
  assignmentOf,
  coordinatorUrl,
  countOf,
  keysOf,
  listenAddress,
  millisecondsOf,
  revisionNumber,
  timeoutOf,
} from "../../src/cli/arguments.ts";
import { requireSqlite } from "../../src/cli/nodeVersion.ts";
import { type Problem, problemOf } from "../../src/protocol/errors.ts";

function problemIn(act: () => unknown): Problem | undefined {
  try {
    act();
  } catch (error) {
    return problemOf(error);
  }
  return undefined;
}

function codeOf(act: () => unknown): string {
  return problemIn(act)?.code ?? "none";
}

describe("arguments", () => {
  it("reads KEY=VALUE up to the first =", () => {
    expect(assignmentOf("A=b=c")).toEqual({ name: "A", rest: "b=c" });
    expect(assignmentOf("A=")).toEqual({ name: "A", rest: "" });
    expect(assignmentOf("A")).toBeUndefined();
    expect(assignmentOf("=b")).toBeUndefined();
  });

  it("reads addresses with names, IPv4 and IPv6 hosts", () => {
    expect(listenAddress("127.0.0.1:0")).toEqual({ host: "127.0.0.1", port: 0 });
    expect(listenAddress("localhost:65535")).toEqual({ host: "localhost", port: 65_535 });
    expect(listenAddress("[::1]:80")).toEqual({ host: "::1", port: 80 });
  });

  it.each(["", "80", ":80", "a:", "a:b", "a:65536", "::1:80", "a:-1"])("refuses the address %j", (text) => {
    expect(codeOf(() => listenAddress(text))).toBe("BAD_USAGE");
  });

  it("reads seconds with fractions and refuses everything else", () => {
    expect(millisecondsOf("--expires", "0.25")).toBe(250);
    expect(timeoutOf("86400")).toBe(86_400_000);
    for (const text of ["", "0", "-1", "1e3", "x", "0.0001", "86401"]) {
      expect(codeOf(() => timeoutOf(text))).toBe("BAD_USAGE");
    }
  });

  it("reads revisions from 1", () => {
    expect(revisionNumber("12")).toBe(12);
    for (const text of ["0", "-1", "1.5", "r1", "", "99999999999999999999"]) {
      expect(codeOf(() => revisionNumber(text))).toBe("BAD_USAGE");
    }
  });

  it("says of a count how it is written, and of a revision where they are listed", () => {
    expect(problemIn(() => countOf("--limit", "all"))?.next).toContain("--limit 10");
    expect(problemIn(() => revisionNumber("all"))?.next).toContain("envpact log");
  });

  it("takes keys alone, each once, and does not say an assignment again", () => {
    expect(keysOf(["A", "B", "A"])).toEqual(["A", "B"]);
    const problem = problemIn(() => keysOf(["A", "TOKEN=hunter2"]));
    expect(problem).toMatchObject({ code: "BAD_USAGE", message: expect.stringContaining("2") as string });
    expect(JSON.stringify(problem)).not.toContain("hunter2");
    expect(problem?.next).toContain("envpact set");
  });

  it("does not take or say a password in a coordinator's address", () => {
    expect(coordinatorUrl("ws://127.0.0.1:80")).toBe("ws://127.0.0.1:80");
    for (const text of ["ws://me:hunter2@127.0.0.1:80", "http://me:hunter2@127.0.0.1", "hunter2"]) {
      const problem = problemIn(() => coordinatorUrl(text));
      expect(problem?.code).toBe("BAD_USAGE");
      expect(JSON.stringify(problem)).not.toContain("hunter2");
    }
  });
});

describe("the version of Node for a coordinator", () => {
  it.each(["22.13.0", "22.14.1", "24.0.0"])("%s will do", (version) => {
    expect(codeOf(() => requireSqlite(version))).toBe("none");
  });
  it.each(["20.20.2", "22.12.9", "18.0.0"])("%s is too old", (version) => {
    expect(codeOf(() => requireSqlite(version))).toBe("NO_SQLITE");
  });
});
