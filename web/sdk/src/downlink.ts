/**
 * downlinkBps is what the browser takes the downlink to carry, in bit/s; undefined where it does not say
 * (Network Information API).
 */
export function downlinkBps(): number | undefined {
  const { connection } = navigator as Navigator & { connection?: { downlink?: number } };
  const megabits = connection?.downlink;
  if (megabits === undefined || !Number.isFinite(megabits) || megabits <= 0) return undefined;
  return Math.round(Math.min(megabits, 1_000) * 1_000_000);
}

/** startBps is what to tell the SFU that the downlink carries: what came in here before, or what the browser says if that is more. */
export function startBps(before: number | undefined, browser: number | undefined): number | undefined {
  const most = Math.max(before ?? 0, browser ?? 0);
  return most > 0 ? most : undefined;
}

const spanMs = 10_000;

/** Peak is the most that has come in over ten seconds, in bit/s. */
export class Peak {
  #from: { readonly ms: number; readonly bytes: number } | undefined;
  #bps = 0;

  /** take takes how many bytes have come in so far. */
  take(nowMs: number, bytes: number): void {
    const from = this.#from;
    if (from !== undefined && nowMs - from.ms < spanMs) return;
    this.#from = { ms: nowMs, bytes };
    if (from !== undefined)
      this.#bps = Math.max(this.#bps, Math.round((8_000 * (bytes - from.bytes)) / (nowMs - from.ms)));
  }

  get bps(): number {
    return this.#bps;
  }
}
