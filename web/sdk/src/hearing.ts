import type { Peer } from "./peer.ts";
import { inbound } from "./stats.ts";

/** Counters are a browser's, of one stream that comes in (W3C webrtc-stats, inbound-rtp). */
type Counters = Readonly<Record<string, unknown>>;

/**
 * lookMs is how often it is looked: two looks in a row that find somebody unheard are over before 3 s are, wherever between two
 * looks it began.
 */
const lookMs = 750;
const lastLooks = 2;
const looksAtFirst = 3; // without a packet, or of perfect silence from the beginning: a device that is being opened takes a while
const looksOfSilence = 40; // that is 30 s, after there was sound: a noise gate makes pauses of perfect silence, too
const lostMost = 0.5; // of the packets: nobody understands what is left
const fewPackets = 10; // of fewer nothing can be said

/** HearingOptions are what Hearing asks and tells. */
export interface HearingOptions {
  /** microphones are the participants whose sound should come in: who is not muted and not on hold, while we are not either. */
  microphones(): readonly string[];
  /** speaking tells whether the server hears somebody speak. */
  speaking(participant: string): boolean;
  /** unheard is told when it is another one. */
  unheard(participants: ReadonlySet<string>): void;
}

/**
 * Hearing finds out which participants should be heard and are not: no packet of theirs comes, or most are lost, or in a direct call
 * nothing but silence from the beginning. Through the server, which sends the loudest only and sees silence itself, it looks
 * at those who speak.
 */
export class Hearing {
  readonly #options: HearingOptions;
  #ears: ReadonlyMap<string, Ear> = new Map();
  #told: ReadonlySet<string> = new Set();
  #stop: (() => void) | undefined;

  constructor(options: HearingOptions) {
    this.#options = options;
  }

  /** follow listens to what comes by another connection from now on. */
  follow(peer: Peer): void {
    this.close();
    let looking = false;
    const timer = setInterval(async () => {
      if (looking || peer.connection.connectionState !== "connected") return;
      looking = true;
      const ears = await this.#look(peer).catch(() => undefined); // a connection that closes
      looking = false;
      if (ears !== undefined && this.#stop === stop) this.#set(ears);
    }, lookMs);
    const stop = () => clearInterval(timer);
    this.#stop = stop;
  }

  /** close ends it. Nobody is unheard then. */
  close(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.#set(new Map());
  }

  async #look(peer: Peer): Promise<Map<string, Ear>> {
    const ears = new Map<string, Ear>();
    for (const participant of this.#options.microphones()) {
      const receiver = peer.receiver(participant, "microphone");
      const ear = this.#ears.get(participant);
      const matters = peer.direct || ear?.unheard || this.#options.speaking(participant);
      if (receiver !== undefined && matters)
        ears.set(participant, (ear ?? new Ear(peer.direct)).take(await inbound(receiver)));
    }
    return ears;
  }

  #set(ears: ReadonlyMap<string, Ear>): void {
    this.#ears = ears;
    const now = new Set([...ears].filter(([, { unheard }]) => unheard).map(([participant]) => participant));
    const before = this.#told;
    this.#told = now;
    if (now.size !== before.size || [...now].some((one) => !before.has(one))) this.#options.unheard(now);
  }
}

/** Step is what came between two looks. */
interface Step {
  readonly received: number;
  readonly lost: number;
}

/** Ear is what the looks at one participant's sound have found. */
class Ear {
  readonly #direct: boolean;
  #counters: Counters = {}; // of the last look; empty before the first packet
  #steps: readonly Step[] = []; // between the last looks
  #empty = 0; // looks in a row without a packet
  #silent = 0; // looks in a row with perfect silence
  #came = false; // packets have come
  #sounded = false; // with sound
  unheard = false;

  constructor(direct: boolean) {
    this.#direct = direct;
  }

  /** take adds a look to those before. counters begin anew with another id. */
  take(counters: Counters): this {
    const before = this.#counters;
    this.#counters = counters;
    if (before.id !== counters.id) {
      this.#steps = [];
      this.#empty = 0;
      this.#silent = isSilent(counters, {}) ? 1 : 0;
      this.#sounded ||= grown("totalAudioEnergy", counters, {}) > 0;
      if (grown("packetsReceived", counters, {}) > 0) this.unheard = false;
      return this;
    }
    const received = grown("packetsReceived", counters, before);
    const lost = grown("packetsLost", counters, before);
    this.#steps = [...this.#steps, { received, lost }].slice(-lastLooks);
    this.#empty = received === 0 ? this.#empty + 1 : 0;
    this.#came ||= received > 0;
    this.#silent = received > 0 && isSilent(counters, before) ? this.#silent + 1 : 0;
    this.#sounded ||= grown("totalAudioEnergy", counters, before) > 0;
    if (this.#isGone || this.#isTorn || this.#isStill) this.unheard = true;
    else if (received > 0) this.unheard = false; // that nothing comes from who is silent says nothing
    return this;
  }

  get #isGone(): boolean {
    return this.#empty >= (this.#came ? lastLooks : looksAtFirst);
  }

  get #isTorn(): boolean {
    const received = this.#steps.reduce((sum, step) => sum + step.received, 0);
    const lost = this.#steps.reduce((sum, step) => sum + step.lost, 0);
    return received + lost >= fewPackets && lost > lostMost * (received + lost);
  }

  get #isStill(): boolean {
    return this.#direct && this.#silent >= (this.#sounded ? looksOfSilence : looksAtFirst);
  }
}

function grown(field: string, now: Counters, before: Counters): number {
  return Math.max(0, numberOf(now[field]) - numberOf(before[field]));
}

/** isSilent tells whether something was played, all of it perfectly silent. A browser may not say. */
function isSilent(now: Counters, before: Counters): boolean {
  const says = typeof now.totalAudioEnergy === "number" && Number.isFinite(now.totalAudioEnergy);
  return (
    says && grown("totalSamplesReceived", now, before) > 0 && grown("totalAudioEnergy", now, before) === 0
  );
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
