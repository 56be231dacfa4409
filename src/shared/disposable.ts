/** Something that holds resources until it is disposed. Disposing twice is harmless. */
export interface Disposable {
  dispose(): void;
}

/**
 * Owns disposables and ends them in reverse order. What is added after `dispose` is disposed at once,
 * so an asynchronous start that loses the race with a shutdown leaks nothing.
 */
export class DisposableStore implements Disposable {
  readonly #items: Disposable[] = [];
  #disposed = false;

  /** Takes ownership of `item` and returns it. */
  add<T extends Disposable>(item: T): T {
    if (this.#disposed) item.dispose();
    else this.#items.push(item);
    return item;
  }

  dispose(): void {
    this.#disposed = true;
    for (const item of this.#items.splice(0).reverse()) item.dispose();
  }
}

/** A synchronous event source: listeners are called in the order of their registration. */
export class Emitter<T> {
  readonly #listeners = new Set<(value: T) => void>();

  /** Whether anybody listens: what nobody hears need not be made. */
  get heard(): boolean {
    return this.#listeners.size > 0;
  }

  /** Registers `listener` until the returned disposable is disposed. */
  on(listener: (value: T) => void): Disposable {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  /** Calls every listener with `value`. */
  emit(value: T): void {
    for (const listener of [...this.#listeners]) listener(value);
  }
}
