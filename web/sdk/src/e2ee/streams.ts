import type { Source } from "../wire.gen.ts";
import type { Bytes } from "./bytes.ts";
import { codecOf } from "./envelope.ts";
import { Hold } from "./hold.ts";
import type { Holder, Keyring } from "./keyring.ts";
import type { Sealed } from "./kid.ts";
import type { Expected, StreamCounts } from "./messages.ts";
import { type Fault, Opener, type Verdict } from "./opener.ts";
import { openRED } from "./red.ts";
import type { Sealer } from "./sealer.ts";

/** EncodedFrame is a frame between codec and packets (W3C webrtc-encoded-transform, section 4). */
export interface EncodedFrame {
  data: ArrayBuffer;
  /** type is that of video frames alone. */
  readonly type?: "key" | "delta" | "empty";
  getMetadata(): { readonly mimeType?: string };
}

/** Transformer is the worker's end of a transform (W3C webrtc-encoded-transform, section 5). */
export interface Transformer {
  readonly options: unknown;
  readonly readable: ReadableStream<EncodedFrame>;
  readonly writable: WritableStream<EncodedFrame>;
  sendKeyFrameRequest?(): Promise<void>;
}

const keyFrameEveryMs = 500;

/** SealStream seals what one sender sends. What cannot be sealed does not leave. */
export class SealStream {
  readonly #stream: number;
  readonly #source: Source;
  readonly #sealer: Sealer;
  #frames = 0;
  #passed = 0;
  #empty = 0;

  constructor(stream: number, source: Source, sealer: Sealer) {
    this.#stream = stream;
    this.#source = source;
    this.#sealer = sealer;
  }

  get counts(): StreamCounts {
    return {
      stream: this.#stream,
      way: "seal",
      source: this.#source,
      countedMs: performance.now(),
      frames: this.#frames,
      passed: this.#passed,
      empty: this.#empty,
      heldMs: 0,
      faults: {},
    };
  }

  /** run works until the sender is gone. */
  run({ readable, writable }: Transformer): Promise<void> {
    const seal = new TransformStream<EncodedFrame, EncodedFrame>({
      transform: async (frame, controller) => {
        const sealed = await this.#seal(frame).catch(() => undefined);
        if (sealed === undefined) return;
        frame.data = sealed;
        controller.enqueue(frame);
      },
    });
    return readable.pipeThrough(seal).pipeTo(writable);
  }

  /** Silence (DTX) comes as frames of no bytes, for which nothing is sent: sealed, they would be. */
  async #seal(frame: EncodedFrame): Promise<ArrayBuffer | undefined> {
    this.#frames++;
    if (frame.data.byteLength === 0) {
      this.#empty++;
      return frame.data;
    }
    const codec = codecOf(frame.getMetadata().mimeType);
    if (codec === undefined) return undefined;
    const sealed = await this.#sealer.seal(codec, frame.type === "key", new Uint8Array(frame.data));
    if (sealed === undefined) return undefined;
    this.#passed++;
    return sealed.buffer;
  }
}

/** OpenStreamOptions are what an OpenStream tells of. */
export interface OpenStreamOptions {
  readonly stream: number;
  readonly keyring: Keyring;
  readonly expected: Expected | undefined;
  /** judge says whether a participant is who his key says: frames of others are not played as his. */
  judge(holder: Holder): Verdict;
  opened(): void;
  /** faulty is told of frames that were dropped. */
  faulty(fault: Fault): void;
}

/** OpenStream opens what comes in by one track. What is not opened is never played: decoders would make noise of it. */
export class OpenStream {
  readonly #options: OpenStreamOptions;
  readonly #opener: Opener;
  readonly #faults: Partial<Record<Fault, number>> = {};
  readonly #hold: Hold<EncodedFrame>;
  #writer: WritableStreamDefaultWriter<EncodedFrame> | undefined;
  #askKeyFrame: () => void = () => undefined;
  #askedMs = Number.NEGATIVE_INFINITY;
  #needsKeyFrame = false;
  #expected: Expected | undefined;
  #before: Expected | undefined; // what was expected until now, of which the rest still comes
  #frames = 0;
  #passed = 0;
  #empty = 0;
  #heldMs = 0;

