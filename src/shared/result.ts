/** A value, or an error as data. */
export type Result<T, E> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

/** A success that holds `value`. */
export function ok<T>(value: T): Result<T, never> {
  return { ok: true, value };
}

/** A failure that holds `error`. */
export function err<E>(error: E): Result<never, E> {
  return { ok: false, error };
}
