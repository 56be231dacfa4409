// The bare minimum of a commit, as a program: what a coordinator and its voters cannot do without, and nothing
// else. `coordinator DATA` relays between one author and its voters; `voter URL FOLDER COUNT` does the disk work of
// COUNT voters.
import { mkdirSync, openSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { WebSocket, WebSocketServer } from "ws";
import { socketOptions } from "../src/drivers/socketOptions.ts";
import { bytesOf } from "./bareSizes.ts";

const [role = "", first = "", second = "", count = "1"] = process.argv.slice(2);
process.on("disconnect", () => process.exit(0));
if (role === "coordinator") coordinator(first);
else for (let n = 0; n < Number(count); n += 1) await voter(first, join(second, String(n)));

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** One row of a SQLite log, synchronous=FULL. */
function openLog(folder: string): (body: string) => void {
  mkdirSync(folder, { recursive: true });
  const database = new DatabaseSync(join(folder, "bare.sqlite"));
  database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
  database.exec("CREATE TABLE log (rev INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;");
  const insert = database.prepare("INSERT INTO log (body) VALUES (?)");
  return (body) => {
    database.exec("BEGIN IMMEDIATE");
    insert.run(body);
    database.exec("COMMIT");
  };
}

/** Relays: a word of the author goes to every voter; when all answered, the next stage or the answer follows. */
function coordinator(folder: string): void {
  const write = openLog(folder);
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, ...socketOptions });
  const voters = new Set<WebSocket>();
  let author: WebSocket | undefined;
  let left = 0;
  let after: (() => void) | undefined;
  const fan = (word: string, bytes: number, then: () => void) => {
    left = voters.size;
    after = then;
    const text = word.padEnd(bytes);
    for (const one of voters) one.send(text);
  };
  const heardAuthor = (word: string) => {
    if (word === "echo") author?.send("echoed".padEnd(bytesOf.answer));
    else if (word === "log") {
      write("x".repeat(bytesOf.record));
      author?.send("logged");
    } else if (word === "commit") {
      fan("prepare", bytesOf.prepare, () => {
        write("x".repeat(bytesOf.record + voters.size * bytesOf.participant));
        for (const one of voters)
          one.send("replace".padEnd(bytesOf.record + voters.size * bytesOf.participant));
        left = voters.size;
        after = () => author?.send("durable");
        author?.send("answer".padEnd(bytesOf.answer));
      });
    } else fan(word, bytesOf.prepare, () => author?.send("done"));
  };
  server.on("connection", (socket) => {
    socket.on("message", (data) => {
      const word = data.toString().trimEnd();
      if (word === "voter") {
        voters.add(socket);
        say({ event: "voters", count: voters.size });
      } else if (word === "author") {
        author = socket;
        socket.send("ready");
      } else if (socket === author) heardAuthor(word);
      else {
        left -= 1;
        if (left === 0) after?.();
      }
    });
  });
  server.on("listening", () => {
    const { port } = server.address() as { port: number };
    say({ event: "listening", url: `ws://127.0.0.1:${port}` });
  });
}

async function voter(url: string, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const journal = await open(join(folder, "journal"), "a");
  const target = join(folder, ".env");
  openSync(target, "a");
  const replaceFile = async () => {
    const temporary = await open(`${target}.tmp`, "w");
    await temporary.writeFile("KEY=value\n");
    await temporary.sync();
    await temporary.close();
    await rename(`${target}.tmp`, target);
    const parent = await open(folder, "r");
    await parent.sync();
    await parent.close();
  };
  const act = async (word: string) => {
    if (word === "prepare") {
      await journal.appendFile("x".repeat(bytesOf.prepared));
      await journal.datasync();
    } else if (word === "replace") await replaceFile();
  };
  const socket = new WebSocket(url, socketOptions);
  socket.on("open", () => socket.send("voter"));
  socket.on("message", (data) => {
    act(data.toString().trimEnd()).then(
      () => socket.send("done".padEnd(bytesOf.vote)),
      (error: unknown) => {
        throw error;
      },
    );
  });
}
