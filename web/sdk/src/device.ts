/** Store is the part of Storage (HTML, section 12.2) that the SDK uses. */
export type Store = Pick<Storage, "getItem" | "setItem">;

const key = "pronto.device";

/**
 * deviceID is this device's id. It is made once and kept: by it the server
 * gives the calls of a page to the same page when it is loaded again. Without
 * storage, or with a full one, each load is a new device.
 */
export function deviceID(store: Store | undefined): string {
  try {
    const known = store?.getItem(key);
    if (known && /^[A-Za-z0-9_-]{1,64}$/.test(known)) return known;
    const made = randomID();
    store?.setItem(key, made);
    return made;
  } catch {
    return randomID(); // a browser may forbid storage altogether
  }
}

/** randomID is 96 random bits as an id of the protocol: A-Z a-z 0-9 _ -. */
export function randomID(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_");
}
