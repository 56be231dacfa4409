/**
 * Delay before retry number `attempt` (from 0), with full jitter: uniform in [0, min(max, first·2^attempt)]
 * (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015), but at least a tenth of `firstMs`.
 * `random` is a number in [0, 1).
 */
export function retryDelayMs(attempt: number, firstMs: number, maxMs: number, random: number): number {
  const ceilingMs = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30));
  return Math.max(firstMs / 10, random * ceilingMs);
}
