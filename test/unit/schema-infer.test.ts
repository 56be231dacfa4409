import { describe, expect, it } from "vitest";
import { parseDocument } from "../../src/dotenv/document.ts";
import { inferSchema } from "../../src/dotenv/schema/infer.ts";
import { isPlaceholder, isSecretName, looksLikeSecret } from "../../src/dotenv/schema/secrets.ts";

/** The schema of files, as its lines behind the header. */
function schemaOf(files: Readonly<Record<string, string>>): string[] {
  const environments = Object.entries(files).map(([name, text]) => ({ name, document: parseDocument(text) }));
  const text = inferSchema(environments);
  return text
    .slice(text.indexOf("# ---\n") + 6)
    .split("\n")
    .filter((line) => line !== "");
}

/** The first line of the schema of a key that has one value in each of several files. */
function firstLine(key: string, ...values: string[]): string | undefined {
  return schemaOf(Object.fromEntries(values.map((value, at) => [`.env.a${at}`, `${key}=${value}`])))[0];
}

describe("a schema made from environments", () => {
  it("names every key once, in the order of the files", () => {
    const lines = schemaOf({ ".env": "B=x\nA=y\nB=z", ".env.test": "C=x\nA=y" });
    expect(lines.filter((line) => !line.startsWith("#"))).toEqual(["B=", "A=", "C="]);
  });

  it("requires keys that all environments give a value", () => {
    const lines = schemaOf({
      ".env.development": "A=x\nB=x\nC=x",
      ".env.production": "A=x\nB=",
      ".env.local": "D=x",
      ".env.example": "A=\nE=",
    });
    expect(lines).toEqual([
      "# @required",
      "A=",
      "# @optional",
      "B=",
      "# @optional",
      "C=",
      "# @optional",
      "D=",
      "# @optional",
      "E=",
    ]);
  });

  it("tells types from all values of a key", () => {
    expect(firstLine("A", "true", "FALSE")).toBe("# @required @public @type=boolean");
    expect(firstLine("USE_IT", "1", "0")).toBe("# @required @public @type=boolean");
    expect(firstLine("A", "1", "2.5")).toBe("# @required @public @type=number");
    expect(firstLine("A", "1", "x")).toBe("# @required");
    expect(firstLine("HTTP_PORT", "80", "8080")).toBe("# @required @public @type=port");
    expect(firstLine("A", "https://a.example", "http://localhost:3000")).toBe(
      "# @required @public @type=url",
    );
    expect(firstLine("A", "me@a.example")).toBe("# @required @type=email");
    expect(firstLine("HOST", "10.0.0.1")).toBe("# @required @public @type=ip");
    expect(firstLine("TIMEOUT", "30s")).toBe("# @required @public @type=duration");
    expect(firstLine("APP_VERSION", "1.2.3")).toBe("# @required @public @type=semver");
    expect(firstLine("A", "0123456")).toBe("# @required");
    expect(firstLine("A", "123456789")).toBe("# @required @type=number");
    expect(firstLine("A", "${B}")).toBe("# @required");
  });

  it("makes enums of words that everybody uses only", () => {
    expect(firstLine("NODE_ENV", "production")).toBe(
      "# @required @public @type=enum(development, test, production)",
    );
    expect(firstLine("APP_ENV", "dev", "prod")).toBe("# @required @public @type=enum(dev, prod)");
    expect(firstLine("LOG_LEVEL", "info", "trace")).toBe("# @required @public @type=enum(trace, info)");
    expect(firstLine("NODE_ENV", "production", "hunter2")).toBe("# @required");
    expect(firstLine("REGION", "eu", "us")).toBe("# @required");
    expect(firstLine("SECRET_ENV", "dev", "prod")).toBe("# @required @sensitive");
  });

  it("marks secrets by their names and by their values, and tells not even their type", () => {
    for (const text of [
      "DB_PASSWORD=x",
      "stripeApiKey=x",
      "AUTH_TOKEN=12345",
      "A=sk_live_4eC39HqLyjWDarjtT1zdp7dc",
      "A=ghp_16C7e42F292c6912E7710c838347Ae178B4a",
      "A=kT8vQz1LmN4pXr7Wb2Yc",
      "PIN=1234",
    ]) {
      expect(schemaOf({ ".env": text })[0], text).toBe("# @required @sensitive");
    }
    expect(schemaOf({ ".env": "DATABASE_URL=postgres://u:pw@h/d" })[0]).toBe(
      "# @required @sensitive @type=url",
    );
    expect(schemaOf({ ".env": "VITE_MAP_KEY=abc" })[0]).toBe("# @required @public");
  });

  it("takes descriptions from examples, and from environments only plain prose", () => {
    const lines = schemaOf({
      ".env": [
        "# The mail server",
        "HOST=mail.internal",
        "# password was swordfish",
        "# the swordfish, if you ask",
        "# ask ann9 about 0xfe12",
        "# see https://docs.example.com/smtp",
        "# SECRET=swordfish",
        "MAIL_PASSWORD=swordfish",
      ].join("\n"),
      ".env.example": "# From the example: 25 or 587\nHOST=\n",
    });
    expect(lines).toEqual([
      "# From the example: 25 or 587",
      "# @required",
      "HOST=",
      "# see https://docs.example.com/smtp",
      "# @required @sensitive",
      "MAIL_PASSWORD=",
    ]);
  });

  it("leaves out what is no name: lines of a private key, keys that @env-spec has no way to write", () => {
    const key = [
      "KEY=-----BEGIN PRIVATE KEY-----",
      "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj",
      "MzEfYyjiWA4R4ypbHqGC0H0=",
      "-----END PRIVATE KEY-----",
    ];
    expect(schemaOf({ ".env": [...key, "1A=x", "NEXT=x"].join("\n") })).toEqual([
      "# @required @sensitive",
      "KEY=",
      "# @required",
      "NEXT=",
    ]);
    expect(schemaOf({ ".env": "A=x\nMIIEvQIBADANBgkqhkiG\nQUJD=\nB=x" }).join("\n")).not.toContain("QUJD");
  });

  it("makes a header for nothing at all", () => {
    expect(schemaOf({})).toEqual([]);
    expect(inferSchema([])).toContain("# @defaultRequired=false @defaultSensitive=true\n# ---\n");
  });
});

