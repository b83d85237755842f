import { type ReadonlySignal, signal } from "@preact/signals";
import { type CallLink, type Kind, linkAddress, type Pronto } from "../../../sdk/src/index.ts";
import { t } from "../lang/index.ts";
import { attempt, say } from "./toasts.ts";

/** NewLink is what a link is to be like; absent or 0 means without that bound. */
export interface NewLink {
  readonly kind: Kind;
  readonly title?: string;
  readonly expiresInSeconds?: number;
  readonly maxUses?: number;
}

/** usable says whether a link can still be joined by. */
export function usable(link: CallLink, now: number): boolean {
  const { maxUses } = link.terms;
  const expired = link.endsMs !== undefined && link.endsMs <= now;
  const usedUp = maxUses !== undefined && link.uses >= maxUses;
  return link.revokedMs === undefined && !expired && !usedUp;
}

/** addressOf is the page that a link opens; without the secret if that is in another browser. */
export function addressOf(link: CallLink): string {
  return link.address ?? linkAddress(link.link);
}

/** LinkList is our call links. */
export class LinkList {
  readonly #pronto: Pronto;
  readonly #links = signal<readonly CallLink[] | undefined>(undefined);
  /** links are ours, newest first; undefined until known. */
  readonly links: ReadonlySignal<readonly CallLink[] | undefined> = this.#links;

  constructor(pronto: Pronto) {
    this.#pronto = pronto;
  }

  /** load asks for them. */
  async load(): Promise<void> {
    await attempt(async () => {
      this.#links.value = await this.#pronto.links.list();
    });
  }

  /** create makes a link; undefined if that did not go well. */
  async create(wish: NewLink): Promise<CallLink | undefined> {
    let made: CallLink | undefined;
    await attempt(async () => {
      const link = await this.#pronto.links.create(wish);
      this.#links.value = [link, ...(this.#links.value ?? [])];
      made = link;
      say(t("links.created"));
    });
    return made;
  }

  /** share hands a link to the system's own sheet, where there is one. Thinking better of it there is no problem. */
  async share(link: CallLink): Promise<void> {
    try {
      await navigator.share({ title: link.title || t("app.name"), url: addressOf(link) });
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== "AbortError") await this.copy(link);
    }
  }

  /** revoke ends a link. */
  async revoke(link: CallLink): Promise<void> {
    await attempt(async () => {
      const revoked = await this.#pronto.links.revoke(link.link);
      this.#links.value = (this.#links.value ?? []).map((other) =>
        other.link === revoked.link ? revoked : other,
      );
    });
  }

  /** copy puts a link's address on the clipboard. */
  async copy(link: CallLink): Promise<void> {
    try {
      await navigator.clipboard.writeText(addressOf(link));
      say(t("links.copied"));
    } catch {
      say(t("links.copyFailed"), true);
    }
  }
}
