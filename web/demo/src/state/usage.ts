import { type ReadonlySignal, signal } from "@preact/signals";
import type { Traffic } from "../../../sdk/src/index.ts";

/** Usage is what the calls of one month have used on this device. It is counted here and told to nobody. */
export interface Usage extends Traffic {
  /** month is the year and the month: 2026-11. */
  readonly month: string;
  readonly calls: number;
  readonly talkedMs: number;
}

const key = "pronto.usage";

/** monthOf is the month of a moment, by this machine's clock. */
export function monthOf(date: Date): string {
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}`;
}

/** withCall adds a call; a new month begins from nothing. */
export function withCall(
  before: Usage | undefined,
  month: string,
  traffic: Traffic,
  talkedMs: number,
): Usage {
  const sum =
    before?.month === month ? before : { month, calls: 0, talkedMs: 0, sentBytes: 0, receivedBytes: 0 };
  return {
    month,
    calls: sum.calls + 1,
    talkedMs: sum.talkedMs + talkedMs,
    sentBytes: sum.sentBytes + traffic.sentBytes,
    receivedBytes: sum.receivedBytes + traffic.receivedBytes,
  };
}

function read(): Usage | undefined {
  try {
    const value = JSON.parse(localStorage.getItem(key) ?? "null") as Partial<Usage> | null;
    const { month, calls, talkedMs, sentBytes, receivedBytes } = value ?? {};
    const numbers = [calls, talkedMs, sentBytes, receivedBytes].every((n) => typeof n === "number" && n >= 0);
    return typeof month === "string" && numbers ? (value as Usage) : undefined;
  } catch {
    return undefined;
  }
}

const now = signal<Usage | undefined>(typeof localStorage === "undefined" ? undefined : read());

/** usage is that of the month of the last call. */
export const usage: ReadonlySignal<Usage | undefined> = now;

/** count adds a call that is over. */
export function count(traffic: Traffic, talkedMs: number): void {
  now.value = withCall(now.value, monthOf(new Date()), traffic, talkedMs);
  try {
    localStorage.setItem(key, JSON.stringify(now.value));
  } catch {
    // it is kept until the page is closed
  }
}
