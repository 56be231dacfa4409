import { createHash } from "node:crypto";
import { parse } from "dotenv";
import { describe, expect, it } from "vitest";
import { type DialectId, dialectIds } from "../../src/dotenv/dialects.ts";
import { peerNames } from "../../src/lint/siblings.ts";
import { allFixed, exampleOf, findingsOf, fixesOf, marksOf, rulesIn, schemaOf } from "./lint-scene.ts";

describe("extra-key", () => {
  const context = { example: exampleOf("A=\n# OPTIONAL=\n") };

  it("marks each key that the example does not have, once", () => {
    expect(marksOf("extra-key", "A=1\nB=2\nB=3\nC=4\n", context)).toEqual(["B", "C"]);
    expect(findingsOf("extra-key", "A=1\nB=2\n", context)[0]?.message).toContain(".env.example");
  });

  it("is quiet about optional keys, in an example, and without one", () => {
    expect(rulesIn("A=1\nOPTIONAL=2\n", context)).toEqual([]);
    expect(rulesIn("A=1\nB=2\n", { ...context, isExample: true })).toEqual([]);
    expect(rulesIn("A=1\nB=2\n", { ...context, schema: schemaOf("# @optional\nB=\n") })).toEqual([]);
    expect(rulesIn("A=1\nB=2\n")).toEqual([]);
  });
});

describe("missing-in-siblings", () => {
  const siblings = [
    { name: ".env.staging", keys: new Set(["A", "B", "C"]) },
    { name: ".env.production", keys: new Set(["A", "B"]) },
  ];

  it("tells of a key with the environments that have it, at the first character", () => {
    const [found] = findingsOf("missing-in-siblings", "\nA=1\nC=2\n", { siblings });
    expect(found).toMatchObject({
      key: "B",
      message: "B is set in .env.staging, .env.production but not here.",
    });
    expect(marksOf("missing-in-siblings", "\nA=1\nC=2\n", { siblings })).toEqual(["A"]);
  });

  it("tells of several keys at once", () => {
    const found = findingsOf("missing-in-siblings", "A=1\n", { siblings });
    expect(found).toMatchObject([
      {
        keys: ["B", "C"],
        message: "2 keys of .env.staging, .env.production are not set here: B, C.",
      },
    ]);
  });

  it("adds a key without a value, or all of them", () => {
    const [add] = fixesOf("missing-in-siblings", "A=1\nC=2\n", { siblings });
    expect(parse(add?.after ?? "")).toEqual({ A: "1", B: "", C: "2" });
    expect(add).toMatchObject({ title: "Add B without a value", automatic: false, changesReading: true });
    const several = fixesOf("missing-in-siblings", "A=1\n", { siblings });
    expect(several.map(({ title }) => title)).toEqual([
      "Add all 2 keys without a value",
      "Add B without a value",
      "Add C without a value",
    ]);
    expect(parse(several[0]?.after ?? "")).toEqual({ A: "1", B: "", C: "" });
  });

  it("is quiet about what the example asks for, in an example, and without siblings", () => {
    const example = exampleOf("A=\nB=\nC=\n");
    expect(marksOf("missing-in-siblings", "A=1\n", { siblings, example })).toEqual([]);
    expect(rulesIn("A=1\n", { siblings, isExample: true })).toEqual([]);
    expect(rulesIn("A=1\nB=\nC=\n", { siblings })).toEqual([]);
    expect(rulesIn("A=1\n", { siblings: [] })).toEqual([]);
  });
});

describe("the environments that are held against each other", () => {
  const names = new Set([
    ".env",
    ".env.local",
    ".env.test",
    ".env.production",
    ".env.example",
    ".env.schema",
    "x",
  ]);

  it("are those that a program reads instead of each other", () => {
    expect(peerNames(".env.production", names)).toEqual([".env.test"]);
    expect(peerNames(".env", names)).toEqual([".env.production", ".env.test"]);
    for (const name of [".env.local", ".env.example", ".env.schema"])
      expect(peerNames(name, names)).toEqual([]);
  });
});

