import { Peak } from "./downlink.ts";
import { type Health, healthy } from "./healthy.ts";
import { Moments } from "./moments.ts";
import type { Peer } from "./peer.ts";
import type { Quality, Shown } from "./quality.ts";
import { candidateOf, isDecoding, wayIn } from "./stats.ts";
import { type Traffic, TrafficCount } from "./traffic.ts";
import type { ReportConnection, ReportQuality } from "./wire.gen.ts";

/** ReporterOptions are what reports are made from, and where they go. */
export interface ReporterOptions {
  /** shown lists the tracks that come in from those who are not muted. */
  shown(): Shown[];
  /** camera is the track that our camera sends. */
  camera(): MediaStreamTrack | null;
  quality(body: Omit<ReportQuality, "call">): void;
  connection(body: Omit<ReportConnection, "call">): void;
  /** health is told when it is another one. */
  health(health: Health): void;
  /** broken is told when the connection stops working, and when it works again. */
  broken(broken: boolean): void;
}

/** Judges look at the counters of one connection. */
interface Judges {
  readonly quality: Quality;
  look(
    reports: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
    shown: readonly Shown[],
    direct: boolean,
  ): void;
}

const firstMs = 200; // how often it is looked whether something new is decoded
const gapMs = 1_000; // what is shorter is no interruption
const sampleMs = 2_000;
const reportMs = 10_000;

/** Reporter tells the server every 10 s how the call was, and once how each connection came about. */
export class Reporter {
  readonly #options: ReporterOptions;
  readonly #traffic = new TrafficCount();
  readonly #peak = new Peak();
  readonly #announced = new Map<string, number>(); // by participant and source: when; NaN once it was decoded
  #stop: (() => void) | undefined;
  #brokenMs: number | undefined; // since when the connection that is followed does not work
  #followed = false;
  #peer: Peer | undefined;
  /** moments are what happened once. */
  readonly moments = new Moments();

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  /** traffic is what all connections have carried, as of the last sample. */
  get traffic(): Traffic {
    return this.#traffic.sum;
  }

  /** wire is the traffic with the headers of UDP and IP. */
  get wire(): Traffic {
    return this.#traffic.wire;
  }

  /** peakBps is the most that came in over ten seconds; 0 in a shorter call. */
  get peakBps(): number {
    return this.#peak.bps;
  }