  constructor(options: OpenStreamOptions) {
    this.#options = options;
    this.#expected = options.expected;
    this.#opener = new Opener(options.keyring, (by, holder) => this.#judge(by, holder));
    this.#hold = new Hold(
      (frame, heldMs) => this.#open(frame, heldMs),
      () => this.#fault("noKey"),
      () => performance.now(),
    );
  }

  get counts(): StreamCounts {
    return {
      stream: this.#options.stream,
      way: "open",
      ...this.#expected,
      countedMs: performance.now(),
      frames: this.#frames,
      passed: this.#passed,
      empty: this.#empty,
      heldMs: this.#heldMs,
      faults: { ...this.#faults },
    };
  }

  /** expect says whose frames come in by this track from now on. */
  expect(expected: Expected | undefined): void {
    if (isSame(expected, this.#expected)) return;
    this.#before = this.#expected;
    this.#expected = expected;
    this.wake();
  }

  /** wake looks at held frames again: a key came. */
  wake(): void {
    void this.#hold.wake();
  }

  /** run works until the receiver is gone. */
  async run(transformer: Transformer): Promise<void> {
    const reader = transformer.readable.getReader();
    this.#writer = transformer.writable.getWriter();
    this.#askKeyFrame = () => void transformer.sendKeyFrameRequest?.().catch(() => undefined);
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        this.#hold.push(value);
      }
    } finally {
      this.#hold.close();
    }
  }

  async #open(frame: EncodedFrame, heldMs: number): Promise<"done" | "wait"> {
    try {
      const verdict = await this.#take(frame);
      if (verdict === "done") this.#heldMs = Math.max(this.#heldMs, heldMs);
      return verdict;
    } catch {
      return "done"; // the receiver is gone
    }
  }

  async #take(frame: EncodedFrame): Promise<"done" | "wait"> {
    if (frame.data.byteLength === 0) {
      this.#frames++;
      this.#empty++;
      return "done";
    }
    const codec = codecOf(frame.getMetadata().mimeType);
    const result =
      codec === undefined
        ? { fault: "malformed" as const }
        : codec === "red"
          ? await openRED(this.#opener, new Uint8Array(frame.data))
          : await this.#opener.open(codec, new Uint8Array(frame.data));
    if (result === "wait") return "wait";
    this.#frames++;
    if (result === "late") return "done";
    if (result === "before") {
      this.#needsKeyFrame = true;
      return "done";
    }
    if ("fault" in result) {
      this.#fault(result.fault, false);
      return "done";
    }
    await this.#play(frame, result.frame);
    return "done";
  }

  async #play(frame: EncodedFrame, opened: Bytes): Promise<void> {
    if (frame.type === "key") this.#needsKeyFrame = false;
    else if (this.#needsKeyFrame) this.#wantKeyFrame();
    this.#passed++;
    frame.data = opened.buffer;
    this.#options.opened();
    await this.#writer?.write(frame);
  }

  /** A dropped picture is missed by all that follow, and the decoder would wait for seconds before it says so. */
  #fault(fault: Fault, dropped = true): void {
    if (dropped) this.#frames++;
    this.#faults[fault] = (this.#faults[fault] ?? 0) + 1;
    this.#options.faulty(fault);
    if (fault === "replayed") return;
    this.#needsKeyFrame = true;
    if (fault !== "noKey") this.#wantKeyFrame();
  }

  #wantKeyFrame(): void {
    const now = performance.now();
    if (now - this.#askedMs < keyFrameEveryMs) return;
    this.#askedMs = now;
    this.#askKeyFrame();
  }

  #judge(by: Sealed, holder: Holder | undefined): Verdict {
    if (holder === undefined) return "refuse";
    const is = (expected: Expected | undefined) =>
      expected !== undefined && expected.participant === holder.participant && expected.source === by.source;
    if (is(this.#expected)) return this.#options.judge(holder);
    return is(this.#before) ? "late" : "wait";
  }
}

function isSame(a: Expected | undefined, b: Expected | undefined): boolean {
  return a?.participant === b?.participant && a?.source === b?.source;
}