describe("what a schema says", () => {
  const schema = schemaOf(
    [
      "# @required @type=port",
      "PORT=",
      "# @required @type=enum(dev, prod)",
      "MODE=",
      "# @required @sensitive @type=enum(alpha, beta)",
      "LICENCE=",
      "# @optional @deprecated",
      "OLD=",
      "# @optional",
      "FREE=",
      "",
    ].join("\n"),
  );
  const clean = "PORT=80\nMODE=dev\nLICENCE=alpha\n";

  it("is silent about a file that follows it", () => {
    expect(rulesIn(clean, { schema })).toEqual([]);
  });

  it("asks for keys that it requires, once where the example asks too", () => {
    expect(rulesIn("PORT=80\nMODE=dev\n", { schema })).toEqual(["missing-key"]);
    expect(findingsOf("missing-key", "PORT=80\nMODE=dev\n", { schema })[0]?.key).toBe("LICENCE");
    const example = exampleOf("PORT=\nMODE=\nLICENCE=\n");
    expect(marksOf("missing-key", "PORT=80\nMODE=dev\n", { schema, example })).toHaveLength(1);
    expect(findingsOf("missing-key", "MODE=dev\n", { schema })).toMatchObject([
      {
        keys: ["PORT", "LICENCE"],
        message: "2 keys that .env.schema requires are not set here: PORT, LICENCE.",
      },
    ]);
    const [add] = fixesOf("missing-key", "PORT=80\nMODE=dev\n", { schema });
    expect(add?.title).toBe("Add LICENCE without a value");
  });

  it("does not ask for keys that an overridden file holds", () => {
    const inherited = { ...schema, inherited: new Set(["PORT", "MODE", "LICENCE"]) };
    expect(rulesIn("FREE=1\n", { schema: inherited })).toEqual([]);
  });

  it("marks required keys that are empty, and none that may be", () => {
    expect(marksOf("empty-required", "PORT=\nMODE=dev\nLICENCE=alpha\nFREE=\n", { schema })).toEqual([
      "PORT",
    ]);
    expect(marksOf("empty-required", clean, { schema })).toEqual([]);
  });

  it("marks values that do not fit, without repeating them, and offers the choices", () => {
    const text = "PORT=99999\nMODE=secretmode\nLICENCE=alpha\n";
    expect(marksOf("schema-violation", text, { schema })).toEqual(["99999", "secretmode"]);
    const messages = findingsOf("schema-violation", text, { schema }).map(({ message }) => message);
    expect(messages.join()).not.toMatch(/99999|secretmode/);
    const [first, second] = fixesOf("schema-violation", "PORT=80\nMODE=x\nLICENCE=alpha\n", { schema });
    expect([first?.after, second?.after]).toEqual([
      "PORT=80\nMODE=dev\nLICENCE=alpha\n",
      "PORT=80\nMODE=prod\nLICENCE=alpha\n",
    ]);
    expect(marksOf("schema-violation", clean, { schema })).toEqual([]);
  });

  it("offers no choices for what is sensitive", () => {
    expect(fixesOf("schema-violation", "PORT=80\nMODE=dev\nLICENCE=x\n", { schema })).toEqual([]);
  });

  it("marks deprecated keys", () => {
    expect(marksOf("deprecated-key", `${clean}OLD=1\n`, { schema })).toEqual(["OLD"]);
    expect(marksOf("deprecated-key", clean, { schema })).toEqual([]);
  });
});

