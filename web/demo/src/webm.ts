/** ids are of the elements that are looked for (RFC 8794, RFC 9559). */
const ids = {
  segment: 0x18538067,
  info: 0x1549a966,
  scale: 0x2ad7b1,
  duration: 0x4489,
  tracks: 0x1654ae6b,
  track: 0xae,
  trackNumber: 0xd7,
  trackType: 0x83,
  cluster: 0x1f43b675,
  block: 0xa3,
};
const sound = 2;
const keyFrame = 0x80;
const standardScale = 1_000_000;

/** Element is where one is: its data from from, to to. */
interface Element {
  readonly id: number;
  readonly sizeAt: number;
  readonly from: number;
  readonly to: number;
  /** open: its size was not known when it was begun. */
  readonly open: boolean;
}

/**
 * mended is a WebM recording with what browsers leave out and players need: how long it is, without which none shows that,
 * and that each piece of sound can be begun with, without which Chromium cannot go back to the beginning of what Firefox has
 * recorded. What is no such recording stays as it is.
 */
export async function mended(recording: Blob, ms: number): Promise<Blob> {
  const bytes = new Uint8Array(await recording.arrayBuffer());
  const segment = childOf(bytes, { from: 0, to: bytes.length }, ids.segment);
  if (!segment?.open) return recording;
  markSound(bytes, segment);
  const parts = withDuration(bytes, segment, ms);
  return parts === undefined ? recording : new Blob(parts, { type: recording.type });
}

/** withDuration puts the length in the place of one that is there, or at the end of Info. */
function withDuration(bytes: Uint8Array<ArrayBuffer>, segment: Element, ms: number): BlobPart[] | undefined {
  const info = childOf(bytes, segment, ids.info);
  if (info === undefined || info.open || info.to > bytes.length) return undefined;
  const scale = childOf(bytes, info, ids.scale);
  const length = new DataView(new ArrayBuffer(8));
  length.setFloat64(0, (ms * 1e6) / (scale === undefined ? standardScale : numberOf(bytes, scale)));
  const old = childOf(bytes, info, ids.duration);
  if (old !== undefined) {
    if (old.to - old.from !== length.byteLength) return undefined;
    return [bytes.subarray(0, old.from), length, bytes.subarray(old.to)];
  }
  const size = new DataView(new ArrayBuffer(8));
  size.setBigUint64(0, (1n << 56n) + BigInt(info.to - info.from + 3 + length.byteLength)); // as a number of eight bytes
  const field = [new Uint8Array([0x44, 0x89, 0x88]), length];
  return [
    ...[bytes.subarray(0, info.sizeAt), size, bytes.subarray(info.from, info.to)],
    ...[...field, bytes.subarray(info.to)],
  ];
}

/** markSound marks each block of sound as a key frame, which it is. */
function markSound(bytes: Uint8Array, segment: Element): void {
  const tracks = childOf(bytes, segment, ids.tracks);
  if (tracks === undefined) return;
  const sounds = new Set<number>();
  for (const track of childrenOf(bytes, tracks)) {
    const type = track.id === ids.track ? childOf(bytes, track, ids.trackType) : undefined;
    const number = childOf(bytes, track, ids.trackNumber);
    if (type !== undefined && number !== undefined && numberOf(bytes, type) === sound)
      sounds.add(numberOf(bytes, number));
  }
  for (const cluster of childrenOf(bytes, segment)) {
    if (cluster.id !== ids.cluster) continue;
    for (const { id, from, to } of childrenOf(bytes, cluster)) {
      const number = (bytes[from] ?? 0) & 0x7f; // of one byte in what browsers record; then two of time, and the flags
      if (id === ids.block && to - from > 3 && sounds.has(number))
        bytes[from + 3] = (bytes[from + 3] ?? 0) | keyFrame;
    }
  }
}

function childOf(bytes: Uint8Array, parent: Pick<Element, "from" | "to">, id: number): Element | undefined {
  for (const child of childrenOf(bytes, parent)) if (child.id === id) return child;
  return undefined;
}

/** childrenOf are the elements inside of one. One whose size is not known reaches to the end: what is there is among its own. */
function* childrenOf(bytes: Uint8Array, { from, to }: Pick<Element, "from" | "to">): Generator<Element> {
  for (let at = from; at < to; ) {
    const child = elementAt(bytes, at);
    if (child === undefined) return;
    yield child;
    at = child.to;
  }
}

function elementAt(bytes: Uint8Array, at: number): Element | undefined {
  const sizeAt = at + widthAt(bytes, at);
  const from = sizeAt + widthAt(bytes, sizeAt);
  if (sizeAt === at || from === sizeAt || from > bytes.length) return undefined;
  const id = numberOf(bytes, { from: at, to: sizeAt });
  const width = from - sizeAt;
  const first = (bytes[sizeAt] ?? 0) & (0xff >> width); // without the bit that tells its width
  const size = numberOf(bytes, { from: sizeAt + 1, to: from }) + first * 256 ** (width - 1);
  const open = size >= 2 ** (7 * width) - 1; // all ones
  return { id, sizeAt, from, to: open ? bytes.length : from + size, open };
}

/** widthAt is of how many bytes a number is; 0 if there is none. */
function widthAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  return first === 0 ? 0 : Math.clz32(first) - 23;
}

function numberOf(bytes: Uint8Array, { from, to }: Pick<Element, "from" | "to">): number {
  return bytes.subarray(from, to).reduce((number, byte) => number * 256 + byte, 0);
}
