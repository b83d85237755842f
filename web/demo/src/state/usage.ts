import type { MonthUsed, Used } from "../../../sdk/src/index.ts";

/** monthOf is the month of a moment as the SDK counts: 2026-11, in UTC. */
export function monthOf(date: Date): string {
  return date.toISOString().slice(0, 7);
}

/** byMonth adds up what calls have cost over all kinds of network, the newest month first. */
export function byMonth(list: readonly MonthUsed[]): readonly (Used & { readonly month: string })[] {
  const sums = new Map<string, Used>();
  for (const { month, calls, seconds, sentBytes, receivedBytes } of list) {
    const sum = sums.get(month) ?? { calls: 0, seconds: 0, sentBytes: 0, receivedBytes: 0 };
    sums.set(month, {
      calls: sum.calls + calls,
      seconds: sum.seconds + seconds,
      sentBytes: sum.sentBytes + sentBytes,
      receivedBytes: sum.receivedBytes + receivedBytes,
    });
  }
  return [...sums].map(([month, used]) => ({ month, ...used })).sort((a, b) => (a.month < b.month ? 1 : -1));
}