describe("schema-error", () => {
  const isSchema = { isExample: true, isSchema: true };

  it("marks what cannot be meant so in a schema, or in an example with decorators", () => {
    const text = "# @required @type=nonsense\nA=\n";
    expect(rulesIn(text, isSchema)).toContain("schema-error");
    expect(rulesIn(text, { isExample: true })).toContain("schema-error");
  });

  it("holds the values of a schema against their types, and leaves those of an example alone", () => {
    const text = "# @type=port\nA=high\n";
    expect(rulesIn(text, isSchema)).toEqual(["schema-error"]);
    expect(rulesIn(text, { isExample: true })).toEqual([]);
  });

  it("is quiet about good schemas, about mail addresses, and in environments", () => {
    expect(rulesIn("# @required @type=port\nA=80\n", isSchema)).toEqual([]);
    expect(rulesIn("# ask admin@example.com\nA=1\n", { isExample: true })).toEqual([]);
    expect(rulesIn("# @type=nonsense\nA=\n")).toEqual([]);
  });
});

describe("secret-in-tracked-file", () => {
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const tracked = { tracked: true };
  const random = "q7Gz2LpV9sKd4WxYb8Nf3RtM";

  it.each([
    `API_KEY=${random}\n`,
    `SESSION_SECRET='${random}'\n`,
    `NAME=AKIA${"IOSFODNN7EXAMPLF".slice(0, 16)}\n`,
    `GITHUB=ghp_${random}${random.slice(0, 12)}\n`,
    `SLACK=xoxb-1234567890-${random}\n`,
    `PAY=sk_live_${random}\n`,
    'KEY="-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----"\n',
    `JWT=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.${random}\n`,
    `DB_URL=postgres://app:${random}@db.example.com/app\n`,
    "DB_PASSWORD=Tr0ub4dor&3\n",
    "DB_PASSWORD=Tr0ub4dor&3$word\n",
    `STRIPE=sk_test_51H${random}\n`,
    `HOOK=whsec_${random}\n`,
    `SESSION_SECRET=${sha256("a session")}\n`,
    `ENCRYPTION_KEY=${sha256("a key").slice(0, 40)}\n`,
  ])("marks what looks like a real one: case %#", (text) => {
    const found = findingsOf("secret-in-tracked-file", text, tracked);
    expect(found).toHaveLength(1);
    expect(found[0]?.message).not.toMatch(/q7Gz|AKIA|ghp_|BEGIN|eyJ|Tr0ub/);
  });

  it.each([
    "API_KEY=\nTOKEN=changeme\nSECRET=xxxxxxxx\nPASSWORD=<password>\nAUTH_TOKEN=your-token-here\n",
    "PASSWORD=password\nDB_PASSWORD=postgres\nSECRET=${OTHER_SECRET}\nTOKEN=$TOKEN_FROM_CI\n",
    "DB_URL=postgres://$USER:$PASS@db.example.com/app\nDSN=https://${KEY}@sentry.example.com/1\n",
    "DB_URL=postgres://postgres:postgres@localhost:5432/app\nREDIS=redis://:secret@redis:6379\n",
    "TOKEN_TTL=86400000\nSECRET_PATH=/run/secrets/app\nHOST=api.example.com\nLOG=debug,info,warning\n",
    `VITE_PUBLIC_KEY=${random}\n`,
    "NAME=a-quite-long-name-of-a-service\n",
    "STRIPE_SECRET_KEY=sk_test_your_key_here\nSTRIPE=sk_test_...\nSTRIPE_KEY=sk_live_XXXXXXXXXXXXXXXXXXXXXXXX\n",
    "STRIPE_WEBHOOK_SECRET=whsec_...\nWEBHOOK_SECRET=whsec_xxx\nGITHUB_TOKEN=ghp_xxxxxxxxxxxxxxxxxxxx\n",
    "SLACK_TOKEN=xoxb-your-token\nAWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\n",
    "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n",
    `STRIPE_PUBLISHABLE=pk_test_51H${random}\nPAY_KEY=pk_live_51H${random}\n`,
    `COMMIT=${sha256("x").slice(0, 40)}\nGIT_SHA=${sha256("y").slice(0, 40)}\n`,
    `IMG=sha256:${sha256("x")}\nIMAGE=registry.example.com/app@sha256:${sha256("y")}\nCHECKSUM=${sha256("z")}\n`,
    "API_KEY_HEADER=X-Api-Key\n",
    "AWS_SECRET_ARN=arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-Q7Gz2LpV9sKd4WxY\n",
    'CA="-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ7Gz2LpV9sKd4WxYb8Nf3RtM\n-----END CERTIFICATE-----"\n',
  ])("is quiet about placeholders, weak defaults and settings: case %#", (text) => {
    expect(marksOf("secret-in-tracked-file", text, tracked)).toEqual([]);
  });

  it("is quiet in files that version control does not have", () => {
    expect(marksOf("secret-in-tracked-file", `API_KEY=${random}\n`)).toEqual([]);
    expect(marksOf("secret-in-tracked-file", `API_KEY=${random}\n`, { tracked: false })).toEqual([]);
  });

  it("believes an example only what can hardly be made up", () => {
    const example = { tracked: true, isExample: true };
    expect(marksOf("secret-in-tracked-file", "DB_PASSWORD=Tr0ub4dor&3\n", example)).toEqual([]);
    expect(marksOf("secret-in-tracked-file", `PAY=sk_live_${random}\n`, example)).toHaveLength(1);
  });
});

