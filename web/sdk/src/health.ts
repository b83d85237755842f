import type { Bars, Health } from "./healthy.ts";
import type { Shown } from "./quality.ts";

type Counters = Readonly<Record<string, unknown>>;

/** samples are taken every 2 s: a bad network is told after about 10 s, and taken back after 6. */
const remembered = 5;
const raiseOf5 = 4;
const clearAfter = 3;
const poorRttMs = 400;
const poorLoss = 0.05;
const fairLoss = 0.01;
const poorJitterMs = 60;
const fairJitterMs = 30;

/** Steady is a state that lasts: it begins when most of the last samples say so, and ends after some that do not. */
class Steady {
  #recent: boolean[] = [];
  on = false;

  take(now: boolean): boolean {
    this.#recent = [...this.#recent, now].slice(-remembered);
    if (!this.on) this.on = this.#recent.filter(Boolean).length >= raiseOf5;
    else if (!this.#recent.slice(-clearAfter).some(Boolean)) this.on = false;
    return this.on;
  }
}

/** HealthWatch makes Health of a browser's counters (W3C webrtc-stats), which it is told every 2 s. */
export class HealthWatch {
  readonly #before = new Map<string, Counters>();
  readonly #poor = new Steady();
  readonly #cpu = new Steady();
  readonly #recent = new Map<
    string,
    { received: number; lost: number; jitterMs: number; frozen: number }[]
  >();

  /** sample takes the counters of a moment. direct: what comes in comes from the other himself. */
  sample(reports: ReadonlyMap<string, Counters>, shown: readonly Shown[], direct: boolean): Health {
    const byTrack = new Map(shown.map((one) => [one.track, one]));
    let [received, lost] = [0, 0];
    const now = new Map<string, { received: number; lost: number; jitterMs: number; frozen: number }>();
    for (const [id, counters] of reports) {
      const one = byTrack.get(String(counters.trackIdentifier));
      if (counters.type !== "inbound-rtp" || one === undefined) continue;
      const step = {
        received: this.#grown(id, counters, "packetsReceived"),
        lost: this.#grown(id, counters, "packetsLost"),
        jitterMs: milliseconds(counters.jitter),
        frozen: this.#grown(id, counters, "totalFreezesDuration"),
      };
      received += step.received;
      lost += step.lost;
      const sum = now.get(one.participant) ?? { received: 0, lost: 0, jitterMs: 0, frozen: 0 };
      now.set(one.participant, {
        received: sum.received + step.received,
        lost: sum.lost + step.lost,
        jitterMs: Math.max(sum.jitterMs, step.jitterMs),
        frozen: sum.frozen + step.frozen,
      });
    }
    const up = [...reports.values()].filter((counters) => counters.type === "remote-inbound-rtp");
    const upLoss = Math.max(0, ...up.map(({ fractionLost }) => numberOf(fractionLost)));
    const downLoss = direct ? 0 : share(lost, received);
    const cpu = [...reports.values()].some(
      ({ type, qualityLimitationReason }) => type === "outbound-rtp" && qualityLimitationReason === "cpu",
    );
    const health = {
      poorNetwork: this.#poor.take(
        upLoss > poorLoss || downLoss > poorLoss || roundTripMs(reports) > poorRttMs,
      ),
      cpuLimited: this.#cpu.take(cpu),
      bars: this.#bars(now),
    };
    this.#before.clear();
    for (const [id, counters] of reports) this.#before.set(id, counters);
    return health;
  }

  #grown(id: string, counters: Counters, field: string): number {
    const before = this.#before.get(id);
    return before === undefined ? 0 : Math.max(0, numberOf(counters[field]) - numberOf(before[field]));
  }

  #bars(
    now: ReadonlyMap<string, { received: number; lost: number; jitterMs: number; frozen: number }>,
  ): Map<string, Bars> {
    for (const participant of this.#recent.keys())
      if (!now.has(participant)) this.#recent.delete(participant);
    const bars = new Map<string, Bars>();
    for (const [participant, step] of now) {
      const recent = [...(this.#recent.get(participant) ?? []), step].slice(-remembered);
      this.#recent.set(participant, recent);
      const sum = (of: (step: (typeof recent)[number]) => number) =>
        recent.reduce((all, s) => all + of(s), 0);
      const received = sum((s) => s.received);
      if (received === 0) continue;
      const loss = share(
        sum((s) => s.lost),
        received,
      );
      const jitterMs = sum((s) => s.jitterMs) / recent.length;
      const frozen = sum((s) => s.frozen) / (2 * recent.length);
      const poor = loss > poorLoss || jitterMs > poorJitterMs || frozen > 0.05;
      const fair = loss > fairLoss || jitterMs > fairJitterMs || frozen > 0.01;
      bars.set(participant, poor ? 1 : fair ? 2 : 3);
    }
    return bars;
  }
}

/** sameHealth tells whether nothing has changed that is worth a word. */
export function sameHealth(a: Health, b: Health): boolean {
  const word = ({ poorNetwork, cpuLimited, bars }: Health) =>
    JSON.stringify([poorNetwork, cpuLimited, [...bars].sort()]);
  return word(a) === word(b);
}

function roundTripMs(reports: ReadonlyMap<string, Counters>): number {
  let ms = 0;
  for (const { type, nominated, state, currentRoundTripTime } of reports.values())
    if (type === "candidate-pair" && nominated === true && state === "succeeded")
      ms = Math.max(ms, milliseconds(currentRoundTripTime));
  return ms;
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function milliseconds(seconds: unknown): number {
  return numberOf(seconds) * 1_000;
}

function share(lost: number, received: number): number {
  return lost + received === 0 ? 0 : lost / (lost + received);
}
