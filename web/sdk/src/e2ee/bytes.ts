/** Bytes are bytes in memory of their own kind, as WebCrypto wants them. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** concat joins parts. */
export function concat(...parts: readonly Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** text is a string as UTF-8. */
export function text(value: string): Bytes {
  return new TextEncoder().encode(value);
}

/** toText is UTF-8 as a string; it throws on anything else. */
export function toText(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}

/** uint is a number, big endian, in a number of bytes. */
export function uint(value: number | bigint, bytes: number): Bytes {
  const out = new Uint8Array(bytes);
  let left = BigInt(value);
  for (let i = bytes - 1; i >= 0; i--) {
    out[i] = Number(left & 0xffn);
    left >>= 8n;
  }
  return out;
}

/** equal compares in a time that tells nothing of the contents. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

/** toBlob is the text that the protocol carries bytes in: base64url without padding (RFC 4648, section 5). */
export function toBlob(bytes: Uint8Array): string {
  let chars = "";
  for (let i = 0; i < bytes.length; i += 8_192) chars += String.fromCharCode(...bytes.subarray(i, i + 8_192));
  return btoa(chars).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** fromBlob reads that text; it throws on anything else. */
export function fromBlob(value: string): Bytes {
  return Uint8Array.from(atob(value.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}

/** own is the same bytes in a buffer that holds nothing else. */
export function own(bytes: Uint8Array): Bytes {
  return new Uint8Array(bytes);
}
