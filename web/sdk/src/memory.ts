import type { Store } from "./device.ts";
import type { VideoCodec } from "./wire.gen.ts";

/** Remembered is what worked in the last call with some people, on this device. */
export interface Remembered {
  /** routed: no direct connection came about; media went through the server. */
  readonly routed?: boolean;
  /** path is the kind of candidate that carried media. */
  readonly path?: string;
  /** downlinkBps is the most that came in over ten seconds, in bit/s: the SFU's estimate of the way to us begins with it. */
  readonly downlinkBps?: number;
  /** codec is what the camera was sent in through the SFU: the next call begins with it, where it is still wished for. */
  readonly codec?: VideoCodec;
}

interface Entry extends Remembered {
  readonly atMs: number;
}

const key = "pronto.memory";
const maxEntries = 64;
const keepMs = 30 * 86_400_000;
const keepRoutedMs = 86_400_000; // then a direct connection is tried again: people change networks

/**
 * Memory keeps what worked in calls, by whom they were with, on this device only: the next call with the same
 * people begins with it. The server is told no more of it than a call asks for anyway.
 */
export class Memory {
  readonly #store: Store | undefined;

  constructor(store: Store | undefined) {
    this.#store = store;
  }

  /** recall is what is known of calls with these accounts. */
  recall(users: readonly string[], nowMs = Date.now()): Remembered {
    const entry = this.#read()[who(users)];
    if (entry === undefined || nowMs - entry.atMs > keepMs) return {};
    const { atMs, routed = false, ...rest } = entry;
    return { ...rest, ...(routed && nowMs - atMs < keepRoutedMs ? { routed } : {}) };
  }

  /** remember keeps what worked; the oldest of many is forgotten. */
  remember(users: readonly string[], what: Remembered, nowMs = Date.now()): void {
    if (users.length === 0) return;
    const all = { ...this.#read(), [who(users)]: { ...what, atMs: nowMs } };
    const newest = Object.entries(all).sort(([, a], [, b]) => b.atMs - a.atMs);
    this.#write(Object.fromEntries(newest.slice(0, maxEntries)));
  }

  /** forget forgets all: call it when somebody signs out. */
  forget(): void {
    this.#write({});
  }

  #read(): Record<string, Entry> {
    try {
      return JSON.parse(this.#store?.getItem(key) ?? "{}") as Record<string, Entry>;
    } catch {
      return {}; // not ours, or a browser that forbids storage
    }
  }

  #write(all: Record<string, Entry>): void {
    try {
      this.#store?.setItem(key, JSON.stringify(all));
    } catch {
      // full or forbidden: the next call begins without
    }
  }
}

/** who is a set of accounts as a short key, from which nobody reads them at a glance. */
function who(users: readonly string[]): string {
  let [a, b] = [0x9e3779b9, 0x85ebca6b];
  for (const char of [...users].sort().join("\n")) {
    const code = char.codePointAt(0) ?? 0;
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x5bd1e995) ^ (b >>> 13);
  }
  return `${(a >>> 0).toString(36)}${(b >>> 0).toString(36)}`;
}
