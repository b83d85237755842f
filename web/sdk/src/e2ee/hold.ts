/** holdMs is how long a frame is held for its key. */
export const holdMs = 1_000;

/** maxHeld is how many frames of one stream are held; the oldest go first. */
const maxHeld = 64;

/**
 * Hold takes frames in order, and lets none pass while the first of them waits
 * for a key: a late key then costs a hiccup, and no key frame.
 */
export class Hold<Frame> {
  readonly #work: (frame: Frame, heldMs: number) => Promise<"done" | "wait">;
  readonly #drop: (frame: Frame) => void;
  readonly #now: () => number;
  readonly #held: { readonly frame: Frame; readonly sinceMs: number }[] = [];
  #busy = false;
  #again = false; // something changed while busy
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** work handles a frame that was held for so long; drop is told of one that waited too long. */
  constructor(
    work: (frame: Frame, heldMs: number) => Promise<"done" | "wait">,
    drop: (frame: Frame) => void,
    now: () => number,
  ) {
    this.#work = work;
    this.#drop = drop;
    this.#now = now;
  }

  /** push takes the next frame. */
  push(frame: Frame): void {
    this.#held.push({ frame, sinceMs: this.#now() });
    while (this.#held.length > maxHeld) this.#dropAt(this.#busy ? 1 : 0); // not the one that is being worked on
    void this.wake();
  }

  /** wake looks at the held frames again: a key came. It resolves when they are done, or wait again. */
  async wake(): Promise<void> {
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    clearTimeout(this.#timer);
    for (;;) {
      const first = this.#held[0];
      if (first === undefined) break;
      this.#again = false;
      if ((await this.#work(first.frame, this.#now() - first.sinceMs)) === "done") {
        this.#held.shift();
        continue;
      }
      const leftMs = first.sinceMs + holdMs - this.#now();
      if (leftMs <= 0) {
        this.#dropAt(0);
      } else if (!this.#again) {
        this.#timer = setTimeout(() => void this.wake(), leftMs);
        break;
      }
    }
    this.#busy = false;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#held.length = 0;
  }

  #dropAt(index: number): void {
    const [dropped] = this.#held.splice(index, 1);
    if (dropped !== undefined) this.#drop(dropped.frame);
  }
}
