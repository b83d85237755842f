import { concat, text, toBlob } from "../../src/e2ee/bytes.ts";
import { statement } from "../../src/e2ee/credential.ts";
import { type Identity, identify } from "../../src/e2ee/identity.ts";
import { MemoryKeys } from "../../src/e2ee/keystore.ts";
import { Notes } from "../../src/e2ee/notes.ts";
import type { Device, NoteKey } from "../../src/wire.gen.ts";

/** LastingKeys are keys as a browser's database has them. */
export class LastingKeys extends MemoryKeys {
  readonly #note = crypto.subtle.generateKey("X25519", false, ["deriveBits"]) as Promise<CryptoKeyPair>;

  override noteKey(): Promise<CryptoKeyPair> {
    return this.#note;
  }
}

/** Browser is one of an account. */
export interface Browser {
  readonly keys: LastingKeys;
  readonly identity: Identity;
  readonly notes: Notes;
}

/** browserOf is the first browser of an account, or one more that the first has signed. */
export async function browserOf(account: string, keys = new LastingKeys(), root?: Browser): Promise<Browser> {
  const alone = await identify(keys, account, "tab", []);
  const signedBy: Device[] = [];
  const device = { device: "tab", name: "", createdMs: 0, seenMs: 0, key: toBlob(alone.publicKey) };
  if (root === undefined) {
    signedBy.push({ ...device, credential: toBlob(alone.credential) });
  } else {
    const signature = await root.identity.sign(statement(account, "tab", alone.publicKey));
    const chain = concat(Uint8Array.of(1, 3), text("tab"), alone.publicKey, signature);
    const head = concat(Uint8Array.of(1, account.length), text(account), Uint8Array.of(3), text("tab"));
    signedBy.push({ ...device, credential: toBlob(concat(head, root.identity.self.root, chain)) });
  }
  const identity = await identify(keys, account, "tab", signedBy);
  return { keys, identity, notes: new Notes(keys, identity) };
}

/** keyOf is what it publishes. */
export async function keyOf({ notes }: Browser): Promise<NoteKey> {
  const own = await notes.key();
  if (own === undefined) throw new Error("no key");
  return own.noteKey;
}
