import type { Moment, MomentKind } from "./wire.gen.ts";

const maxMoments = 16; // in one report; what is more is not told

/** Moments are what happened once in a call, until a report takes them along. */
export class Moments {
  #list: Moment[] = [];

  /** note notes one, and how long it took or lasted. */
  note(what: MomentKind, tookMs?: number): void {
    if (this.#list.length >= maxMoments) return;
    const took = tookMs === undefined ? {} : { tookMs: Math.min(600_000, Math.max(0, Math.round(tookMs))) };
    this.#list.push({ what, ...took });
  }

  /** take returns what no report has had yet. */
  take(): { readonly moments?: Moment[] } {
    const moments = this.#list;
    this.#list = [];
    return moments.length === 0 ? {} : { moments };
  }
}
