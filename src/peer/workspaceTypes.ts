import type { StagedFile } from "../commit/effects.ts";
import type { ErrorCode, Problem } from "../protocol/errors.ts";
import type { KeyRef } from "./api.ts";

/** The answer to "can you certainly apply this?". */
export type StageResult =
  | {
      readonly kind: "staged";
      readonly staged: readonly StagedFile[];
      /** Resolves with why a staged file could not be forced, or undefined once all are on disk; never rejects. */
      readonly forced: Promise<Problem | undefined>;
    }
  | { readonly kind: "readonly" }
  | { readonly kind: "refused"; readonly code: ErrorCode; readonly reason: string };

/** Whether a key with this value in the file is to be written: asked of just the text that is then replaced. */
export type IsMeant = (ref: KeyRef, now: string | undefined) => boolean;

/** How far the files of a workspace are, whatever log they are seen against. */
export interface Progress {
  /** The write under way, if any. */
  readonly queue: { writing: Promise<unknown> };
  /** What the file of an environment held when it was last staged: what a rename of just that staged file replaces. */
  readonly prepared: Map<string, { readonly staged: string; readonly local: ReadonlyMap<string, string> }>;
  /** The revision that the file of an environment was last brought to; APPLIED comes after the last of them. */
  readonly broughtTo: Map<string, number>;
}
