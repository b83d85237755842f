import type { Device } from "../wire.gen.ts";
import { type Bytes, equal, fromBlob } from "./bytes.ts";
import { type Credential, encodeCredential, type Link, statement, verify } from "./credential.ts";
import { type KeyStore, makeKey } from "./keystore.ts";
import type { Signer } from "./mls.ts";

const maxSigned = 3; // with the link from the browser's key to the tab, a chain of four

/** Identity is who this device is in calls, and signs for it. */
export interface Identity extends Signer {
  readonly self: Credential;
}

/**
 * identify makes a device's identity. An account has one key in a browser;
 * every tab is a device of its own with that key, and signed by it if the key
 * is not itself the root. A guest's key is new each time.
 */
export async function identify(
  keys: KeyStore,
  account: string,
  device: string,
  devices: readonly Device[],
): Promise<Identity> {
  const pair = account === "" ? await makeKey() : await keys.key(account);
  const publicKey = await publicOf(pair);
  const sign = async (message: Uint8Array) =>
    new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, message as Bytes));
  const signed = account === "" ? undefined : await signedChain(account, publicKey, devices);
  const last = signed?.chain[signed.chain.length - 1];
  const chain: Link[] = [...(signed?.chain ?? [])];
  if (last !== undefined && last.device !== device)
    chain.push({ device, key: publicKey, signature: await sign(statement(account, device, publicKey)) });
  const self = { account, device, root: signed?.root ?? publicKey, chain };
  return { self, publicKey, credential: encodeCredential(self), sign };
}

/** publicOf is the public half, 32 bytes. */
export async function publicOf(pair: CryptoKeyPair): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
}

/** signedChain looks for signatures that lead from the account's root to a key; undefined if there are none. */
async function signedChain(
  account: string,
  key: Bytes,
  devices: readonly Device[],
): Promise<{ root: Bytes; chain: Link[] } | undefined> {
  const withKeys = devices.flatMap((one) =>
    one.key === undefined ? [] : [{ ...one, bytes: fromBlob(one.key) }],
  );
  let at = withKeys.find(
    (one) => equal(one.bytes, key) && (one.root === true || one.signature !== undefined),
  );
  const chain: Link[] = [];
  for (let links = 0; at !== undefined && links <= maxSigned; links++) {
    if (at.root === true) return { root: at.bytes, chain };
    const { device, bytes, signature, signedBy } = at;
    const signer = withKeys.find((one) => one.device === signedBy);
    if (signature === undefined || signer === undefined) return undefined;
    const link = { device, key: bytes, signature: fromBlob(signature) };
    if (!(await verify(signer.bytes, link.signature, statement(account, device, bytes)))) return undefined;
    chain.unshift(link);
    at = signer;
  }
  return undefined;
}
