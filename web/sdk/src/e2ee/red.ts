import { type Bytes, concat } from "./bytes.ts";
import type { Dropped, Opened, Opener } from "./opener.ts";

// The SFU sends sound redundantly to who loses much (RFC 2198): each packet has some of the packets before it along. It
// makes them of sealed frames, so every block is opened on its own. A block that came before as a packet of
// its own is known as a replay and left out: nothing plays twice.

/** Block is one block of redundant sound. */
interface Block {
  readonly type: number;
  /** offset is how far its time is behind the packet's, in units of the clock. */
  readonly offset: number;
  readonly data: Uint8Array;
}

const follows = 0x80;
const maxBlocks = 16;

/** splitRED takes redundant sound apart, the packet's own block last; undefined is none. */
export function splitRED(frame: Uint8Array): Block[] | undefined {
  const headers: { type: number; offset: number; length: number }[] = [];
  let at = 0;
  for (;;) {
    const [first, high, middle, low] = frame.subarray(at, at + 4);
    if (first === undefined || headers.length > maxBlocks) return undefined;
    if ((first & follows) === 0) {
      headers.push({ type: first, offset: 0, length: -1 });
      at++;
      break;
    }
    if (high === undefined || middle === undefined || low === undefined) return undefined;
    const offset = (high << 6) | (middle >> 2);
    headers.push({ type: first & 0x7f, offset, length: ((middle & 0x03) << 8) | low });
    at += 4;
  }
  const blocks: Block[] = [];
  for (const { type, offset, length } of headers) {
    const end = length < 0 ? frame.length : at + length;
    if (end > frame.length) return undefined;
    blocks.push({ type, offset, data: frame.subarray(at, end) });
    at = end;
  }
  return blocks;
}

/** joinRED puts blocks together, the packet's own last. */
export function joinRED(blocks: readonly Block[]): Bytes {
  const headers = blocks.map(({ type, offset, data }, i) =>
    i === blocks.length - 1
      ? Uint8Array.of(type)
      : Uint8Array.of(
          follows | type,
          offset >> 6,
          ((offset & 0x3f) << 2) | (data.length >> 8),
          data.length & 0xff,
        ),
  );
  return concat(...headers, ...blocks.map(({ data }) => data));
}

/** openRED opens redundant sound. What the packet's own block comes to, as [Opener.open] has it, the whole comes to. */
export async function openRED(opener: Pick<Opener, "open">, frame: Uint8Array): Promise<Opened | Dropped> {
  const blocks = splitRED(frame);
  const own = blocks?.pop();
  if (blocks === undefined || own === undefined) return { fault: "malformed" };
  const opened: Block[] = [];
  for (const block of blocks) {
    // What cannot be opened is left out: the packet's own block says what is wrong.
    const result = await opener.open("opus", block.data);
    if (typeof result === "object" && "frame" in result) opened.push({ ...block, data: result.frame });
  }
  const result = await opener.open("opus", own.data);
  if (typeof result === "string") return result;
  // It came along with a later packet, and then by itself: it was asked for before the later one was there.
  if ("fault" in result) return result.fault === "replayed" ? "late" : result;
  return { ...result, frame: joinRED([...opened, { ...own, data: result.frame }]) };
}
