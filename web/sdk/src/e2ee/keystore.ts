import type { Bytes } from "./bytes.ts";

/** Known is what is remembered of a person. */
export interface Known {
  /** root is the identity that was seen first, or was accepted since. */
  readonly root: Bytes;
  /** verified says that the person has compared the safety number. */
  readonly verified: boolean;
}

/** KeyStore keeps device keys, which it does not give away, and what is known of people. */
export interface KeyStore {
  /** key is this profile's key for an account; it is made when it is first asked for. */
  key(account: string): Promise<CryptoKeyPair>;
  /** noteKey is this profile's key for the notes to an account; undefined where it would not last until they come. */
  noteKey(account: string): Promise<CryptoKeyPair | undefined>;
  known(own: string, account: string): Promise<Known | undefined>;
  remember(own: string, account: string, known: Known): Promise<void>;
}

/** makeKey makes an Ed25519 key whose private half cannot be read, by any script. */
export async function makeKey(): Promise<CryptoKeyPair> {
  return (await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"])) as CryptoKeyPair;
}

/** makeNoteKey makes an X25519 key whose private half cannot be read, by any script. */
async function makeNoteKey(): Promise<CryptoKeyPair> {
  return (await crypto.subtle.generateKey("X25519", false, ["deriveBits"])) as CryptoKeyPair;
}

/** MemoryKeys forgets with the worker: for guests, and where there is no database. */
export class MemoryKeys implements KeyStore {
  readonly #keys = new Map<string, Promise<CryptoKeyPair>>();
  readonly #known = new Map<string, Known>();

  key(account: string): Promise<CryptoKeyPair> {
    let key = this.#keys.get(account);
    if (key === undefined) {
      key = makeKey();
      this.#keys.set(account, key);
    }
    return key;
  }

  async noteKey(): Promise<CryptoKeyPair | undefined> {
    return undefined;
  }

  async known(own: string, account: string): Promise<Known | undefined> {
    return this.#known.get(JSON.stringify([own, account]));
  }

  async remember(own: string, account: string, known: Known): Promise<void> {
    this.#known.set(JSON.stringify([own, account]), known);
  }
}

const name = "pronto-keys";

/** DatabaseKeys lasts as long as the browser keeps it (IndexedDB). */
export class DatabaseKeys implements KeyStore {
  readonly #database: IDBDatabase;

  private constructor(database: IDBDatabase) {
    this.#database = database;
  }

  /** open opens the database, and rejects where the browser forbids it. */
  static async open(factory: IDBFactory): Promise<DatabaseKeys> {
    const opening = factory.open(name, 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore("keys");
      opening.result.createObjectStore("known");
    };
    return new DatabaseKeys(await done(opening));
  }

  async key(account: string): Promise<CryptoKeyPair> {
    const found = await this.#get<CryptoKeyPair>("keys", account);
    if (found !== undefined) return found;
    const made = await makeKey();
    return (await this.#keep(account, made)) ?? made;
  }

  async noteKey(account: string): Promise<CryptoKeyPair | undefined> {
    const name = ["note", account]; // a list, which is no account's
    return (await this.#get<CryptoKeyPair>("keys", name)) ?? this.#keep(name, await makeNoteKey());
  }

  known(own: string, account: string): Promise<Known | undefined> {
    return this.#get<Known>("known", JSON.stringify([own, account]));
  }

  async remember(own: string, account: string, known: Known): Promise<void> {
    const store = this.#database.transaction("known", "readwrite").objectStore("known");
    await done(store.put(known, JSON.stringify([own, account])));
  }

  /** keep writes a key, and returns the one that is kept, if any is. Two tabs may make one at the same time: the first to write it has it. */
  async #keep(name: IDBValidKey, made: CryptoKeyPair): Promise<CryptoKeyPair | undefined> {
    try {
      const store = this.#database.transaction("keys", "readwrite").objectStore("keys");
      await done(store.add(made, name));
      return made;
    } catch {
      return this.#get<CryptoKeyPair>("keys", name);
    }
  }

  #get<Value>(store: string, key: IDBValidKey): Promise<Value | undefined> {
    return done(this.#database.transaction(store, "readonly").objectStore(store).get(key));
  }
}

/** openKeys opens the database, or makes do without. */
export async function openKeys(): Promise<KeyStore> {
  try {
    return await DatabaseKeys.open(indexedDB);
  } catch {
    return new MemoryKeys();
  }
}

function done<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
