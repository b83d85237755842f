import type { Kind, Note } from "../../../sdk/src/index.ts";
import { mended } from "../webm.ts";

/** mostMs is how long a note may be. */
export const mostMs = 30_000;
/** mostBytes is how large a recording may be: of the 1 MiB that a note has, 16 KiB are for what seals it. */
export const mostBytes = 1024 * 1024 - 16 * 1024;

const sliceMs = 500;
/** fullBytes ends a recording: what comes after it, the last slice and the container's end, has room. */
const fullBytes = mostBytes - 64 * 1024;

/** encoding is such that 30 s of sound and picture are about 870 kB, and that players find their way in them. */
const encoding = {
  audioBitsPerSecond: 32_000,
  videoBitsPerSecond: 200_000,
  videoKeyFrameIntervalDuration: 2_000,
};

/** containers are what to record in, best first: WebM is played by every browser of today. */
const containers: Readonly<Record<Kind, readonly string[]>> = {
  voice: ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"],
  video: ["video/webm;codecs=vp8,opus", "video/mp4"],
};

/** Cut is why a recording ended before Stop was pressed. */
export type Cut = "time" | "size" | "device";

interface RunEvents {
  readonly elapsed: (ms: number) => void;
  /** stopped: the devices are no longer wanted. */
  readonly stopped: () => void;
  /** done tells what was recorded; undefined if nothing that can be sent. */
  readonly done: (note: Note | undefined, cut: Cut | undefined) => void;
}

/** canRecord says whether this browser records sound, or sound and picture. */
export function canRecord(kind: Kind): boolean {
  return containerOf(kind) !== undefined;
}

function containerOf(kind: Kind): string | undefined {
  if (typeof MediaRecorder === "undefined") return undefined;
  return containers[kind].find((type) => MediaRecorder.isTypeSupported(type));
}

/** NoteRun is one recording, from its start to its end. */
export class NoteRun {
  readonly #recorder: MediaRecorder;
  readonly #events: RunEvents;
  readonly #startedMs = performance.now();
  readonly #clock: ReturnType<typeof setInterval>;
  readonly #parts: Blob[] = [];
  #bytes = 0;
  #over = false;
  #dropped = false;

  /** It begins at once. It throws if the browser does not record what it said it would. */
  constructor(kind: Kind, stream: MediaStream, events: RunEvents) {
    this.#events = events;
    const container = containerOf(kind);
    const type = container === undefined ? {} : { mimeType: container };
    this.#recorder = new MediaRecorder(stream, { ...type, ...encoding });
    this.#recorder.ondataavailable = ({ data }) => this.#take(data);
    this.#recorder.onstop = () => this.stop("device"); // by itself: nobody asked it to
    this.#recorder.start(sliceMs);
    events.elapsed(0);
    this.#clock = setInterval(() => {
      const ms = this.#ms;
      events.elapsed(ms);
      if (ms >= mostMs) this.stop("time");
    }, 100);
  }

  get #ms(): number {
    return Math.min(mostMs, Math.round(performance.now() - this.#startedMs));
  }

  /** stop ends it; what was recorded is told when the browser has written it. */
  stop(cut?: Cut): void {
    if (this.#over) return;
    const durationMs = this.#ms;
    this.#end(async () => {
      const type = this.#recorder.mimeType || (this.#parts[0]?.type ?? "");
      const recording = await mended(new Blob(this.#parts, { type }), durationMs);
      const fits = recording.size > 0 && recording.size <= mostBytes;
      if (!this.#dropped) this.#events.done(fits ? { recording, durationMs } : undefined, cut);
    });
    this.#events.stopped();
  }

  /** drop ends it, and forgets what was recorded. */
  drop(): void {
    this.#dropped = true;
    this.#end(() => undefined);
  }

  #end(written: () => unknown): void {
    this.#over = true;
    clearInterval(this.#clock);
    this.#recorder.onstop = written;
    if (this.#recorder.state === "inactive") written();
    else this.#recorder.stop();
  }

  #take(data: Blob): void {
    if (this.#dropped) return;
    this.#parts.push(data);
    this.#bytes += data.size;
    if (this.#bytes > fullBytes) this.stop("size");
  }
}
