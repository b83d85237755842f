import { Aes128Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import type { NoteKey } from "../wire.gen.ts";
import { type Bytes, concat, fromBlob, own, text, toBlob } from "./bytes.ts";
import { type Credential, decodeCredential, keyOf, short, verify, verifyCredential } from "./credential.ts";
import { type Identity, publicOf } from "./identity.ts";
import { NoteError } from "./notefault.ts";

// The keys that notes to missed calls are sealed for: one of each browser of an account, which its device's key signs.

/** NoteKeys are those of one account. */
export interface NoteKeys {
  /** owner is a credential of the account. */
  readonly owner: Credential;
  readonly keys: readonly Bytes[];
}

/** maxNoteKeys is for how many browsers a note is sealed at most. */
export const maxNoteKeys = 20;
const maxCredentialChars = 2_048;
const info = text("pronto note 1");
const keyBytes = 16; // of AES-128

/** suite is what HPKE (RFC 9180) is used with: that of the calls' MLS groups. */
export const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes128Gcm(),
});

/** publicNoteKey is what others learn of this browser's key. */
export async function publicNoteKey(identity: Identity, pair: CryptoKeyPair): Promise<NoteKey> {
  const key = await publicOf(pair);
  return {
    credential: toBlob(identity.credential),
    key: toBlob(key),
    signature: toBlob(await identity.sign(statement(identity.self.account, key))),
  };
}

/**
 * checkNoteKeys reads the keys that the server says are of an account's browsers: of the account to, or of whichever
 * they are if that is not said. All are of one account with one root, or it throws a NoteError.
 */
export async function checkNoteKeys(given: readonly NoteKey[], to?: string): Promise<NoteKeys> {
  if (given.length > maxNoteKeys) throw new NoteError("badKeys");
  const read = await Promise.all(given.map(readNoteKey));
  const owner = read[0]?.credential;
  if (owner === undefined) throw new NoteError("noKeys");
  const { account, root } = owner;
  const same = read.every(
    ({ credential }) => credential.account === account && toBlob(credential.root) === toBlob(root),
  );
  if (!same || account !== (to ?? account)) throw new NoteError("badKeys");
  return { owner, keys: read.map(({ key }) => key) };
}

async function readNoteKey({
  credential: chars,
  key: blob,
  signature,
}: NoteKey): Promise<{ credential: Credential; key: Bytes }> {
  try {
    const bytes = chars.length > maxCredentialChars ? new Uint8Array(0) : fromBlob(chars);
    const credential = await readCredential(bytes);
    const key = fromBlob(blob);
    if (
      credential !== undefined &&
      key.length === 32 &&
      (await verify(keyOf(credential), fromBlob(signature), statement(credential.account, key)))
    )
      return { credential, key };
  } catch {
    // no base64url
  }
  throw new NoteError("badKeys");
}

/** readCredential reads the credential of an account's device, whichever key it leads to. */
export async function readCredential(bytes: Uint8Array): Promise<Credential | undefined> {
  const read = decodeCredential(bytes);
  return read === undefined || read.account === "" ? undefined : verifyCredential(bytes, keyOf(read));
}

/** noteKeyID tells a browser which part of a note is for it. */
export async function noteKeyID(key: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", key)).slice(0, 8);
}

/** wrap seals the key of a note's content for one browser: 64 bytes, of which the first 32 are the encapsulated key. */
export async function wrap(contentKey: Bytes, key: Bytes, context: Bytes): Promise<Bytes> {
  const recipientPublicKey = await suite.kem.deserializePublicKey(key);
  const { enc, ct } = await suite.seal({ recipientPublicKey, info }, contentKey, context);
  return concat(new Uint8Array(enc), new Uint8Array(ct));
}

/** wrappedBytes is how long that is. */
export const wrappedBytes = 32 + keyBytes + 16;

/** unwrap opens it. */
export async function unwrap(wrapped: Bytes, recipientKey: CryptoKeyPair, context: Bytes): Promise<Bytes> {
  const [enc, sealed] = [own(wrapped.subarray(0, 32)), own(wrapped.subarray(32))];
  return new Uint8Array(await suite.open({ recipientKey, enc, info }, sealed, context));
}

/** statement is what a device signs of its browser's key. */
function statement(account: string, key: Bytes): Bytes {
  return concat(text("pronto note key 1"), short(account), key);
}
