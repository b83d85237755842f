import type { Peer } from "./peer.ts";
import { Quality, type Shown } from "./quality.ts";
import { candidateOf, wayIn } from "./stats.ts";
import { type Traffic, TrafficCount } from "./traffic.ts";
import type { ReportConnection, ReportQuality } from "./wire.gen.ts";

/** ReporterOptions are what reports are made from, and where they go. */
export interface ReporterOptions {
  /** shown lists the tracks that come in from those who are not muted. */
  shown(): Shown[];
  /** camera is the id of the track that our camera sends. */
  camera(): string | undefined;
  quality(body: Omit<ReportQuality, "call">): void;
  connection(body: Omit<ReportConnection, "call">): void;
}

const sampleMs = 2_000;
const reportMs = 10_000;

/** Reporter tells the server every 10 s how the call was, and once how each connection came about. */
export class Reporter {
  readonly #options: ReporterOptions;
  readonly #traffic = new TrafficCount();
  #stop: (() => void) | undefined;

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  /** traffic is what all connections have carried, as of the last sample. */
  get traffic(): Traffic {
    return this.#traffic.sum;
  }

  /** follow reports of another connection from now on. */
  follow(peer: Peer): void {
    this.#stop?.();
    const ended = new AbortController();
    const quality = new Quality(performance.now());
    let reportedMs = performance.now();
    const sample = async () => {
      await this.#sample(peer, quality);
      if (ended.signal.aborted || performance.now() - reportedMs < reportMs) return;
      reportedMs = performance.now();
      this.#options.quality(quality.take(reportedMs));
    };
    const timer = setInterval(() => void sample().catch(() => undefined), sampleMs); // a connection that closes
    this.#stop = () => {
      clearInterval(timer);
      ended.abort();
    };
    this.#watch(peer, ended.signal);
  }

  close(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  async #sample({ connection }: Peer, quality: Quality): Promise<void> {
    if (connection.connectionState !== "connected") return;
    const report = await connection.getStats();
    this.#traffic.take(connection, report.entries());
    quality.sample(report.entries(), {
      nowMs: performance.now(),
      hidden: typeof document !== "undefined" && document.visibilityState === "hidden",
      path: wayIn(report)?.path,
      shown: this.#options.shown(),
      camera: this.#options.camera(),
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
    connection.addEventListener(
      "connectionstatechange",
      () => {
        if (connection.connectionState !== "connected") return;
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
