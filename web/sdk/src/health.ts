import type { Bars, Health } from "./healthy.ts";
import type { Shown } from "./quality.ts";

type Counters = Readonly<Record<string, unknown>>;

/** samples are taken every 2 s: a bad network is told after about 10 s, and taken back after 6. */
const remembered = 5;
const raiseOf5 = 4;
const clearAfter = 3;
const stillSamples = 2; // in a row without a frame of our camera: that is 4 s
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

/** Step is what came of one participant between two samples. */
interface Step {
  received: number;
  lost: number;
  jitterMs: number;
  frozen: number;
}

/** HealthWatch makes Health of a browser's counters (W3C webrtc-stats), which it is told every 2 s. */
export class HealthWatch {
  readonly #before = new Map<string, Counters>();
  readonly #poor = new Steady();
  readonly #cpu = new Steady();
  readonly #recent = new Map<string, Step[]>();
  #frames: unknown; // of our camera, as of the last sample
  #still = 0; // samples in a row without more of them

  /** sample takes the counters of a moment. direct: what comes in comes from the other himself. camera is what we send. */
  sample(
    reports: ReadonlyMap<string, Counters>,
    shown: readonly Shown[],
    direct: boolean,
    camera: Pick<MediaStreamTrack, "id" | "muted"> | null,
  ): Health {
    const byTrack = new Map(shown.map((one) => [one.track, one]));
    let [upLoss, rttMs, cpu] = [0, 0, false];
    let frames: unknown;
    const now = new Map<string, Step>();
    for (const [id, counters] of reports) {
      if (counters.type === "remote-inbound-rtp") upLoss = Math.max(upLoss, numberOf(counters.fractionLost));
      if (counters.type === "candidate-pair" && counters.nominated === true && counters.state === "succeeded")
        rttMs = Math.max(rttMs, milliseconds(counters.currentRoundTripTime));
      if (counters.type === "outbound-rtp") {
        cpu ||= counters.qualityLimitationReason === "cpu";
        const source = reports.get(String(counters.mediaSourceId));
        // Where nobody wants a picture, browsers do not count its frames.
        if (counters.active !== false && source?.trackIdentifier === camera?.id) frames = source?.frames;
      }
      const one = byTrack.get(String(counters.trackIdentifier));
      if (counters.type !== "inbound-rtp" || one === undefined) continue;
      const step = now.get(one.participant) ?? { received: 0, lost: 0, jitterMs: 0, frozen: 0 };
      now.set(one.participant, step);
      step.received += this.#grown(id, counters, "packetsReceived");
      step.lost += this.#grown(id, counters, "packetsLost");
      step.jitterMs = Math.max(step.jitterMs, milliseconds(counters.jitter));
      step.frozen += this.#grown(id, counters, "totalFreezesDuration");
    }
    this.#still = frames === this.#frames ? this.#still + 1 : 0;
    this.#frames = frames ?? Number.NaN; // where there are none, none are the same as before
    const downLoss = direct ? 0 : lossOf([...now.values()]);
    const health = {
      poorNetwork: this.#poor.take(upLoss > poorLoss || downLoss > poorLoss || rttMs > poorRttMs),
      cpuLimited: this.#cpu.take(cpu),
      cameraFrozen: camera?.muted === true || this.#still >= stillSamples,
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

  #bars(now: ReadonlyMap<string, Step>): Map<string, Bars> {
    for (const participant of this.#recent.keys())
      if (!now.has(participant)) this.#recent.delete(participant);
    const bars = new Map<string, Bars>();
    for (const [participant, step] of now) {
      const recent = [...(this.#recent.get(participant) ?? []), step].slice(-remembered);
      this.#recent.set(participant, recent);
      if (sumOf(recent, "received") === 0) continue;
      const loss = lossOf(recent);
      const jitterMs = sumOf(recent, "jitterMs") / recent.length;
      const frozen = sumOf(recent, "frozen") / (2 * recent.length);
      const poor = loss > poorLoss || jitterMs > poorJitterMs || frozen > 0.05;
      const fair = loss > fairLoss || jitterMs > fairJitterMs || frozen > 0.01;
      bars.set(participant, poor ? 1 : fair ? 2 : 3);
    }
    return bars;
  }
}

/** sameHealth tells whether nothing has changed that is worth a word. */
export function sameHealth(a: Health, b: Health): boolean {
  const word = ({ bars, ...more }: Health) => JSON.stringify([more, [...bars].sort()]);
  return word(a) === word(b);
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function milliseconds(seconds: unknown): number {
  return numberOf(seconds) * 1_000;
}

function sumOf(steps: readonly Step[], field: keyof Step): number {
  return steps.reduce((sum, step) => sum + step[field], 0);
}

function lossOf(steps: readonly Step[]): number {
  const lost = sumOf(steps, "lost");
  return lost / (lost + sumOf(steps, "received") || 1);
}