describe("reads-differently", () => {
  const python: readonly DialectId[] = ["dotenv", "python-dotenv"];

  it("marks the entry, names who reads it otherwise and how, and offers a spelling for all", () => {
    const text = "A=`x y`\nB=1\n";
    expect(marksOf("reads-differently", text, { dialects: python })).toEqual(["A=`x y`"]);
    const [finding] = findingsOf("reads-differently", text, { dialects: python });
    expect(finding?.message).toContain("python-dotenv");
    expect(finding?.message).toContain("quotes");
    const [fix] = fixesOf("reads-differently", text, { dialects: python });
    expect(fix?.after).toBe('A="x y"\nB=1\n');
    expect(fix).toMatchObject({ automatic: false, changesReading: true });
  });

  it("is quiet without other readers, and about lines that all of them read alike", () => {
    expect(rulesIn("A=`x y`\n")).toEqual([]);
    expect(rulesIn("A=`x y`\n", { dialects: ["dotenv"] })).toEqual([]);
    const all: readonly DialectId[] = [
      "dotenv",
      "node",
      "python-dotenv",
      "godotenv",
      "ruby-dotenv",
      "compose",
    ];
    expect(rulesIn("A=1\nB=\"two words\"\nC='x' # note\n# note\n", { dialects: all })).toEqual([]);
  });

  it("leaves to other rules what they say, and says it when they are off", () => {
    expect(rulesIn("A=x#y\n", { dialects: python })).toEqual(["value-cut-by-hash"]);
    const severities = { "value-cut-by-hash": "off" } as const;
    expect(rulesIn("A=x#y\n", { dialects: python, severities })).toEqual(["reads-differently"]);
    expect(rulesIn("A=1\nB='${A}'\n", { dialects: ["python-dotenv", "compose"] })).toEqual([
      "reference-in-single-quotes",
    ]);
    expect(rulesIn("\uFEFFA=1\nB=1\n", { dialects: ["node", "godotenv"] })).toEqual(["byte-order-mark"]);
    expect(rulesIn("A-B=1\n", { dialects: ["ruby-dotenv"] })).toEqual(["key-not-portable"]);
    expect(rulesIn('A="x\n', { dialects: ["compose"] })).toEqual(["unclosed-quote"]);
  });

  it("tells of an open quote once, and nothing of what a reader swallows because of it", () => {
    const text = 'D="x\nE=5\nF=6\nN="abc"\nG=1\n';
    for (const dialect of dialectIds)
      expect(rulesIn(text, { dialects: [dialect] })).toEqual(["unclosed-quote"]);
    expect(rulesIn(text, { dialects: dialectIds })).toEqual(["unclosed-quote"]);
    expect(rulesIn("D='it\nB=1\nE='x'\nC=1\nF=`x`\n", { dialects: ["compose"] })).toEqual([
      "unclosed-quote",
      "reads-differently",
    ]);
    const severities = { "unclosed-quote": "off" } as const;
    expect(findingsOf("reads-differently", text, { dialects: ["compose"], severities })).toMatchObject([
      { key: "D" },
    ]);
  });

  it("keeps a value that refers to others in a spelling in which they are expanded", () => {
    const fixes = (text: string, dialects: readonly DialectId[]) =>
      fixesOf("reads-differently", text, { dialects }).map(({ after }) => after);
    expect(fixes("H=1\nA=`x${H}`\n", ["compose"])).toEqual(['H=1\nA="x${H}"\n']);
    expect(fixes("H=1\nA=$H\n", ["compose", "python-dotenv"])).toEqual(["H=1\nA=${H}\n"]);
  });

  it("tells of expanding only where another reader that could does not", () => {
    expect(rulesIn("A=1\nB=${A}\n", { dialects: ["dotenv", "compose"] })).toEqual([]);
    expect(rulesIn("A=1\nB=$A\n", { dialects: ["compose", "python-dotenv"] })).toEqual(["reads-differently"]);
  });
});

