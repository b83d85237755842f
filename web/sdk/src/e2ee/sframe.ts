import { type Bytes, concat, text, uint } from "./bytes.ts";

// SFrame (RFC 9605) with cipher suite 4, AES_128_GCM_SHA256_128.

const suite = 4;
const nonceBytes = 12;

/** tagBytes is how much a sealed frame is longer than header and plaintext. */
export const tagBytes = 16;

/** SFrameKey is what one KID seals and opens with; neither half can be exported again. */
export interface SFrameKey {
  readonly kid: number;
  readonly key: CryptoKey;
  readonly salt: Bytes;
}

/** Header is an SFrame header (RFC 9605, section 4.3). Numbers over 2^53 − 1 stay bigint: no key of ours has one. */
export interface Header {
  readonly kid: number | bigint;
  readonly ctr: number | bigint;
  /** length is that of the encoded header. */
  readonly length: number;
}

/** importBase takes the key of an epoch, of which the keys of all senders are derived. */
export function importBase(baseKey: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", baseKey, "HKDF", false, ["deriveKey", "deriveBits"]);
}

/** deriveKey makes the key of one KID (RFC 9605, section 4.4.2). HKDF with an empty salt is its extract and expand. */
export async function deriveKey(kid: number, base: CryptoKey): Promise<SFrameKey> {
  const hkdf = (label: string) => ({
    name: "HKDF",
    hash: "SHA-256",
    salt: new Uint8Array(0),
    info: concat(text(label), uint(kid, 8), uint(suite, 2)),
  });
  const [key, salt] = await Promise.all([
    crypto.subtle.deriveKey(hkdf("SFrame 1.0 Secret key "), base, { name: "AES-GCM", length: 128 }, false, [
      "encrypt",
      "decrypt",
    ]),
    crypto.subtle.deriveBits(hkdf("SFrame 1.0 Secret salt "), base, nonceBytes * 8),
  ]);
  return { kid, key, salt: new Uint8Array(salt) };
}

/** encodeHeader writes a header, each number in the fewest bytes. */
export function encodeHeader(kid: number | bigint, ctr: number | bigint): Bytes {
  const out = [0];
  const field = (value: number | bigint, extended: number): number => {
    if (value < 8) return Number(value);
    const bytes = minimal(value);
    out.push(...bytes);
    return extended | (bytes.length - 1);
  };
  const high = field(kid, 8);
  const low = field(ctr, 8);
  out[0] = (high << 4) | low;
  return Uint8Array.from(out);
}

/** decodeHeader reads a header, or returns undefined if there is none. */
export function decodeHeader(data: Uint8Array): Header | undefined {
  const first = data[0];
  if (first === undefined) return undefined;
  let at = 1;
  const field = (bits: number): number | bigint | undefined => {
    if ((bits & 8) === 0) return bits;
    const bytes = (bits & 7) + 1;
    if (at + bytes > data.length) return undefined;
    let value = 0n;
    for (let i = 0; i < bytes; i++) value = (value << 8n) | BigInt(data[at + i] ?? 0);
    at += bytes;
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
  };
  const kid = field(first >> 4);
  const ctr = field(first & 15);
  return kid === undefined || ctr === undefined ? undefined : { kid, ctr, length: at };
}

/**
 * seal encrypts a plaintext under a counter that this key has never had, and
 * returns header, ciphertext and tag. metadata is authenticated with it.
 */
export async function seal(
  key: SFrameKey,
  ctr: number,
  plaintext: Uint8Array,
  metadata: Uint8Array,
): Promise<Bytes> {
  const header = encodeHeader(key.kid, ctr);
  const sealed = await crypto.subtle.encrypt(
    algorithm(key, ctr, concat(header, metadata)),
    key.key,
    plaintext as Bytes,
  );
  return concat(header, new Uint8Array(sealed));
}

/** open checks and decrypts what seal returned. It rejects if a bit of it, or of metadata, was changed. */
export async function open(
  key: SFrameKey,
  header: Header,
  data: Uint8Array,
  metadata: Uint8Array,
): Promise<Bytes> {
  const aad = concat(data.subarray(0, header.length), metadata);
  const opened = await crypto.subtle.decrypt(
    algorithm(key, header.ctr, aad),
    key.key,
    data.subarray(header.length) as Bytes,
  );
  return new Uint8Array(opened);
}

function algorithm(key: SFrameKey, ctr: number | bigint, additionalData: Bytes): AesGcmParams {
  return { name: "AES-GCM", iv: nonce(key.salt, ctr), additionalData, tagLength: tagBytes * 8 };
}

/** nonce is the salt with the counter added by XOR (RFC 9605, section 4.4.3). */
export function nonce(salt: Bytes, ctr: number | bigint): Bytes {
  const out = uint(ctr, nonceBytes);
  for (let i = 0; i < nonceBytes; i++) out[i] = (out[i] ?? 0) ^ (salt[i] ?? 0);
  return out;
}

function minimal(value: number | bigint): number[] {
  const bytes: number[] = [];
  for (let left = BigInt(value); left > 0n; left >>= 8n) bytes.unshift(Number(left & 0xffn));
  return bytes;
}
