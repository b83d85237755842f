import type { Expected, StreamCounts, StreamOptions } from "./e2ee/messages.ts";
import type { KeyWorker } from "./keyworker.ts";
import type { Source } from "./wire.gen.ts";

const watchMs = 1_000;
const suspectPackets = 25;
const suspectTimes = 2;
const stuckTimes = 2;

interface Watched {
  readonly stream: number;
  readonly of: RTCRtpSender | RTCRtpReceiver;
  readonly options: StreamOptions;
  expected: string; // as last told
  packets: number;
  frames: number;
  passed: number;
  faults: number;
  suspect: number; // how often in a row packets came and went past the worker
  stuck: number; // how often in a row nothing could be opened
}

/** SealingOptions are what Sealing tells of. */
export interface SealingOptions {
  /** leaked: more was sent than was sealed. The sender is set up anew or, if that did not help, stopped for good. */
  leaked(stopped: boolean): void;
  /** unopened are the participants of whom nothing can be opened at present. */
  unopened(participants: ReadonlySet<string>): void;
}

/**
 * Sealing puts the worker between codecs and packets. A browser may ignore a
 * transform and say nothing, and would send everything in the clear: so it also
 * compares, every second, what was sent with what was sealed.
 */
export class Sealing {
  readonly #call: string;
  readonly #worker: KeyWorker;
  readonly #options: SealingOptions;
  readonly #watched = new Map<RTCRtpSender | RTCRtpReceiver, Watched>();
  readonly #leaks = new WeakSet<RTCRtpSender>();
  readonly #timer: ReturnType<typeof setInterval>;
  static #streams = 0;

  constructor(call: string, worker: KeyWorker, options: SealingOptions) {
    this.#call = call;
    this.#worker = worker;
    this.#options = options;
    this.#timer = setInterval(() => void this.#watch(), watchMs);
  }

  /** seal seals what a sender sends. It must be called in the same task in which the sender was made. */
  seal(sender: RTCRtpSender, source: Source): void {
    this.#attach(sender, { stream: ++Sealing.#streams, call: this.#call, way: "seal", source });
  }

  /** open opens what a receiver receives, if it is what is expected. */
  open(receiver: RTCRtpReceiver, expected?: Expected): void {
    this.#attach(receiver, {
      stream: ++Sealing.#streams,
      call: this.#call,
      way: "open",
      ...(expected === undefined ? {} : { expected }),
    });
  }

  /** expect says whose frames a receiver receives from now on. */
  expect(receiver: RTCRtpReceiver, expected: Expected | undefined): void {
    const watched = this.#watched.get(receiver);
    const text = JSON.stringify(expected ?? null);
    if (watched === undefined || watched.expected === text) return;
    watched.expected = text;
    this.#worker.tell({
      type: "expect",
      call: this.#call,
      stream: watched.stream,
      ...(expected === undefined ? {} : { expected }),
    });
  }

  /** forget is told of senders and receivers that are gone. */
  forget(connection: RTCPeerConnection): void {
    for (const { sender, receiver } of connection.getTransceivers()) {
      this.#watched.delete(sender);
      this.#watched.delete(receiver);
    }
  }

  /** counts are what has become of the frames. */
  counts(): Promise<StreamCounts[]> {
    return this.#worker.ask({ type: "counts", call: this.#call });
  }

  close(): void {
    clearInterval(this.#timer);
    this.#watched.clear();
  }

  #attach(of: RTCRtpSender | RTCRtpReceiver, options: StreamOptions): void {
    of.transform = new RTCRtpScriptTransform(this.#worker.worker, options);
    const { stream } = options;
    const expected = JSON.stringify((options.way === "open" && options.expected) || null);
    const none = { packets: 0, frames: 0, passed: 0, faults: 0, suspect: 0, stuck: 0 };
    this.#watched.set(of, { stream, of, options, expected, ...none });
  }

  async #watch(): Promise<void> {
    const counts = await this.counts().catch(() => undefined); // not here yet, or gone: nothing passes then
    if (counts === undefined) return;
    const unopened = new Set<string>();
    for (const watched of [...this.#watched.values()]) {
      const count = counts.find(({ stream }) => stream === watched.stream);
      const packets = await packetsOf(watched.of);
      const grown = packets - watched.packets;
      const passed = (count?.passed ?? 0) - watched.passed;
      const faults = total(count) - watched.faults;
      // What comes in and is not for us is dropped without a fault: it has not gone past the worker.
      const seen = watched.options.way === "open" && (count?.frames ?? 0) > watched.frames;
      watched.packets = packets;
      watched.frames = count?.frames ?? 0;
      watched.passed = count?.passed ?? 0;
      watched.faults = total(count);
      watched.stuck = faults > 0 && passed === 0 ? watched.stuck + 1 : 0;
      if (watched.stuck >= stuckTimes && count?.participant !== undefined) unopened.add(count.participant);
      watched.suspect =
        grown >= suspectPackets && passed === 0 && faults === 0 && !seen ? watched.suspect + 1 : 0;
      if (watched.suspect >= suspectTimes) await this.#again(watched);
    }
    this.#options.unopened(unopened);
  }

  /** again stops what goes past the worker, and sets it up anew. */
  async #again({ of, options }: Watched): Promise<void> {
    if (!this.#watched.has(of)) return;
    if (!("replaceTrack" in of)) {
      const expected: Expected | null = JSON.parse(this.#watched.get(of)?.expected ?? "null");
      this.open(of, expected ?? undefined);
      return;
    }
    const stopped = this.#leaks.has(of);
    this.#leaks.add(of);
    this.#options.leaked(stopped);
    const { track } = of;
    await of.replaceTrack(null).catch(() => undefined);
    if (stopped) {
      await stop(of);
      return;
    }
    this.#attach(of, { ...options, stream: ++Sealing.#streams });
    await of.replaceTrack(track).catch(() => undefined);
  }
}

/** stop has a sender send nothing any more, whatever track it is given. */
async function stop(sender: RTCRtpSender): Promise<void> {
  const parameters = sender.getParameters();
  for (const encoding of parameters.encodings) encoding.active = false;
  await sender.setParameters(parameters).catch(() => undefined);
}

function total(count: StreamCounts | undefined): number {
  return Object.values(count?.faults ?? {}).reduce((sum, faults) => sum + faults, 0);
}

/** packetsOf are the packets that were sent or received, without those that were repeated. */
async function packetsOf(of: RTCRtpSender | RTCRtpReceiver): Promise<number> {
  let packets = 0;
  try {
    for (const report of (await of.getStats()).values()) {
      if (report.type === "outbound-rtp")
        packets += report.packetsSent - (report.retransmittedPacketsSent ?? 0);
      else if (report.type === "inbound-rtp") packets += report.packetsReceived;
    }
  } catch {
    // a connection that is just being closed
  }
  return packets;
}