describe("fixes where several programs read a file", () => {
  it("say so when one of them reads a line from which dotenv takes nothing", () => {
    // python-dotenv has the key BARE without a value, Ruby's an empty one.
    for (const dialect of ["python-dotenv", "ruby-dotenv"] as const) {
      const [comment, ...rest] = fixesOf("invalid-line", "A=1\nBARE\n", { dialects: [dialect] });
      expect(rest).toEqual([]);
      expect(comment).toMatchObject({ after: "A=1\n# BARE\n", automatic: false, changesReading: true });
      expect(comment?.title).toContain("no reader of this file takes anything");
    }
    const [comment, ...rest] = fixesOf("invalid-line", "A=1\nBARE\n");
    expect(rest).toEqual([]);
    expect(comment).toMatchObject({ automatic: true, changesReading: false });
  });

  it("are not offered when one of them would read something else", () => {
    const context = { dialects: ["python-dotenv"] } as const;
    expect(fixesOf("unclosed-quote", "A='x\n", context).every(({ after }) => after !== "A='x\n")).toBe(true);
    expect(fixesOf("reference-in-single-quotes", "A=1\nB='$A'\n", { dialects: ["ruby-dotenv"] })).toEqual([]);
  });

  it("take a byte order mark away, and say that Node gets another key by that", () => {
    const [remove, ...rest] = fixesOf("byte-order-mark", "\uFEFFA=1\n", { dialects: ["node"] });
    expect(rest).toEqual([]);
    expect(remove).toMatchObject({ after: "A=1\n", automatic: false, changesReading: true });
    expect(fixesOf("byte-order-mark", "\uFEFFA=1\n")[0]).toMatchObject({ automatic: true });
  });

  it("are offered when a program that refused the file reads it afterwards as dotenv does", () => {
    const [comment] = fixesOf("invalid-line", "A=1\n%%%\nB=${A}\n", { dialects: ["godotenv"] });
    expect(comment?.after).toBe("A=1\n# %%%\nB=${A}\n");
  });

  it("give all of them the value that the title speaks of", () => {
    const [take, keep] = fixesOf("value-cut-by-hash", "A=ab#cd\n", { dialects: ["python-dotenv", "node"] });
    expect(take).toMatchObject({ after: 'A="ab#cd"\n', changesReading: true });
    expect(keep).toMatchObject({ after: 'A="ab" #cd\n', changesReading: true });
  });

  it("are left out of fixing all when they do not hold for one of them", () => {
    const text = "A = 1\nBARE\nB=two words  \n";
    const dialects: readonly DialectId[] = ["node", "python-dotenv", "compose"];
    expect(allFixed(text)).toBe('A=1\n# BARE\nB="two words"\n');
    expect(allFixed(text, { dialects })).toContain("\nBARE\n");
  });
});
