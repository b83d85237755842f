import { type ReadonlySignal, signal } from "@preact/signals";
import type { Kind, Link, Pronto } from "../../../sdk/src/index.ts";
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
export function usable(link: Link, now: number): boolean {
  const expired = link.expiresMs !== undefined && link.expiresMs <= now;
  const usedUp = link.maxUses !== undefined && link.uses >= link.maxUses;
  return link.revokedMs === undefined && !expired && !usedUp;
}

/** linkAddress is the page that a link opens. */
export function linkAddress(link: string): string {
  return new URL(`/j/${link}`, location.origin).href;
}

/** LinkList is our call links. */
export class LinkList {
  readonly #pronto: Pronto;
  readonly #links = signal<readonly Link[] | undefined>(undefined);
  /** links are ours, newest first; undefined until known. */
  readonly links: ReadonlySignal<readonly Link[] | undefined> = this.#links;

  constructor(pronto: Pronto) {
    this.#pronto = pronto;
  }

  /** load asks for them. */
  async load(): Promise<void> {
    await attempt(async () => {
      this.#links.value = await this.#pronto.links();
    });
  }

  /** create makes a link; undefined if that did not go well. */
  async create(wish: NewLink): Promise<Link | undefined> {
    let made: Link | undefined;
    await attempt(async () => {
      const link = await this.#pronto.createLink(wish);
      this.#links.value = [link, ...(this.#links.value ?? [])];
      made = link;
      say(t("links.created"));
    });
    return made;
  }

  /** share hands a link to the system's own sheet, where there is one. Thinking better of it there is no problem. */
  async share(link: Link): Promise<void> {
    try {
      await navigator.share({ title: link.title || t("app.name"), url: linkAddress(link.link) });
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== "AbortError") await this.copy(link);
    }
  }

  /** revoke ends a link. */
  async revoke(link: Link): Promise<void> {
    await attempt(async () => {
      const revoked = await this.#pronto.revokeLink(link.link);
      this.#links.value = (this.#links.value ?? []).map((other) =>
        other.link === revoked.link ? revoked : other,
      );
    });
  }

  /** copy puts a link's address on the clipboard. */
  async copy(link: Link): Promise<void> {
    try {
      await navigator.clipboard.writeText(linkAddress(link.link));
      say(t("links.copied"));
    } catch {
      say(t("links.copyFailed"), true);
    }
  }
}
