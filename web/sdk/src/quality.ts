import type { Path, ReportQuality, SeenPictures, SentPicture } from "./wire.gen.ts";

/** Shown is a track that comes in and what the page does with it. */
export interface Shown {
  /** track is the receiver's MediaStreamTrack.id. */
  readonly track: string;
  readonly source: "microphone" | "camera" | "screen" | "screenAudio";
  /** participant is whose it is. */
  readonly participant: string;
  /** height is how high the page shows it, in device pixels; absent for sound and if the page has not said. */
  readonly height?: number;
}

/** Sample is what one look at the counters of a connection is told beside them. */
export interface Sample {
  /** nowMs is when, by a monotonic clock. */
  readonly nowMs: number;
  /** hidden: nobody looks at the page. */
  readonly hidden: boolean;
  readonly path: Path | undefined;
  readonly shown: readonly Shown[];
  /** camera is the id of the track that our camera sends. */
  readonly camera: string | undefined;
}

type Counters = Readonly<Record<string, unknown>>;
type Sound = NonNullable<ReportQuality["sound"]>;

const wholePicture = 360; // pixels: more is not needed to be good
const wholeRate = 24; // frames a second, likewise
const settleMs = 4_000; // a picture that has just begun is not judged
const packetMs = 20; // of sound
const samplesPerMs = 48; // Opus is decoded at 48 kHz
const silentShare = 0.25; // fewer packets than this of all: discontinuous transmission
const brokenShare = 0.2; // more of it made up than this: the packets are missing, not silent

/** Tile adds up one picture between two reports. */
interface Tile {
  readonly source: "camera" | "screen";
  sinceMs: number; // when it began
  knownMs: number;
  hiddenMs: number;
  frames: number;
  freezes: number;
  frozenMs: number;
  gapMs: number; // since the last frame
  longestGapMs: number;
  height: number;
  asked: number;
}

/**
 * Quality turns a browser's counters (W3C webrtc-stats) into reports. It is
 * told the counters every 2 s or so, and takes their differences: what a
 * browser starts anew, as after a change of SSRC, it leaves out.
 */
export class Quality {
  readonly #before = new Map<string, Counters>();
  readonly #tiles = new Map<string, Tile>();
  readonly #bestRate = new Map<string, number>(); // by participant and source
  #sinceMs: number;
  #lastMs: number;
  #path: Path | undefined;
  #rttMs = 0;
  #pair: unknown;
  #switches = 0;
  #sound: Sound = emptySound();
  #buffer = { audio: [0, 0], camera: [0, 0], screen: [0, 0] };
  #traffic = { camera: { packets: 0, lost: 0, jitterMs: 0 }, screen: { packets: 0, lost: 0, jitterMs: 0 } };
  #sent = { sentMs: 0, bandwidthMs: 0, cpuMs: 0, otherMs: 0 };
  #up = new Map<"microphone" | "camera", number>(); // part that was lost, by the receivers' reports
  #limits = false; // the browser tells what limits the sender

  constructor(nowMs: number) {
    this.#sinceMs = this.#lastMs = nowMs;
  }

