// Watches one key of etcd by its JSON gateway and rewrites the file with the writer that Envpact's peers use.
// Arguments: URL FILE. Says {"event":"ready"}, then {"event":"applied","revision":N} once the file is durable.
import { readFile } from "node:fs/promises";
import { request } from "node:http";
import { createInterface } from "node:readline";
import { parseDocument } from "../src/dotenv/document.ts";
import { applyEdits, setKey } from "../src/dotenv/edit.ts";
import { replaceFile } from "../src/drivers/files.ts";

interface Told {
  readonly result?: {
    readonly created?: boolean;
    readonly events?: readonly { readonly kv: { readonly value: string; readonly mod_revision: string } }[];
  };
}

const [url = "", file = ""] = process.argv.slice(2);
process.on("disconnect", () => process.exit(0));
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

async function rewrite(value: string): Promise<void> {
  const before = await readFile(file, "utf8");
  const edit = setKey(parseDocument(before), "KEY", value);
  if (!edit.ok) throw new Error(edit.refusal.message);
  const replaced = await replaceFile(file, before, applyEdits(before, edit.edits));
  if (!replaced.ok) throw new Error(replaced.error.message);
}

const watch = request(`${url}/v3/watch`, { method: "POST" }, async (response) => {
  for await (const line of createInterface({ input: response })) {
    const { result } = JSON.parse(line) as Told;
    if (result?.created) say({ event: "ready" });
    for (const { kv } of result?.events ?? []) {
      await rewrite(Buffer.from(kv.value, "base64").toString());
      say({ event: "applied", revision: Number(kv.mod_revision) });
    }
  }
});
watch.end(JSON.stringify({ create_request: { key: Buffer.from("KEY").toString("base64") } }));
