import type { Moment, MomentKind } from "./wire.gen.ts";

/** maxReportBytes is how large a report may be, with the frame around it. */
export const maxReportBytes = 1_000;

const envelopeBytes = 160; // the frame around a report, and the call's id, which has at most 64
const maxMoments = 16; // in one report
const maxWaiting = 64;

/** byUse has first what an engineer would miss most: what kept somebody from being heard. */
const byUse: readonly MomentKind[] = [
  "permissionDenied",
  "deviceLost",
  "restartFailed",
  "resumeFailed",
  "gapNetwork",
  "gapOther",
  "gapSwitch",
  "firstSound",
  "firstCamera",
  "firstScreen",
  "rebuilt",
  "restarted",
  "resumed",
  "noMicrophone",
  "cpuLimited",
  "mutedSpeaking",
];

/** Told is the part of a report that moments make up. */
export interface Told {
  readonly moments?: Moment[];
  readonly momentsLeft?: number;
}

/**
 * Moments are what happened once in a call, until a report takes them along: the most useful ones first. What has no
 * room waits for the next report; of more than 64 that wait, the least useful ones are only counted.
 */
export class Moments {
  #list: Moment[] = [];
  #left = 0;

  /** note notes one, and how long it took or lasted. */
  note(what: MomentKind, tookMs?: number): void {
    const took = tookMs === undefined ? {} : { tookMs: Math.min(600_000, Math.max(0, Math.round(tookMs))) };
    this.#list.push({ what, ...took });
    this.#list.sort((a, b) => byUse.indexOf(a.what) - byUse.indexOf(b.what)); // the earlier of two alike stays first
    if (this.#list.length <= maxWaiting) return;
    this.#list.pop();
    this.#left = Math.min(1_000, this.#left + 1);
  }

  /**
   * take returns those that no report has had yet and that have room beside the rest of it. What the last report of a
   * stay has no room for is only counted.
   */
  take(rest: object, last = false): Told {
    let room = maxReportBytes - envelopeBytes - JSON.stringify(rest).length; // all of it is ASCII
    let count = 0;
    for (const moment of this.#list.slice(0, maxMoments)) {
      room -= JSON.stringify(moment).length + 1;
      if (room < 0) break;
      count++;
    }
    const moments = this.#list.splice(0, count);
    const left = this.#left + (last ? this.#list.length : 0);
    this.#left = 0;
    return { ...(count > 0 ? { moments } : {}), ...(left > 0 ? { momentsLeft: left } : {}) };
  }
}