  /** sample takes the counters of a moment. */
  sample(report: Iterable<readonly [string, Counters]>, now: Sample): void {
    const spanMs = now.nowMs - this.#lastMs;
    this.#lastMs = now.nowMs;
    this.#path = now.path;
    const shown = new Map(now.shown.map((s) => [s.track, s]));
    const reports = new Map(report);
    this.#takeConnection(reports);
    for (const [id, counters] of reports) {
      const one = shown.get(String(counters.trackIdentifier));
      if (counters.type === "inbound-rtp" && one !== undefined) {
        if (one.source === "camera" || one.source === "screen")
          this.#takePicture(id, counters, { ...one, source: one.source }, now, spanMs);
        else this.#takeSound(id, counters, spanMs);
      }
    }
    this.#takeSender(reports, now, spanMs);
    for (const [id, counters] of reports) this.#before.set(id, counters);
    for (const id of this.#before.keys()) if (!reports.has(id)) this.#before.delete(id);
  }

  /** cpuLimited tells whether the machine kept our picture small for half of the time since the last report. */
  get cpuLimited(): boolean {
    return this.#sent.sentMs > 0 && this.#sent.cpuMs * 2 >= this.#sent.sentMs;
  }

  /** take returns the report since the last one, and begins the next. */
  take(nowMs: number): Omit<ReportQuality, "call"> {
    const spanMs = Math.round(Math.min(15_000, Math.max(1_000, nowMs - this.#sinceMs)));
    const pictures = (["camera", "screen"] as const).flatMap((source) => this.#pictures(source));
    const { playedMs, packets, concealedMs } = this.#sound;
    const sound: Sound = {
      ...this.#sound,
      playedMs: Math.round(playedMs),
      concealedMs: Math.min(Math.round(concealedMs), Math.round(playedMs)),
      bufferMs: mean(this.#buffer.audio),
    };
    const body: Omit<ReportQuality, "call"> = {
      spanMs,
      pictures,
      ...(this.#path === undefined ? {} : { path: this.#path }),
      ...(this.#rttMs === 0 ? {} : { rttMs: Math.min(60_000, Math.max(1, Math.round(this.#rttMs))) }),
      ...(playedMs > 0 || packets > 0 ? { sound } : {}),
      ...(this.#limits && this.#sent.sentMs > 0 ? { sent: wholeSent(this.#sent) } : {}),
      ...(this.#switches > 0 ? { switches: this.#switches } : {}),
      ...(this.#up.size > 0
        ? { up: [...this.#up].map(([source, lost]) => ({ source, perMille: Math.round(1_000 * lost) })) }
        : {}),
    };
    this.#begin(nowMs);
    return body;
  }

  #begin(nowMs: number): void {
    this.#sinceMs = nowMs;
    this.#rttMs = 0;
    this.#switches = 0;
    this.#up.clear();
    this.#sound = emptySound();
    this.#buffer = { audio: [0, 0], camera: [0, 0], screen: [0, 0] };
    this.#traffic = {
      camera: { packets: 0, lost: 0, jitterMs: 0 },
      screen: { packets: 0, lost: 0, jitterMs: 0 },
    };
    this.#sent = { sentMs: 0, bandwidthMs: 0, cpuMs: 0, otherMs: 0 };
    for (const [id, tile] of this.#tiles) {
      if (tile.knownMs + tile.hiddenMs === 0) this.#tiles.delete(id);
      else
        Object.assign(tile, { knownMs: 0, hiddenMs: 0, frames: 0, freezes: 0, frozenMs: 0, longestGapMs: 0 });
    }
  }

  /** grown is by how much a counter has grown; 0 if it is not known, new or started anew. */
  #grown(id: string, counters: Counters, field: string): number {
    const was = this.#before.get(id)?.[field];
    const is = counters[field];
    return typeof was === "number" && typeof is === "number" ? Math.max(0, is - was) : 0;
  }

  #takeConnection(reports: ReadonlyMap<string, Counters>): void {
    let remote = 0;
    for (const counters of reports.values()) {
      if (counters.type === "remote-inbound-rtp") {
        const { roundTripTime, totalRoundTripTime, roundTripTimeMeasurements: n, fractionLost } = counters;
        if (typeof fractionLost === "number") {
          const source = counters.kind === "audio" ? "microphone" : "camera";
          const worst = Math.max(this.#up.get(source) ?? 0, fractionLost);
          this.#up.set(source, Math.min(1, Math.max(0, worst)));
        }
        if (typeof roundTripTime === "number") remote = roundTripTime;
        else if (typeof totalRoundTripTime === "number" && typeof n === "number" && n > 0)
          remote = totalRoundTripTime / n; // Firefox, of sound
      }
      const chosen =
        counters.type === "transport" ? reports.get(String(counters.selectedCandidatePairId)) : undefined;
      const pair =
        chosen ?? (counters.type === "candidate-pair" && counters.selected === true ? counters : undefined);
      if (pair === undefined) continue;
      if (typeof pair.currentRoundTripTime === "number" && pair.currentRoundTripTime > 0)
        this.#rttMs = Math.max(1, pair.currentRoundTripTime * 1_000);
      if (this.#pair !== undefined && this.#pair !== pair.id) this.#switches++;
      this.#pair = pair.id;
    }
    if (this.#rttMs === 0 && remote > 0) this.#rttMs = Math.max(1, remote * 1_000);
  }

  #takeSound(id: string, counters: Counters, spanMs: number): void {
    const packets = this.#grown(id, counters, "packetsReceived");
    const lost = this.#grown(id, counters, "packetsLost");
    const samples = this.#grown(id, counters, "totalSamplesReceived");
    const concealed =
      this.#grown(id, counters, "concealedSamples") - this.#grown(id, counters, "silentConcealedSamples");
    const share = samples > 0 ? Math.max(0, concealed) / samples : 0;
    if (packets + lost < (silentShare * spanMs) / packetMs && share < brokenShare) return;
    this.#sound = {
      playedMs: this.#sound.playedMs + samples / samplesPerMs,
      concealedMs: this.#sound.concealedMs + Math.max(0, concealed) / samplesPerMs,
      packets: this.#sound.packets + packets,
      lost: this.#sound.lost + lost,
      jitterMs: Math.max(this.#sound.jitterMs, milliseconds(counters.jitter)),
      bufferMs: 0,
      ...(this.#sound.repaired || this.#grown(id, counters, "fecPacketsReceived") > 0
        ? { repaired: true }
        : {}),
    };
    this.#hold("audio", id, counters);
  }

  #hold(media: "audio" | "camera" | "screen", id: string, counters: Counters): void {
    const sum = this.#buffer[media];
    sum[0] = (sum[0] ?? 0) + this.#grown(id, counters, "jitterBufferDelay");
    sum[1] = (sum[1] ?? 0) + this.#grown(id, counters, "jitterBufferEmittedCount");
  }

  #takePicture(
    id: string,
    counters: Counters,
    one: Shown & { source: "camera" | "screen" },
    now: Sample,
    spanMs: number,
  ): void {
    const key = `${one.participant} ${one.source}`;
    const tile = this.#tiles.get(key) ?? newTile(one.source, now.nowMs);
    this.#tiles.set(key, tile);
    const traffic = this.#traffic[one.source];
    traffic.packets += this.#grown(id, counters, "packetsReceived");
    traffic.lost += this.#grown(id, counters, "packetsLost");
    traffic.jitterMs = Math.max(traffic.jitterMs, milliseconds(counters.jitter));
    this.#hold(one.source, id, counters);
    const frames = this.#grown(id, counters, "framesDecoded");
    const fresh = now.nowMs - tile.sinceMs < settleMs;
    // A screen that does not change sends nothing: that is not known to be bad.
    if (now.hidden || fresh || (frames === 0 && one.source === "screen")) {
      tile.hiddenMs += spanMs;
      tile.gapMs = 0;
      return;
    }
    tile.knownMs += spanMs;
    tile.frames += frames;
    tile.freezes += this.#grown(id, counters, "freezeCount");
    tile.frozenMs += this.#grown(id, counters, "totalFreezesDuration") * 1_000;
    tile.gapMs = frames > 0 ? 0 : tile.gapMs + spanMs;
    tile.longestGapMs = Math.max(tile.longestGapMs, tile.gapMs);
    tile.height = typeof counters.frameHeight === "number" ? counters.frameHeight : tile.height;
    tile.asked = one.height ?? 0;
  }

  #takeSender(reports: ReadonlyMap<string, Counters>, now: Sample, spanMs: number): void {
    let sends = false;
    const limited = { bandwidth: 0, cpu: 0, other: 0 };
    for (const [id, counters] of reports) {
      if (counters.type !== "outbound-rtp" || counters.kind !== "video") continue;
      const source = reports.get(String(counters.mediaSourceId));
      if (now.camera === undefined || source?.trackIdentifier !== now.camera) continue;
      if (this.#grown(id, counters, "framesSent") > 0) sends = true;
      const is = counters.qualityLimitationDurations as Record<string, number> | undefined;
      const was = this.#before.get(id)?.qualityLimitationDurations as Record<string, number> | undefined;
      if (is === undefined) continue;
      this.#limits = true;
      for (const reason of ["bandwidth", "cpu", "other"] as const) {
        const grown = Math.max(0, (is[reason] ?? 0) - (was?.[reason] ?? is[reason] ?? 0)) * 1_000;
        limited[reason] = Math.max(limited[reason], Math.min(spanMs, grown)); // of the encodings, the worst
      }
    }
    if (!sends) return;
    this.#sent.sentMs += spanMs;
    this.#sent.bandwidthMs += limited.bandwidth;
    this.#sent.cpuMs += limited.cpu;
    this.#sent.otherMs += limited.other;
  }

  #pictures(source: "camera" | "screen"): SeenPictures[] {
    const tiles = [...this.#tiles].filter(([, t]) => t.source === source && t.knownMs + t.hiddenMs > 0);
    if (tiles.length === 0) return [];
    const grades = { good: 0, fair: 0, poor: 0 };
    let unknownMs = 0;
    let freezes = 0;
    let frozenMs = 0;
    let largest: Tile | undefined;
    for (const [key, tile] of tiles) {
      unknownMs += tile.hiddenMs;
      freezes += tile.freezes;
      frozenMs += Math.min(tile.frozenMs, tile.knownMs);
      if (tile.knownMs === 0) continue;
      const rate = rateOf(tile);
      const best = Math.max(rate, this.#bestRate.get(key) ?? 0);
      this.#bestRate.set(key, best);
      grades[gradeOf(tile, Math.min(wholeRate, best))] += tile.knownMs;
      if (largest === undefined || tile.height > largest.height) largest = tile;
    }
    const traffic = this.#traffic[source];
    return [
      {
        source,
        goodMs: Math.round(grades.good),
        fairMs: Math.round(grades.fair),
        poorMs: Math.round(grades.poor),
        unknownMs: Math.round(unknownMs),
        framesPerSecond: largest === undefined ? 0 : Math.min(240, Math.round(rateOf(largest))),
        height: Math.min(8_640, largest?.height ?? 0),
        freezes: Math.round(freezes),
        frozenMs: Math.round(frozenMs),
        ...traffic,
        bufferMs: mean(this.#buffer[source]),
      },
    ];
  }
}

function newTile(source: "camera" | "screen", sinceMs: number): Tile {
  const none = { knownMs: 0, hiddenMs: 0, frames: 0, freezes: 0, frozenMs: 0, gapMs: 0, longestGapMs: 0 };
  return { source, sinceMs, ...none, height: 0, asked: 0 };
}

function emptySound(): Sound {
  return { playedMs: 0, concealedMs: 0, packets: 0, lost: 0, jitterMs: 0, bufferMs: 0 };
}

function rateOf(tile: Tile): number {
  return (tile.frames * 1_000) / tile.knownMs;
}

/** gradeOf judges one picture since the last report; the protocol page has the bounds. */
function gradeOf(tile: Tile, expectedRate: number): "good" | "fair" | "poor" {
  const frozen = tile.frozenMs / tile.knownMs;
  const rate = rateOf(tile);
  if (frozen > 0.05 || rate < (tile.source === "screen" ? 3 : 10) || tile.longestGapMs >= 2_000)
    return "poor";
  const high = tile.height >= Math.min(tile.asked, wholePicture);
  return frozen < 0.01 && rate >= 0.8 * expectedRate && high ? "good" : "fair";
}

/** wholeSent rounds, and keeps the parts within the whole. */
function wholeSent({ sentMs, bandwidthMs, cpuMs, otherMs }: SentPicture): SentPicture {
  const whole = Math.min(15_000, Math.ceil(sentMs));
  const bandwidth = Math.min(whole, Math.floor(bandwidthMs));
  const cpu = Math.min(whole - bandwidth, Math.floor(cpuMs));
  const other = Math.min(whole - bandwidth - cpu, Math.floor(otherMs));
  return { sentMs: whole, bandwidthMs: bandwidth, cpuMs: cpu, otherMs: other };
}

function milliseconds(seconds: unknown): number {
  return typeof seconds === "number" ? Math.min(60_000, Math.round(seconds * 1_000)) : 0;
}

function mean([sum = 0, count = 0]: number[]): number {
  return count > 0 ? Math.min(60_000, Math.round((sum * 1_000) / count)) : 0;
}
