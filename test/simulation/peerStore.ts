import type { Marks, PeerStore, Superseded } from "../../src/peer/ports.ts";
import { EnvpactError } from "../../src/protocol/errors.ts";
import type { CrashKind, Process, World } from "./world.ts";

/** The local state of a peer beside its journal, on a simulated disk. */
export class PeerStoreDisk {
  readonly #world: World;
  #marks: Marks = { shared: [], released: [], allowed: [], adopted: [] };
  #superseded: Superseded[] = [];
  removed = false;

  constructor(world: World) {
    this.#world = world;
  }

  /** Whether the value can be had back even after a power loss now. */
  keeps(env: string, key: string, value: string): boolean {
    return this.#superseded.some((one) => one.env === env && one.key === key && one.value === value);
  }

  crash(_kind: CrashKind): void {
    // Every write of it is atomic and forced.
  }

  storeOf(process: Process): PeerStore {
    const io = <T>(what: string, act: () => T) =>
      this.#world.io(process, what, () => {
        if (this.#world.diskFails()) throw new EnvpactError("DATA_NOT_WRITABLE", `${what}: ENOSPC`, "");
        return act();
      });
    return {
      readMarks: async () => this.#marks,
      writeMarks: (marks) =>
        io("write marks", () => {
          this.#marks = marks;
        }),
      keepSuperseded: async (values) => {
        if (values.length === 0) return;
        await io("keep superseded", () => {
          this.#superseded.push(...values);
        });
      },
      readSuperseded: async () => [...this.#superseded],
      remove: () =>
        io("remove state", () => {
          this.removed = true;
        }),
    };
  }
}
