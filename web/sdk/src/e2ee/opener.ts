import type { Bytes } from "./bytes.ts";
import { type Codec, strip } from "./envelope.ts";
import type { Found, Holder, Keyring } from "./keyring.ts";
import { readKID, type Sealed } from "./kid.ts";
import { decodeHeader, type Header, open, tagBytes } from "./sframe.ts";

/** Fault says why a frame was not opened. */
export type Fault =
  /** malformed: it has not the form of a sealed frame of its codec. */
  | "malformed"
  /** noKey: the key of its epoch did not come in time, or is gone. */
  | "noKey"
  /** badTag: it was changed on the way, or sealed with another key. */
  | "badTag"
  /** replayed: it was opened before, or is too old to know. */
  | "replayed"
  /** wrongSender: it is of another sender, or another kind, than the track it came in by. */
  | "wrongSender";

/** Opened is what became of a frame. */
export type Opened = { readonly frame: Bytes; readonly by: Sealed } | { readonly fault: Fault };

/** Dropped says why a frame is not opened, and perhaps not yet, although nothing is wrong. */
export type Dropped = "wait" | "late" | "before";

/** Verdict says whether a frame of a sender may come in by a track: not yet is "wait", no longer is "late". */
export type Verdict = "open" | "wait" | "late" | "refuse";

/** Opener opens the frames of one track. */
export class Opener {
  readonly #keyring: Keyring;
  readonly #judge: (by: Sealed, holder: Holder | undefined) => Verdict;

  /** judge is asked whether frames of a source and a participant may come in by this track now. */
  constructor(keyring: Keyring, judge: (by: Sealed, holder: Holder | undefined) => Verdict) {
    this.#keyring = keyring;
    this.#judge = judge;
  }

  /**
   * open opens a frame. "wait" means that its key, or its sender's place, may
   * still come; "late" that it is the rest of what came in by this track before;
   * "before" that it was sealed for those who were here before us.
   */
  async open(codec: Codec, frame: Uint8Array): Promise<Opened | Dropped> {
    const parts = strip(codec, frame);
    const header = parts && decodeHeader(parts.sealed);
    const by = header && readKID(header.kid);
    if (parts === undefined || header === undefined || by === undefined || !plausible(header, parts.sealed))
      return { fault: "malformed" };
    const found = this.#keyring.find(Number(header.kid));
    if (found === "ahead") return "wait";
    if (found === "before") return "before";
    if (found === "gone") return { fault: "noKey" };
    const verdict = this.#judge(by, found.holder);
    if (verdict === "wait" || verdict === "late") return verdict;
    if (verdict === "refuse") return { fault: "wrongSender" };
    return this.#decrypt(found, header, parts, by);
  }

  async #decrypt(
    { key, window }: Found,
    header: Header,
    { sealed, metadata, unwrap }: NonNullable<ReturnType<typeof strip>>,
    by: Sealed,
  ): Promise<Opened> {
    let opened: Bytes;
    try {
      opened = await open(await key, header, sealed, metadata);
    } catch {
      return { fault: "badTag" };
    }
    if (!window.first(Number(header.ctr))) return { fault: "replayed" }; // only now: a forged counter moves no window
    return { frame: unwrap(opened), by };
  }
}

function plausible(header: Header, sealed: Uint8Array): boolean {
  return typeof header.ctr === "number" && sealed.length >= header.length + tagBytes;
}
