import { type Bytes, text, toText } from "./bytes.ts";
import type { Holder, Keyring } from "./keyring.ts";
import { readKID } from "./kid.ts";
import type { Verdict } from "./opener.ts";
import type { Sealer } from "./sealer.ts";
import { decodeHeader, open, seal } from "./sframe.ts";

// Lines of text in a call, sealed with its keys as frames are (RFC 9605).

/** maxLineBytes is how long a line may be, in bytes of UTF-8. */
export const maxLineBytes = 2_000;
/** blockBytes: lines are filled up to multiples of this, so that their length says little. */
const blockBytes = 128;
const mark = 0x80; // where the filling begins (ISO/IEC 7816-4)

/** sealLine makes what is sent of a line; undefined while there is no key: nothing leaves then. */
export async function sealLine(sealer: Sealer, call: string, line: string): Promise<Bytes | undefined> {
  const bytes = text(line);
  if (bytes.length === 0 || bytes.length > maxLineBytes)
    throw new Error(`a line has 1 to ${maxLineBytes} bytes, not ${bytes.length}`);
  const slot = sealer.take();
  return slot === undefined ? undefined : seal(await slot.key, slot.ctr, fill(bytes), metadata(call));
}

/**
 * openLine opens a line that the server says is from a participant. "wait" means that its key may still come;
 * undefined that it is nobody's whom we know, was changed on the way, or was opened before.
 */
export async function openLine(
  keyring: Keyring,
  judge: (holder: Holder) => Verdict,
  call: string,
  from: string,
  sealed: Uint8Array,
): Promise<string | "wait" | undefined> {
  const header = decodeHeader(sealed);
  const by = header && readKID(header.kid);
  if (header === undefined || by?.source !== "text") return undefined;
  const found = keyring.find(Number(header.kid));
  if (found === "ahead") return "wait";
  if (found === "before" || found === "gone" || found.holder?.participant !== from) return undefined;
  const verdict = judge(found.holder);
  if (verdict !== "open") return verdict === "wait" ? "wait" : undefined;
  const opened = await open(await found.key, header, sealed, metadata(call)).catch(() => undefined);
  if (opened === undefined || !found.window.first(Number(header.ctr))) return undefined;
  return empty(opened);
}

function metadata(call: string): Bytes {
  return text(`pronto text 1 ${call}`);
}

function fill(bytes: Uint8Array): Bytes {
  const filled = new Uint8Array(Math.ceil((bytes.length + 1) / blockBytes) * blockBytes);
  filled.set(bytes);
  filled[bytes.length] = mark;
  return filled;
}

function empty(filled: Uint8Array): string | undefined {
  const end = filled.lastIndexOf(mark);
  return end < 1 || end > maxLineBytes ? undefined : toText(filled.subarray(0, end));
}
