import type { Snapshot } from "../commit/snapshot.ts";
import type { SnapshotKey } from "../protocol/messages.ts";
import type { MemberChange } from "../protocol/record.ts";
import type { Statements } from "./sqlite.ts";

/** Where the log of a space begins: up to `rev` its records are compacted. */
export interface Floor {
  readonly rev: number;
  readonly hash: string;
  readonly epoch: number;
  /** Revisions up to `rev` whose transaction and hash are in the log; all of them, unless the store was rebuilt. */
  readonly known: number;
}

/** The floor of a space whose log is whole. */
export const noFloor: Floor = { rev: 0, hash: "", epoch: 0, known: 0 };

/** The tables that hold the state of each space at its floor. */
export class SnapshotTables {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  floor(space: string): Floor {
    const row = this.#statements
      .of("SELECT rev, hash, epoch, known FROM snapshots WHERE space = ?")
      .get(space);
    return row === undefined ? noFloor : ({ ...row } as unknown as Floor);
  }

  read(space: string): Snapshot {
    const { rev, hash, epoch } = this.floor(space);
    const keys: SnapshotKey[] = [];
    const keySql = "SELECT env, key, op, expected, sealed, rev, author, at FROM snapshotKeys WHERE space = ?";
    for (const { sealed, ...row } of this.#statements.of(keySql).iterate(space)) {
      keys.push({ ...row, ...(sealed === null ? {} : { sealed }) } as unknown as SnapshotKey);
    }
    const memberSql = "SELECT peer, name, role, state, reason, device FROM snapshotMembers WHERE space = ?";
    const members: MemberChange[] = [];
    for (const { device, ...row } of this.#statements.of(memberSql).iterate(space)) {
      members.push({ ...row, ...(device === null ? {} : { device }) } as unknown as MemberChange);
    }
    return { rev, hash, epoch, keys, members };
  }

  /** Raises the floor to `change.rev`; `change` holds what differs from the state at the floor before it. */
  advance(space: string, change: Snapshot, known: number): void {
    const { rev, hash, epoch, keys, members } = change;
    this.#statements.run(
      "INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?, ?)",
      space,
      rev,
      hash,
      epoch,
      known,
    );
    const keySql = "INSERT OR REPLACE INTO snapshotKeys VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    for (const key of keys) {
      const { env, op, expected, sealed = null, author, at } = key;
      this.#statements.run(keySql, space, env, key.key, op, expected, sealed, key.rev, author, at);
    }
    const memberSql = `INSERT INTO snapshotMembers VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET name = excluded.name, role = excluded.role, state = excluded.state,
        reason = excluded.reason, device = coalesce(excluded.device, device)`;
    for (const { peer, name, role, state, reason, device = null } of members)
      this.#statements.run(memberSql, space, peer, name, role, state, reason, device);
  }
}
