import type { NoteKey } from "../wire.gen.ts";
import { toBlob } from "./bytes.ts";
import type { Credential } from "./credential.ts";
import { type Identity, publicOf } from "./identity.ts";
import type { KeyStore } from "./keystore.ts";
import type { NoteBody, NoteTrust, OpenNote, OrFault, OwnNoteKey, SealedNote, SealNote } from "./messages.ts";
import { openNote, sealNote } from "./note.ts";
import { NoteError, type NoteFault } from "./notefault.ts";
import { checkNoteKeys, type NoteKeys, noteKeyID, publicNoteKey } from "./notekey.ts";
import { People } from "./people.ts";

/** Notes seals and opens notes to missed calls as one device, by what it knows of the others. */
export class Notes {
  readonly #keys: KeyStore;
  readonly #identity: Identity;
  readonly #people: People;

  constructor(keys: KeyStore, identity: Identity) {
    this.#keys = keys;
    this.#identity = identity;
    this.#people = new People(keys, identity.self);
  }

  /** key is what others seal notes to us by; undefined while nobody would accept it, or where it would not last. */
  async key(): Promise<OwnNoteKey | undefined> {
    const { signed, self, publicKey } = this.#identity;
    const pair = signed ? await this.#keys.noteKey(self.account) : undefined;
    return pair && { noteKey: await publicNoteKey(this.#identity, pair), identity: toBlob(publicKey) };
  }

  /** keyID is what notes that this browser can open have in their head; undefined where it can open none. */
  async keyID(): Promise<string | undefined> {
    const pair = await this.#keys.noteKey(this.#identity.self.account);
    return pair && toBlob(await noteKeyID(await publicOf(pair)));
  }

  /** check throws a NoteError unless a note may be sealed by keys that the server gave out. */
  async check(given: readonly NoteKey[], to?: string): Promise<NoteKeys> {
    const checked = await checkNoteKeys(given, to);
    await this.#trust(checked.owner, "badKeys");
    return checked;
  }

  /** seal seals a note. */
  async seal({ call, to, keys: given, body }: SealNote): Promise<SealedNote> {
    const { owner, keys } = await this.check(given, to);
    const where = { call, from: this.#identity.self.account, to: owner.account };
    return { note: await sealNote(this.#identity, where, body, keys) };
  }

  /** open opens a note of an account. */
  async open({ call, from, note }: OpenNote): Promise<NoteBody & { trust: NoteTrust }> {
    const to = this.#identity.self.account;
    const pair = await this.#keys.noteKey(to);
    if (pair === undefined) throw new NoteError("otherBrowsers");
    const { credential, body } = await openNote(pair, { call, from, to }, note);
    return { ...body, trust: await this.#trust(credential, "tampered") };
  }

  /** trust is how well we know somebody else; it throws if his identity is another one than before. */
  async #trust(who: Credential, ifOurs: NoteFault): Promise<NoteTrust> {
    if (who.account === this.#identity.self.account) throw new NoteError(ifOurs);
    const trust = await this.#people.trust(who);
    if (trust === "new" || trust === "known" || trust === "verified") return trust;
    throw new NoteError("changed");
  }
}

/** orFault is what came of work, or the fault of a note. */
export async function orFault<Result>(work: Promise<Result>): Promise<OrFault<Result>> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof NoteError) return { fault: error.fault };
    throw error;
  }
}
