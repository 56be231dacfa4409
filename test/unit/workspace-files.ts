// What the tests of a workspace share: environment files in memory whose next write waits until the test lets it go on.
import type { EnvironmentFiles } from "../../src/commit/ports.ts";
import { newDataKey } from "../../src/crypto/seal.ts";
import type { PeerIdentity, PeerStore, Superseded } from "../../src/peer/ports.ts";
import { err, ok } from "../../src/shared/result.ts";

/** The peer whose files these are. */
export const identity: PeerIdentity = {
  space: "team",
  peer: "ana",
  name: "Ana",
  role: "voter",
  dataKey: newDataKey(),
  folder: "/w",
  environments: { default: ".env" },
};

const changed = { code: "FILE_CHANGED", message: "the file changed", next: "" } as const;

/** Files in memory. As on a disk, a write looks at what it replaces first, and takes its place a moment later. */
export class HeldFiles {
  readonly #texts: Map<string, string>;
  readonly kept: Superseded[] = [];
  #held: { readonly begun: () => void; readonly released: Promise<void> } | undefined;

  constructor(texts: Readonly<Record<string, string>>) {
    this.#texts = new Map(Object.entries(texts));
  }

  text(file: string): string | undefined {
    return this.#texts.get(file);
  }

  /** The next write waits for `release` once it has looked at the file; `begun` resolves then. */
  hold(): { readonly begun: Promise<void>; readonly release: () => void } {
    const begun = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    this.#held = { begun: begun.resolve, released: released.promise };
    return { begun: begun.promise, release: released.resolve };
  }

  get port(): EnvironmentFiles {
    const files = {
      read: async (file) => {
        const text = this.#texts.get(file);
        return text === undefined
          ? { kind: "absent", path: file }
          : { kind: "text", path: file, text, hash: text };
      },
      replace: async (file, expected, text) => {
        if (this.#texts.get(file) !== expected) return err(changed);
        const held = this.#held;
        this.#held = undefined;
        held?.begun();
        await held?.released;
        this.#texts.set(file, text);
        return ok(undefined);
      },
      discard: async () => undefined,
      watch: () => ({ dispose: () => undefined }),
    } satisfies Partial<EnvironmentFiles>;
    return files as Partial<EnvironmentFiles> as EnvironmentFiles;
  }

  get store(): PeerStore {
    const store: Partial<PeerStore> = {
      keepSuperseded: async (values) => void this.kept.push(...values),
    };
    return store as PeerStore;
  }
}

/** Resolves when everything that waits for nothing outside has run as far as it can. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
