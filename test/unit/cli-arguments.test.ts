import { describe, expect, it } from "vitest";
import {
  assignmentOf,
  listenAddress,
  millisecondsOf,
  positiveInteger,
  timeoutOf,
} from "../../src/cli/arguments.ts";
import { requireSqlite } from "../../src/cli/nodeVersion.ts";
import { problemOf } from "../../src/protocol/errors.ts";

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return problemOf(error).code;
  }
  return "none";
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
    expect(positiveInteger("REV", "12")).toBe(12);
    for (const text of ["0", "-1", "1.5", "r1", "", "99999999999999999999"]) {
      expect(codeOf(() => positiveInteger("REV", text))).toBe("BAD_USAGE");
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
