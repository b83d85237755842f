import type { Bytes } from "./bytes.ts";
import { type Codec, envelope } from "./envelope.ts";
import type { Keyring } from "./keyring.ts";
import { kidOf, maxLeaf, type SealedKind } from "./kid.ts";
import { type SFrameKey, seal } from "./sframe.ts";

/** maxFrames is how many frames one key seals (RFC 9605, section 9.3, allows far more). */
export const maxFrames = 2 ** 24;

/** Generations gives each stream numbers that no other stream of this worker ever had. */
export class Generations {
  #next = 0;

  take(): number {
    return this.#next++;
  }
}

/** Sender is as whom a device seals. */
export interface Sender {
  readonly epoch: number;
  readonly leaf: number;
}

/**
 * Sealer seals the frames of one stream, all its layers included. Its counters
 * never repeat: each epoch, and each 2^24 frames, it has another key.
 */
export class Sealer {
  readonly #source: SealedKind;
  readonly #keyring: Keyring;
  readonly #generations: Generations;
  readonly #sender: () => Sender | undefined;
  readonly #maxFrames: number;
  #as: Sender | undefined; // as whom the present key seals
  #key: Promise<SFrameKey> | undefined;
  #ctr = 0;

  /** sender says as whom to seal now; undefined while there is no key: no frame leaves then. */
  constructor(
    source: SealedKind,
    keyring: Keyring,
    generations: Generations,
    sender: () => Sender | undefined,
    most = maxFrames,
  ) {
    this.#source = source;
    this.#keyring = keyring;
    this.#generations = generations;
    this.#sender = sender;
    this.#maxFrames = most;
  }

  /** seal makes what is sent of a frame; undefined is a frame that must not leave. */
  async seal(codec: Codec, key: boolean, frame: Uint8Array): Promise<Bytes | undefined> {
    const wrapping = envelope(codec, key, frame);
    const slot = wrapping === undefined ? undefined : this.take();
    if (wrapping === undefined || slot === undefined) return undefined;
    return wrapping.wrap(await seal(await slot.key, slot.ctr, wrapping.plaintext, wrapping.metadata));
  }

  /** take gives a counter out, at once: two frames that are sealed side by side have two. undefined: nothing may leave. */
  take(): { key: Promise<SFrameKey>; ctr: number } | undefined {
    const sender = this.#sender();
    if (sender === undefined || sender.leaf > maxLeaf) return undefined;
    const same =
      this.#as?.epoch === sender.epoch && this.#as.leaf === sender.leaf && this.#ctr < this.#maxFrames;
    if (!same || this.#key === undefined) {
      const kid = kidOf({ source: this.#source, generation: this.#generations.take(), ...sender });
      this.#key = this.#keyring.derive(sender.epoch, kid);
      if (this.#key === undefined) return undefined;
      this.#as = sender;
      this.#ctr = 0;
    }
    return { key: this.#key, ctr: this.#ctr++ };
  }
}
