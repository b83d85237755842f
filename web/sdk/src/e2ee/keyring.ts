import type { Bytes } from "./bytes.ts";
import { readKID } from "./kid.ts";
import { Replay } from "./replay.ts";
import { deriveKey, importBase, type SFrameKey } from "./sframe.ts";

/** keepMs is how long an old epoch's frames are still opened: some are on the way, and some senders a little late. */
const keepMs = 10_000;

/** nearEpochs is how far from ours an epoch may be for its key to be waited for, or to be known as one of before we came. */
const nearEpochs = 8;

/** beforeMs is how long after our first keys others may still seal with those of before: they switch within a second. */
const beforeMs = 3_000;

/** Holder is who holds a leaf: a participant, whom the server names, and the account that his key's credential names. */
export interface Holder {
  readonly participant: string;
  readonly account: string;
}

/** Holders are those of one epoch, by leaf. */
export type Holders = ReadonlyMap<number, Holder>;

interface Epoch {
  readonly number: number;
  readonly base: CryptoKey;
  readonly holders: Holders;
  readonly keys: Map<number, Promise<SFrameKey>>;
  readonly windows: Map<number, Replay>;
  /** endsMs is when it is forgotten; it is set once a newer one came. */
  endsMs: number;
}

/** Found is a key and what it has opened so far. */
export interface Found {
  readonly key: Promise<SFrameKey>;
  readonly window: Replay;
  /** holder is who holds the leaf; undefined if nobody does. */
  readonly holder: Holder | undefined;
}

/** maxKeys bounds what one member can have derived by naming generations. */
const maxKeys = 4_096;

/** Keyring has the media keys of the epochs that still count. */
export class Keyring {
  readonly #epochs = new Map<number, Epoch>(); // by the low 8 bits
  readonly #now: () => number;
  #latest = -1;
  #first = -1;
  #firstMs = 0;

  /** now is the time in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** latest is the newest epoch, or −1. */
  get latest(): number {
    return this.#latest;
  }

  /** install takes the key of a new epoch, and who holds which leaf in it. The one before lives on for a while. */
  async install(epoch: number, baseKey: Bytes, holders: Holders = new Map()): Promise<void> {
    const base = await importBase(baseKey);
    if (epoch <= this.#latest) return;
    for (const old of this.#epochs.values()) old.endsMs = Math.min(old.endsMs, this.#now() + keepMs);
    this.#epochs.set(epoch & 255, {
      number: epoch,
      base,
      holders,
      keys: new Map(),
      windows: new Map(),
      endsMs: Number.POSITIVE_INFINITY,
    });
    if (this.#latest < 0) {
      this.#first = epoch;
      this.#firstMs = this.#now();
    }
    this.#latest = epoch;
  }

  /**
   * find is the key of a KID: "ahead" if its epoch may still come, "before" if it was just before we came, "gone" if
   * it has been or is none.
   */
  find(kid: number): Found | "ahead" | "before" | "gone" {
    const { epoch: low = 0, leaf = 0 } = readKID(kid) ?? {};
    const epoch = this.#epochs.get(low);
    if (epoch === undefined || epoch.endsMs <= this.#now()) {
      this.#epochs.delete(low);
      return this.#missing(low);
    }
    let key = epoch.keys.get(kid);
    let window = epoch.windows.get(kid);
    if (key === undefined || window === undefined) {
      if (epoch.keys.size >= maxKeys) return "gone";
      key = deriveKey(kid, epoch.base);
      window = new Replay();
      epoch.keys.set(kid, key);
      epoch.windows.set(kid, window);
    }
    return { key, window, holder: epoch.holders.get(leaf) };
  }

  #missing(low: number): "ahead" | "before" | "gone" {
    const near = (distance: number) => (distance & 255) > 0 && (distance & 255) <= nearEpochs;
    if (this.#latest < 0 || near(low - this.#latest)) return "ahead";
    const fresh = this.#now() - this.#firstMs < beforeMs;
    return fresh && this.#latest - this.#first < nearEpochs && near(this.#first - low) ? "before" : "gone";
  }

  /** derive makes a key to seal with, of an epoch that is here; undefined if it is not. */
  derive(epoch: number, kid: number): Promise<SFrameKey> | undefined {
    const here = this.#epochs.get(epoch & 255);
    return here?.number === epoch ? deriveKey(kid, here.base) : undefined;
  }

  /** forget throws all keys away. */
  forget(): void {
    this.#epochs.clear();
    this.#latest = this.#first = -1;
  }
}
