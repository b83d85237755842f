import type { Store } from "./device.ts";
import { randomID } from "./device.ts";
import { later } from "./later.ts";

/** Used is how much calls have cost. */
export interface Used {
  readonly calls: number;
  readonly seconds: number;
  /** sentBytes and receivedBytes are with the headers of all layers. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

/** MonthUsed is what the calls of a month have cost over one kind of network. */
export interface MonthUsed extends Used {
  /** month is such as 2026-11. */
  readonly month: string;
  /** network is wifi, cellular, ethernet or the like (Network Information API); unknown where the browser does not say. */
  readonly network: string;
}

/** Counts are what one device has counted. @internal */
export type Counts = Record<string, Used>; // by month and network
interface Kept {
  readonly device: string;
  readonly devices: Record<string, Counts>;
}

const key = "pronto.usage";
const months = 24;

/**
 * Usage counts bytes and seconds of calls on this device. A sealed backup takes it to another device, which then
 * counts on: each device's own count is kept apart, so that nothing is counted twice.
 */
export class Usage {
  readonly #store: Store | undefined;

  constructor(store: Store | undefined) {
    this.#store = store;
  }

  /** add counts a call. */
  add(call: Omit<Used, "calls">, at = new Date(), network = networkNow()): void {
    const kept = this.#read();
    const own = { ...kept.devices[kept.device] };
    const slot = `${at.toISOString().slice(0, 7)} ${network}`;
    own[slot] = plus(own[slot], { calls: 1, ...call });
    const newest = Object.entries(own).sort(([a], [b]) => (a < b ? 1 : -1));
    this.#write({
      ...kept,
      devices: { ...kept.devices, [kept.device]: Object.fromEntries(newest.slice(0, 4 * months)) },
    });
  }

  /** months lists what calls have cost, the newest month first, all devices together. */
  months(): MonthUsed[] {
    const sum = new Map<string, Used>();
    for (const counts of Object.values(this.#read().devices)) {
      for (const [slot, used] of Object.entries(counts)) sum.set(slot, plus(sum.get(slot), used));
    }
    return [...sum]
      .sort(([a], [b]) => (a < b ? 1 : -1))
      .map(([slot, used]) => {
        const [month = "", network = ""] = slot.split(" ");
        return { month, network, ...used };
      });
  }

  /** backup is all of it as text that only the passphrase opens; keep it wherever you like. */
  async backup(passphrase: string): Promise<string> {
    const { seal } = await later(import("./usagebackup.ts"));
    return seal(this.#read().devices, passphrase);
  }

  /** restore adds what a backup has to what is here. It rejects if the passphrase or the text is another. */
  async restore(text: string, passphrase: string): Promise<void> {
    const { merge, open } = await later(import("./usagebackup.ts"));
    const devices = await open(text, passphrase);
    const kept = this.#read();
    this.#write({ ...kept, devices: merge(kept.devices, devices) });
  }

  #read(): Kept {
    try {
      const kept = JSON.parse(this.#store?.getItem(key) ?? "null") as Kept | null;
      if (kept !== null && typeof kept.device === "string" && typeof kept.devices === "object") return kept;
    } catch {
      // not ours, or a browser that forbids storage
    }
    return { device: randomID(), devices: {} };
  }

  #write(kept: Kept): void {
    try {
      this.#store?.setItem(key, JSON.stringify(kept));
    } catch {
      // full or forbidden: nothing is counted
    }
  }
}

function plus(a: Used | undefined, b: Used): Used {
  return {
    calls: (a?.calls ?? 0) + b.calls,
    seconds: (a?.seconds ?? 0) + b.seconds,
    sentBytes: (a?.sentBytes ?? 0) + b.sentBytes,
    receivedBytes: (a?.receivedBytes ?? 0) + b.receivedBytes,
  };
}

function networkNow(): string {
  if (typeof navigator === "undefined") return "unknown";
  return (navigator as Navigator & { connection?: { type?: string } }).connection?.type ?? "unknown";
}
