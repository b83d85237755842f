import type { Device } from "../wire.gen.ts";
import { type Bytes, equal, fromBlob } from "./bytes.ts";
import { type Credential, encodeCredential, type Link, statement, verifyCredential } from "./credential.ts";
import { type KeyStore, makeKey } from "./keystore.ts";
import type { Signer } from "./mls.ts";

/** Identity is who this device is in calls, and signs for it. */
export interface Identity extends Signer {
  readonly self: Credential;
  /** signed says that the account's other devices vouch for this one, or it is their root. */
  readonly signed: boolean;
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
  const signed = account === "" ? undefined : await signedBy(account, publicKey, devices);
  const last = signed?.chain[signed.chain.length - 1];
  const chain: Link[] = [...(signed?.chain ?? [])];
  if (last !== undefined && last.device !== device)
    chain.push({ device, key: publicKey, signature: await sign(statement(account, device, publicKey)) });
  const self = { account, device, root: signed?.root ?? publicKey, chain };
  return { self, signed: signed !== undefined, publicKey, credential: encodeCredential(self), sign };
}

/** publicOf is the public half, 32 bytes. */
export async function publicOf(pair: CryptoKeyPair): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
}

/** signedBy looks for a credential that leads from the account's root to a key; undefined if there is none. */
async function signedBy(
  account: string,
  key: Bytes,
  devices: readonly Device[],
): Promise<Credential | undefined> {
  for (const device of devices) {
    if (device.key === undefined || device.credential === undefined || !equal(fromBlob(device.key), key))
      continue;
    const credential = await verifyCredential(fromBlob(device.credential), key);
    if (credential?.account === account) return credential;
  }
  return undefined;
}
