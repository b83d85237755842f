import { type ReadonlySignal, signal } from "@preact/signals";
import {
  type CallLink,
  type LinkChange,
  type LinkSlot,
  type LinkWish,
  type Pronto,
  ProntoError,
  type SlotTime,
} from "../../../sdk/src/index.ts";
import { t } from "../lang/index.ts";
import { attempt, say } from "./toasts.ts";

/** NewLink is what a link is to be like; absent or 0 means without that bound. slots make it one by which talks are booked. */
export interface NewLink extends LinkWish {
  readonly slots?: readonly SlotTime[];
}

/** over says whether a link was revoked or has expired: then it lets nobody in, not even hosts. */
export function over({ revokedMs, endsMs }: CallLink, now: number): boolean {
  return revokedMs !== undefined || (endsMs !== undefined && endsMs <= now);
}

/** usable says whether somebody can still be asked to come by a link. */
export function usable(link: CallLink, now: number): boolean {
  const { maxUses } = link.terms;
  return !over(link, now) && (maxUses === undefined || link.uses < maxUses);
}

/** checkTitle refuses a title by which a link would pass for the service's own: of most titles the server sees nothing. */
async function checkTitle(title: string | undefined): Promise<void> {
  if (!title) return;
  const rules = await import("../ownname.ts").catch(() => undefined); // offline: then nothing is made either
  if (rules?.readsAsTheService(title))
    throw new ProntoError("nameReserved", "the title reads as if it were the service's own");
}

/** LinkList is our call links. */
export class LinkList {
  readonly #pronto: Pronto;
  readonly #hosts = signal<ReadonlyMap<string, string>>(new Map());
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
      const { slots = [], ...terms } = wish;
      await checkTitle(terms.title);
      const link = await this.#pronto.links.create(terms);
      if (slots.length > 0) await this.#pronto.links.setSlots(link.link, slots);
      this.#keepHost(link);
      this.#links.value = [link, ...(this.#links.value ?? [])];
      made = link;
      say(t("links.created"));
    });
    return made;
  }

  /** share hands a link to the system's own sheet, where there is one. Thinking better of it there is no problem. */
  async share(title: string, address: string): Promise<void> {
    try {
      await navigator.share({ title: title || t("app.name"), url: address });
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== "AbortError") await this.copy(address);
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

  /** take is called with a link that another device, or a booking, has made or changed. */
  take(link: CallLink): void {
    const known = this.#links.value;
    if (known === undefined) return;
    const there = known.find((other) => other.link === link.link);
    if (there?.sequence === link.sequence && link.uses < there.uses) return; // told late
    this.#links.value = there
      ? known.map((other) => (other.link === link.link ? link : other))
      : [link, ...known];
  }

  /** change gives a link other terms. */
  async change(link: CallLink, change: LinkChange): Promise<void> {
    await attempt(async () => {
      if (change.title !== link.title) await checkTitle(change.title);
      this.take(await this.#pronto.links.change(link, change));
    });
  }

  /** hostOf is the host link of a link of ours, if it was made since the page is open: the server does not tell it again. */
  hostOf(link: CallLink): string | undefined {
    return this.#hosts.value.get(link.link);
  }

  /** newHost makes a host link; the one before opens nothing any more. */
  async newHost(link: CallLink): Promise<void> {
    await attempt(async () => {
      const made = await this.#pronto.links.newHost(link.link);
      this.#keepHost(made);
      this.take(made);
    });
  }

  /** slots are the times that are booked by a link. */
  async slots(link: CallLink): Promise<readonly LinkSlot[]> {
    return this.#pronto.links.slots(link.link);
  }

  #keepHost({ link, hostAddress }: CallLink): void {
    if (hostAddress !== undefined) this.#hosts.value = new Map([...this.#hosts.value, [link, hostAddress]]);
  }

  /** copy puts a link's address on the clipboard. */
  async copy(address: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(address);
      say(t("links.copied"));
    } catch {
      say(t("links.copyFailed"), true);
    }
  }
}