describe("what counts as a secret", () => {
  it("by name", () => {
    for (const name of ["PASSWORD", "db.password", "API-KEY", "githubToken", "JWT_SECRET", "SENTRY_DSN"]) {
      expect(isSecretName(name), name).toBe(true);
    }
    for (const name of [
      "PORT",
      "AWS_ACCESS_KEY_ID",
      "KEYBOARD",
      "COMPASS",
      "SESSION_COOKIE_NAME",
      "API_KEY_HEADER",
      "AWS_SECRET_ARN",
      "MONKEY",
    ]) {
      expect(isSecretName(name), name).toBe(false);
    }
  });

  it("by value", () => {
    for (const value of [
      "AKIAQ7GZ2LPV9SKD4WXY",
      "eyJhbGciOiJIUzI1NiJ9.e30.abc",
      "redis://:p4ss@localhost:6379",
      "5f4dcc3b5aa765d61d8327deb882cf99",
      "https://hooks.example.com/T00/B00/kT8vQz1LmN4pXr7Wb2Yc",
    ]) {
      expect(looksLikeSecret(value), value).toBe(true);
    }
    for (const value of [
      "production",
      "https://api.example.com/v1/users",
      "a long sentence with many words in it",
      "my-application-name-in-production",
      "/usr/local/share/some/path/to/file.txt",
      "changeme",
      "your-api-key-goes-here",
      "postgres://user:changeme@localhost/db",
      "xxxxxxxxxxxxxxxxxxxxxxxx",
      "AKIAIOSFODNN7EXAMPLE",
      "sk_test_your_key_here",
      "pk_test_51Hq7Gz2LpV9sKd4WxYb8Nf3RtM",
    ]) {
      expect(looksLikeSecret(value), value).toBe(false);
    }
  });

  it("unless it stands in for one", () => {
    for (const value of ["changeme", "<your key>", "xxx", "TODO", "{{ key }}"])
      expect(isPlaceholder(value)).toBe(true);
    for (const value of ["x", "hunter2", ""]) expect(isPlaceholder(value)).toBe(false);
  });
});
