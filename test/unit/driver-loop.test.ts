import { describe, expect, it } from "vitest";
import { randomToken, systemClock } from "../../src/drivers/clock.ts";
import { Loop, queuedInputsMax } from "../../src/drivers/loop.ts";
import { problemOf } from "../../src/protocol/errors.ts";

interface Effect {
  readonly name: string;
  readonly slow?: boolean;
}

/** A loop that writes down what happened; `fail` makes one effect throw, `release` ends a slow one. */
function recorder(
  step: (input: string) => readonly Effect[] = (input) => [{ name: `${input}1` }, { name: `${input}2` }],
) {
  const happened: string[] = [];
  const fatal: unknown[] = [];
  const gates: (() => void)[] = [];
  const loop: Loop<string, Effect> = new Loop<string, Effect>({
    step(input) {
      happened.push(`step ${input}`);
      return step(input);
    },
    perform(effect) {
      if (effect.name === "fail") throw new Error("no disk");
      if (!effect.slow) {
        happened.push(effect.name);
        return;
      }
      return new Promise<void>((resolve) =>
        gates.push(() => {
          happened.push(effect.name);
          resolve();
        }),
      );
    },
    onFatal: (error) => fatal.push(error),
  });
  return { loop, happened, fatal, gates };
}

describe("the loop", () => {
  it("takes one input at a time and carries its effects out in order, before the next input", async () => {
    const { loop, happened } = recorder();
    loop.push("a");
    loop.push("b");
    expect(happened).toEqual([]);
    await loop.idle();
    expect(happened).toEqual(["step a", "a1", "a2", "step b", "b1", "b2"]);
    await loop.idle();
  });

  it("lets nothing pass an effect that takes its time: what follows a persist waits for it", async () => {
    const { loop, happened, gates } = recorder((input) => [
      { name: `persist ${input}`, slow: true },
      { name: "send" },
    ]);
    loop.push("a");
    loop.push("b");
    while (gates.length === 0) await Promise.resolve();
    expect(happened).toEqual(["step a"]);
    gates.shift()?.();
    while (gates.length === 0) await Promise.resolve();
    expect(happened).toEqual(["step a", "persist a", "send", "step b"]);
    gates.shift()?.();
    await loop.idle();
    expect(happened.at(-1)).toBe("send");
  });

  it("queues what an effect pushes behind what waits already", async () => {
    const order: string[] = [];
    const loop: Loop<string, string> = new Loop<string, string>({
      step: (input) => [input],
      perform: (effect) => {
        order.push(effect);
        if (effect === "a") loop.push("c");
      },
      onFatal: (error) => expect(error).toBeUndefined(),
    });
    loop.push("a");
    loop.push("b");
    await loop.idle();
    expect(order).toEqual(["a", "b", "c"]);
  });

  it("takes many thousand inputs", async () => {
    const { loop, happened } = recorder((input) => [{ name: input }]);
    for (let i = 0; i < 5_000; i += 1) loop.push(String(i));
    await loop.idle();
    expect(happened.filter((line) => !line.startsWith("step"))).toEqual(
      Array.from({ length: 5_000 }, (_, i) => `${i}`),
    );
  });

  it("stops at a failed effect: the ones behind it and all later inputs never happen", async () => {
    const { loop, happened, fatal } = recorder((input) => [
      { name: input },
      { name: "fail" },
      { name: "send" },
    ]);
    loop.push("a");
    loop.push("b");
    await loop.idle();
    loop.push("c");
    await loop.idle();
    expect(happened).toEqual(["step a", "a"]);
    expect(fatal).toEqual([new Error("no disk")]);
  });

  it("treats a failing step and a full queue the same way", async () => {
    const failing = recorder(() => {
      throw new Error("bug");
    });
    failing.loop.push("a");
    await failing.loop.idle();
    expect(failing.fatal).toEqual([new Error("bug")]);
    const flooded = recorder();
    for (let i = 0; i <= queuedInputsMax; i += 1) flooded.loop.push("x");
    await flooded.loop.idle();
    expect(flooded.fatal.map((error) => problemOf(error).code)).toEqual(["LIMIT"]);
    expect(flooded.happened).toEqual([]);
  });

  it("stops after the effect under way", async () => {
    const { loop, happened, gates } = recorder((input) => [{ name: input, slow: true }, { name: "send" }]);
    loop.push("a");
    loop.push("b");
    while (gates.length === 0) await Promise.resolve();
    const stopped = loop.stop();
    gates[0]?.();
    await stopped;
    expect(happened).toEqual(["step a", "a"]);
  });
});

describe("the clock", () => {
  it("calls once at the time, also for one that has passed, and never after disposal", async () => {
    const calls: string[] = [];
    systemClock.at(systemClock.now() + 5, () => calls.push("never")).dispose();
    await new Promise<void>((resolve) => {
      systemClock.at(systemClock.now() - 1_000, () => calls.push("past"));
      systemClock.at(systemClock.now() + 20, () => {
        calls.push("future");
        resolve();
      });
    });
    expect(calls).toEqual(["past", "future"]);
  });

  it("does not fire at once for a time beyond what one timer can wait", async () => {
    const yearMs = 365 * 24 * 3_600_000;
    let early = false;
    const far = systemClock.at(systemClock.now() + yearMs, () => {
      early = true;
    });
    await new Promise<void>((resolve) => void systemClock.at(systemClock.now() + 10, resolve));
    far.dispose();
    expect(early).toBe(false);
  });

  it("gives tokens of the length asked for, all different", () => {
    const tokens = Array.from({ length: 100 }, () => randomToken(16));
    expect(new Set(tokens).size).toBe(100);
    for (const token of tokens) expect(Buffer.from(token, "base64url")).toHaveLength(16);
  });
});