  /** follow reports of another connection from now on. */
  follow(peer: Peer): void {
    this.#stop?.();
    const ended = new AbortController();
    if (this.#followed && this.#brokenMs !== undefined) this.#rebuild(peer, ended.signal);
    this.#followed = true;
    this.#peer = peer;
    this.#brokenMs = undefined;
    const judges = this.#judge();
    judges.catch(() => undefined); // where its file is missing the call goes on without
    let reportedMs = performance.now();
    const sample = async () => {
      const { quality } = await judges;
      await this.#sample(peer, await judges);
      if (ended.signal.aborted || performance.now() - reportedMs < reportMs) return;
      reportedMs = performance.now();
      if (quality.cpuLimited) this.moments.note("cpuLimited");
      const report = quality.take(reportedMs);
      this.#options.quality({ ...report, ...this.moments.take(report) });
    };
    const first = setInterval(() => void this.#lookForFirst(peer).catch(() => undefined), firstMs);
    const timer = setInterval(() => void sample().catch(() => undefined), sampleMs); // a connection that closes
    this.#stop = () => {
      clearInterval(timer);
      clearInterval(first);
      ended.abort();
    };
    this.#watch(peer, ended.signal);
  }

  /** last counts the traffic once more; the connection may be closed right after the call. */
  async last(): Promise<void> {
    const peer = this.#peer;
    if (peer === undefined) return;
    const report = await peer.connection.getStats();
    this.#traffic.take(peer.connection, report.entries());
  }

  close(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  /** lookForFirst notes how long the first sound and the first frame of each participant took. */
  async #lookForFirst(peer: Peer): Promise<void> {
    for (const { participant, source } of this.#options.shown()) {
      if (source === "screenAudio") continue;
      const key = `${participant} ${source}`;
      const sinceMs = this.#announced.get(key) ?? performance.now();
      this.#announced.set(key, sinceMs);
      const receiver = peer.receiver(participant, source);
      if (Number.isNaN(sinceMs) || receiver === undefined || !(await isDecoding(receiver))) continue;
      if (Number.isNaN(this.#announced.get(key))) continue; // meanwhile
      this.#announced.set(key, Number.NaN);
      const what =
        source === "microphone" ? "firstSound" : source === "camera" ? "firstCamera" : "firstScreen";
      this.moments.note(what, performance.now() - sinceMs);
    }
  }

  /** rebuild notes that a new connection took over for one that did not work. */
  #rebuild({ connection }: Peer, signal: AbortSignal): void {
    const sinceMs = this.#brokenMs ?? performance.now();
    connection.addEventListener(
      "connectionstatechange",
      () => {
        if (connection.connectionState !== "connected") return;
        this.moments.note("rebuilt");
        if (performance.now() - sinceMs > gapMs) this.moments.note("gapSwitch", performance.now() - sinceMs);
      },
      { signal, once: true },
    );
  }

  /** heardState follows whether the connection works: what breaks and heals is an interruption. */
  #heardState(state: RTCPeerConnectionState, wasUp: boolean): void {
    if (state === "connected") {
      const brokenMs = this.#brokenMs === undefined ? 0 : performance.now() - this.#brokenMs;
      this.#brokenMs = undefined;
      this.#options.broken(false);
      if (wasUp && brokenMs > 0) this.moments.note("restarted");
      if (wasUp && brokenMs > gapMs) this.moments.note("gapNetwork", brokenMs);
    } else if (state === "disconnected" || state === "failed") {
      this.#brokenMs ??= performance.now();
      this.#options.broken(true);
    }
  }

  /** judge loads what looks at the counters: it is not wanted before the first two seconds of a call are over. */
  async #judge(): Promise<Judges> {
    const startMs = performance.now();
    const { HealthWatch, Quality, sameHealth } = await import("./judging.ts");
    const watch = new HealthWatch();
    let before = healthy;
    return {
      quality: new Quality(startMs),
      look: (reports, shown, direct) => {
        const health = watch.sample(reports, shown, direct, this.#options.camera());
        if (!sameHealth(before, health)) this.#options.health(health);
        before = health;
      },
    };
  }

  async #sample({ connection, direct }: Peer, { quality, look }: Judges): Promise<void> {
    if (connection.connectionState !== "connected") return;
    const report = await connection.getStats();
    this.#traffic.take(connection, report.entries());
    this.#peak.take(performance.now(), this.#traffic.sum.receivedBytes);
    const shown = this.#options.shown();
    look(new Map(report.entries()), shown, direct);
    quality.sample(report.entries(), {
      nowMs: performance.now(),
      hidden: typeof document !== "undefined" && document.visibilityState === "hidden",
      path: wayIn(report)?.path,
      shown,
      camera: this.#options.camera()?.id,
    });
  }

  /** watch measures the steps of the set-up. */
  #watch({ connection, generation }: Peer, signal: AbortSignal): void {
    const startMs = performance.now();
    let relayMs = 0;
    let checkingMs = 0;
    let iceMs = 0;
    const since = (fromMs: number) => Math.max(1, Math.round(performance.now() - fromMs));
    connection.addEventListener(
      "icecandidate",
      ({ candidate }) => {
        if (candidate?.type === "relay" && relayMs === 0) relayMs = since(startMs);
      },
      { signal },
    );
    connection.addEventListener(
      "iceconnectionstatechange",
      () => {
        const state = connection.iceConnectionState;
        if (state === "checking") checkingMs = performance.now();
        if ((state === "connected" || state === "completed") && checkingMs > 0 && iceMs === 0)
          iceMs = since(checkingMs);
      },
      { signal },
    );
    let wasUp = false;
    connection.addEventListener(
      "connectionstatechange",
      () => {
        this.#heardState(connection.connectionState, wasUp);
        if (connection.connectionState !== "connected") return;
        const again = wasUp;
        wasUp = true;
        if (again) return;
        const dtlsMs = iceMs === 0 ? 0 : since(checkingMs + iceMs);
        void this.#tell(connection, signal, {
          generation,
          ...(relayMs === 0 ? {} : { relayMs }),
          ...(iceMs === 0 ? {} : { iceMs }),
          ...(dtlsMs === 0 ? {} : { dtlsMs }),
        });
      },
      { signal },
    );
  }

  /** tell waits until the browser knows the way: Firefox marks it a little later. */
  async #tell(
    connection: RTCPeerConnection,
    signal: AbortSignal,
    times: Pick<ReportConnection, "generation" | "relayMs" | "iceMs" | "dtlsMs">,
  ): Promise<void> {
    for (let tries = 0; tries < 20 && !signal.aborted; tries++) {
      const way = await candidateOf(connection).catch(() => undefined);
      if (signal.aborted) return;
      if (way !== undefined) return this.#options.connection({ ...times, ...way });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
