import type { Store } from "./device.ts";
import { text, toBlob } from "./e2ee/bytes.ts";

const browserKey = "pronto.browser";

/** browserStorage outlives the tab. */
export function browserStorage(): Store | undefined {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined; // a browser may forbid storage altogether
  }
}

/** LinkStore keeps, in this browser only, the secrets of links made here and what a link knows the browser by. */
export class LinkStore {
  readonly #store: Store | undefined;
  readonly #secrets = new Map<string, string>();
  #browser: string | undefined;

  constructor(store: Store | undefined) {
    this.#store = store;
  }

  /** secret is that of a link that was made here. */
  secret(link: string): string | undefined {
    return this.#secrets.get(link) ?? this.#get(secretKey(link));
  }

  keep(link: string, secret: string): void {
    this.#secrets.set(link, secret);
    this.#set(secretKey(link), secret);
  }

  /**
   * browser is what one link knows this browser by: a host who puts somebody out keeps this browser out, under
   * whatever name. It is another one at each link, so that nobody can tell by it who uses two.
   */
  async browser(link: string): Promise<string> {
    this.#browser ??= this.#get(browserKey);
    if (this.#browser === undefined) {
      this.#browser = toBlob(crypto.getRandomValues(new Uint8Array(16)));
      this.#set(browserKey, this.#browser);
    }
    const hash = await crypto.subtle.digest("SHA-256", text(`pronto browser 1 ${this.#browser} ${link}`));
    return toBlob(new Uint8Array(hash).subarray(0, 16));
  }

  #get(key: string): string | undefined {
    try {
      return this.#store?.getItem(key) ?? undefined;
    } catch {
      return undefined;
    }
  }

  #set(key: string, value: string): void {
    try {
      this.#store?.setItem(key, value);
    } catch {
      // full or forbidden: it lives as long as the page
    }
  }
}

function secretKey(link: string): string {
  return `pronto.link.${link}`;
}
