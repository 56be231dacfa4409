/** Longest time that one thing may take to end before the rest is ended. */
const endMsMax = 10_000;

interface Member {
  readonly name: string;
  readonly end: () => Promise<unknown>;
}

/** Everything that a run started. It ends once, the last thing first. */
export class Crew {
  readonly #members: Member[] = [];
  readonly #problems: string[] = [];
  #ending: Promise<void> | undefined;

  /** True from the first call of `end`: nothing may be started any more. */
  get isEnding(): boolean {
    return this.#ending !== undefined;
  }

  /** Takes over something: `end` is called once, at the end. Throws when that has begun. */
  adopt(name: string, end: () => Promise<unknown>): void {
    if (this.isEnding) throw new Error(`${name} comes too late: everything is being ended.`);
    this.#members.push({ name, end });
  }

  /** Ends everything; resolves with what could not be ended, in words. */
  async end(): Promise<readonly string[]> {
    this.#ending ??= this.#endAll();
    await this.#ending;
    return this.#problems;
  }

  async #endAll(): Promise<void> {
    for (let member = this.#members.pop(); member !== undefined; member = this.#members.pop()) {
      await this.#endOne(member);
    }
  }

  async #endOne({ name, end }: Member): Promise<void> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error(`not ended after ${endMsMax} ms`)), endMsMax);
    try {
      await Promise.race([end(), late.promise]);
    } catch (error) {
      this.#problems.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      clearTimeout(timer);
    }
  }
}
