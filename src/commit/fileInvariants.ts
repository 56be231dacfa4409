import { broken, type Violation } from "./invariants.ts";

/** One replacement of an environment file by a peer. */
export interface FileWrite {
  /** Peer and file, for the report. */
  readonly name: string;
  readonly before: ReadonlyMap<string, string>;
  readonly after: ReadonlyMap<string, string>;
  /** Lines that no shared key owns, in order, line ends included. */
  readonly foreignBefore: readonly string[];
  readonly foreignAfter: readonly string[];
  /** The values (undefined: absent) that the log gives the key from the file's revision to the one held. */
  readonly logged: (key: string) => readonly (string | undefined)[];
  /** The values that a person forced into the file, by decisions that are on the disk. */
  readonly forced: (key: string) => readonly (string | undefined)[];
  /** Whether this local value can be had back. */
  readonly kept: (key: string, value: string) => boolean;
}

/** 2, 12 and 15: a write makes committed or durably forced values only, touches nothing else, and loses no local value. */
export function checkFileWrite(write: FileWrite): Violation[] {
  const found: Violation[] = [];
  for (const key of new Set([...write.before.keys(), ...write.after.keys()])) {
    const before = write.before.get(key);
    const after = write.after.get(key);
    if (before === after) continue;
    const logged = write.logged(key);
    if (!logged.includes(after) && !write.forced(key).includes(after))
      found.push(broken(2, `${write.name}: ${key} became what no revision says`));
    if (before !== undefined && !logged.includes(before) && !write.kept(key, before)) {
      found.push(broken(12, `${write.name}: the local value of ${key} was lost`));
    }
  }
  if (write.foreignBefore.join("") !== write.foreignAfter.join("")) {
    found.push(broken(12, `${write.name}: lines that belong to no changed key were changed`));
  }
  return found;
}

/** 13: none of the plaintext marks occurs in `bytes`; `where` names the place. */
export function checkSealed(where: string, bytes: string, marks: readonly string[]): Violation[] {
  return marks.some((mark) => bytes.includes(mark)) ? [broken(13, `plaintext in ${where}`)] : [];
}
