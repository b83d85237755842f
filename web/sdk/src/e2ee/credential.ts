import { type Bytes, concat, equal, own, text } from "./bytes.ts";

// A credential says whose device a leaf is. An account's identity is its root
// key; the root signs further devices, and each of those may sign others:
//
//   u8 1 | u8 length, account | u8 length, device | root key |
//   u8 n ≤ 4 | n × ( u8 length, device | key | signature )
//
// A guest has no account: his root is the key that he made for this call.

const version = 1;
const keyBytes = 32;
const signatureBytes = 64;
const maxChain = 4;

/** Link is one signed device in a chain from the root. */
export interface Link {
  readonly device: string;
  readonly key: Bytes;
  /** signature is that of the key before, over statement. */
  readonly signature: Bytes;
}

/** Credential is who a device is. */
export interface Credential {
  /** account is empty for a guest. */
  readonly account: string;
  readonly device: string;
  readonly root: Bytes;
  /** chain leads from the root to the device's key; it is empty if that is the root. */
  readonly chain: readonly Link[];
}

/** statement is what a device signs to say that a key is that of a device of the same account. */
export function statement(account: string, device: string, key: Uint8Array): Bytes {
  return concat(text("pronto device 1"), short(account), short(device), key);
}

/** encodeCredential writes a credential. */
export function encodeCredential({ account, device, root, chain }: Credential): Bytes {
  return concat(
    Uint8Array.of(version),
    short(account),
    short(device),
    root,
    Uint8Array.of(chain.length),
    ...chain.flatMap((link) => [short(link.device), link.key, link.signature]),
  );
}

/** decodeCredential reads a credential, or returns undefined if the bytes are none. */
export function decodeCredential(bytes: Uint8Array): Credential | undefined {
  let at = 0;
  const take = (length: number): Bytes | undefined => {
    const part = bytes.subarray(at, at + length);
    at += length;
    return part.length === length ? own(part) : undefined;
  };
  const name = (): string | undefined => {
    const part = take(take(1)?.[0] ?? bytes.length);
    try {
      return part && new TextDecoder("utf-8", { fatal: true }).decode(part);
    } catch {
      return undefined;
    }
  };
  if (take(1)?.[0] !== version) return undefined;
  const account = name();
  const device = name();
  const root = take(keyBytes);
  const links = take(1)?.[0] ?? 255;
  if (account === undefined || device === undefined || root === undefined || links > maxChain)
    return undefined;
  const chain: Link[] = [];
  for (let i = 0; i < links; i++) {
    const link = { device: name(), key: take(keyBytes), signature: take(signatureBytes) };
    if (link.device === undefined || link.key === undefined || link.signature === undefined) return undefined;
    chain.push({ device: link.device, key: link.key, signature: link.signature });
  }
  return at === bytes.length ? { account, device, root, chain } : undefined;
}

/**
 * verifyCredential reads the credential of a leaf, or returns undefined if it
 * does not lead from its root to the leaf's key.
 */
export async function verifyCredential(
  bytes: Uint8Array,
  leafKey: Uint8Array,
): Promise<Credential | undefined> {
  const credential = decodeCredential(bytes);
  if (credential === undefined) return undefined;
  const { account, device, root, chain } = credential;
  if (account === "" && chain.length > 0) return undefined;
  let key = root;
  for (const link of chain) {
    if (!(await verify(key, link.signature, statement(account, link.device, link.key)))) return undefined;
    key = link.key;
  }
  const last = chain[chain.length - 1];
  if (!equal(key, leafKey) || (last !== undefined && last.device !== device)) return undefined;
  return credential;
}

/** keyOf is the key that a credential leads to. */
export function keyOf({ root, chain }: Credential): Bytes {
  return chain[chain.length - 1]?.key ?? root;
}

/** verify checks an Ed25519 signature (RFC 8032); a key that is none signs nothing. */
export async function verify(key: Bytes, signature: Bytes, message: Bytes): Promise<boolean> {
  try {
    const imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", imported, signature, message);
  } catch {
    return false;
  }
}

/** short is a text of at most 255 bytes, with its length in one byte before it. */
export function short(value: string): Bytes {
  const bytes = text(value);
  if (bytes.length > 255) throw new RangeError("a name of over 255 bytes");
  return concat(Uint8Array.of(bytes.length), bytes);
}
