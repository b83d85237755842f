import { type Bytes, concat } from "./bytes.ts";

// What stays in the clear around a sealed frame, so that packetizers,
// depacketizers and the SFU find what they look for:
//
//   Opus, RED, VP9   nothing
//   VP8              the first bytes of a frame, always the same: only "key" or "delta" is to be read
//   AV1              the header of one OBU: a sequence header for key frames, a frame for others
//   H264             parameter sets, and the first three bytes of the slice; the rest is escaped
//
// The clear part is authenticated with the frame, in a form that the way does not change.

/** Codec is a codec that frames can be sealed of. */
export type Codec = "opus" | "red" | "vp8" | "vp9" | "av1" | "h264";

/** Wrapping is how one frame will be sent. */
export interface Wrapping {
  /** clear stays as it is. */
  readonly clear: Uint8Array;
  /** metadata is clear as it is authenticated. */
  readonly metadata: Uint8Array;
  /** plaintext is to be sealed. */
  readonly plaintext: Uint8Array;
  /** wrap makes the frame of the sealed bytes. */
  wrap(sealed: Uint8Array): Bytes;
}

/** Unwrapped is a received frame taken apart. */
export interface Unwrapped {
  readonly sealed: Uint8Array;
  readonly metadata: Uint8Array;
  /** unwrap makes the decoder's frame of the opened bytes. */
  unwrap(opened: Uint8Array): Bytes;
}

const nothing = new Uint8Array(0);
const vp8Key = Uint8Array.of(0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01);
const vp8Delta = Uint8Array.of(0x11);
const av1Key = 0x08; // OBU_SEQUENCE_HEADER, without size
const av1Delta = 0x30; // OBU_FRAME, without size
const sliceClear = 3; // NAL header, first macroblock and slice type
const escapedEnd = 0x80;

/** codecOf reads a frame's MIME type; undefined is a codec that is never sent. */
export function codecOf(mimeType: string | undefined): Codec | undefined {
  const name = mimeType?.split("/")[1]?.toLowerCase();
  switch (name) {
    case "opus":
    case "red":
    case "vp8":
    case "vp9":
    case "av1":
    case "h264":
      return name;
    default:
      return undefined;
  }
}

/** envelope says how a frame of a codec is to be sent, or undefined if it cannot be sealed. */
export function envelope(codec: Codec, key: boolean, frame: Uint8Array): Wrapping | undefined {
  switch (codec) {
    case "vp8":
      return prefixed(key ? vp8Key : vp8Delta, frame);
    case "av1":
      return prefixed(Uint8Array.of(key ? av1Key : av1Delta), frame);
    case "h264": {
      const slice = firstSlice(frame);
      if (slice === undefined || slice + sliceClear > frame.length) return undefined;
      const clear = frame.subarray(0, slice + sliceClear);
      return {
        clear,
        metadata: normalised(clear),
        plaintext: frame.subarray(clear.length),
        wrap: (sealed) => concat(clear, escaped(sealed)),
      };
    }
    default:
      return prefixed(nothing, frame);
  }
}

/** strip takes a received frame apart, or returns undefined if it has not the envelope of its codec. */
export function strip(codec: Codec, frame: Uint8Array): Unwrapped | undefined {
  switch (codec) {
    case "vp8": {
      const clear = ((frame[0] ?? 1) & 1) === 0 ? vp8Key : vp8Delta;
      return startsWith(frame, clear) ? bare(clear, frame.subarray(clear.length)) : undefined;
    }
    case "av1":
      return stripOBU(frame);
    case "h264": {
      const slice = firstSlice(frame);
      if (slice === undefined || slice + sliceClear >= frame.length) return undefined;
      if (frame[frame.length - 1] !== escapedEnd) return undefined;
      const clear = frame.subarray(0, slice + sliceClear);
      return {
        sealed: unescaped(frame.subarray(clear.length)),
        metadata: normalised(clear),
        unwrap: (opened) => concat(clear, opened),
      };
    }
    default:
      return bare(nothing, frame);
  }
}

function prefixed(clear: Uint8Array, frame: Uint8Array): Wrapping {
  return { clear, metadata: clear, plaintext: frame, wrap: (sealed) => concat(clear, sealed) };
}

function bare(metadata: Uint8Array, sealed: Uint8Array): Unwrapped {
  return { sealed, metadata, unwrap: (opened) => opened as Bytes };
}

/** A depacketizer may have added a size (AV1, section 5.3.1), a packetizer an extension. */
function stripOBU(frame: Uint8Array): Unwrapped | undefined {
  const header = frame[0];
  if (header === undefined) return undefined;
  const type = header & 0x78;
  if ((header & 0x81) !== 0 || (type !== av1Key && type !== av1Delta)) return undefined;
  let at = 1;
  if ((header & 0x04) !== 0) at++;
  if ((header & 0x02) !== 0) {
    let more = true;
    for (let bytes = 0; more; bytes++) {
      if (bytes === 8 || at >= frame.length) return undefined;
      more = ((frame[at++] ?? 0) & 0x80) !== 0;
    }
  }
  return bare(Uint8Array.of(type), frame.subarray(at));
}

/** firstSlice is where the first NAL unit of a slice begins (H.264, table 7-1). */
function firstSlice(frame: Uint8Array): number | undefined {
  return nalUnits(frame).find((at) => {
    const type = (frame[at] ?? 0) & 31;
    return type === 1 || type === 5;
  });
}

/** nalUnits are where NAL units begin, behind their start codes (H.264, annex B); none if there is anything before the first. */
function nalUnits(frame: Uint8Array): number[] {
  const found: number[] = [];
  if (frame[0] !== 0 || frame[1] !== 0 || (frame[2] !== 1 && (frame[2] !== 0 || frame[3] !== 1)))
    return found;
  for (let i = 0; i + 3 < frame.length; i++) {
    if (frame[i] === 0 && frame[i + 1] === 0 && frame[i + 2] === 1) {
      found.push(i + 3);
      i += 2;
    }
  }
  return found;
}

/** normalised has every start code in four bytes: some are rewritten on the way. */
function normalised(clear: Uint8Array): Bytes {
  const starts = nalUnits(clear);
  const parts: Uint8Array[] = [];
  for (const [i, start] of starts.entries()) {
    const next = starts[i + 1];
    let end = next === undefined ? clear.length : next - 3;
    if (next !== undefined && clear[end - 1] === 0) end--;
    parts.push(Uint8Array.of(0, 0, 0, 1), clear.subarray(start, end));
  }
  return concat(...parts);
}

/** escaped prevents start codes (H.264, section 7.4.1), and a last zero, which would be taken for padding. */
function escaped(data: Uint8Array): Bytes {
  const out = new Uint8Array(Math.ceil((data.length * 3) / 2) + 1);
  let length = 0;
  let zeros = 0;
  for (const byte of data) {
    if (zeros >= 2 && byte <= 3) {
      out[length++] = 3;
      zeros = 0;
    }
    out[length++] = byte;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  out[length++] = escapedEnd;
  return out.slice(0, length);
}

function unescaped(data: Uint8Array): Bytes {
  const out = new Uint8Array(data.length);
  let length = 0;
  let zeros = 0;
  for (const byte of data.subarray(0, Math.max(0, data.length - 1))) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    out[length++] = byte;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return out.slice(0, length);
}

function startsWith(frame: Uint8Array, clear: Uint8Array): boolean {
  if (frame.length < clear.length) return false;
  for (let i = 0; i < clear.length; i++) if (frame[i] !== clear[i]) return false;
  return true;
}
