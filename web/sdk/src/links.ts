import type { Client } from "./later.ts";
import { linkAddress, newLinkSecret } from "./linkaddress.ts";
import { type LinkDetails, read, seal } from "./linkdetails.ts";
import type { LinkStore } from "./linkstore.ts";
import type { Signalling } from "./signalling.ts";
import type {
  BookedSlot,
  CreateLink,
  Kind,
  Link,
  LinkDoor,
  LinkSlot,
  LinkTerms,
  SlotTime,
  Reminder as WireReminder,
} from "./wire.gen.ts";

// What else is about links comes with them.
/** @internal */
export { Knocks } from "./knock.ts";
/** @internal */
export { toKnocking } from "./knocking.ts";
export { open, read, seal } from "./linkdetails.ts";

/** CallLink is a link of ours, with what only this browser knows of it. */
export interface CallLink extends Link {
  /** title and description are empty for a link whose secret is in another browser. */
  readonly title: string;
  readonly description: string;
  /** secret is the part of the address after #, if the link was made in this browser. */
  readonly secret?: string;
  /** address is the whole address to hand out; undefined if the link has a secret that is in another browser. */
  readonly address?: string;
  /** hostAddress is the same of the host link, in the answer that makes one only. */
  readonly hostAddress?: string;
}

/** LinkWish is what a link is to be like; absent is without. */
export interface LinkWish extends Omit<LinkTerms, "title" | "sealed"> {
  readonly kind: Kind;
  /** title and description are encrypted here; the server cannot read them. */
  readonly title?: string;
  readonly description?: string;
  readonly expiresInSeconds?: number;
  /** unencrypted: its calls are not end-to-end encrypted, its title can be read by the server, and it has no secret. */
  readonly unencrypted?: boolean;
  /** hostLink makes a link for hosts with it: see CallLink.hostAddress. */
  readonly hostLink?: boolean;
}

/** LinkChange is what to change; what is absent stays. A time, or number, of 0 takes that bound away. */
export type LinkChange = Partial<Omit<LinkTerms, "sealed">> & { readonly description?: string };

/** Door is what is behind a link, before joining. */
export interface Door extends LinkDoor {
  /** title and description are read with the secret, if there is one. */
  readonly title: string;
  readonly description: string;
}

/** Reminder is a booked talk that begins soon: ours to hold, if host, or one that we have booked. */
export interface Reminder extends WireReminder {
  /** title and description are empty if the secret is in another browser. */
  readonly title: string;
  readonly description: string;
  /** address is that of the talk, to join by; undefined if its secret is in another browser. */
  readonly address?: string;
}

/** Links are the call links of our account, and those we come by. */
export class Links {
  readonly #signalling: Signalling;
  readonly #store: LinkStore;
  readonly #base: string;
  readonly #client: Client;

  /** base is the server's page. @internal */
  constructor(signalling: Signalling, store: LinkStore, base: string, client: Client) {
    this.#client = client;
    this.#signalling = signalling;
    this.#store = store;
    this.#base = base;
  }

  /** create makes a link. Its address has a secret after #, which stays in this browser and with whom we hand it to. */
  async create(wish: LinkWish): Promise<CallLink> {
    const { kind, title = "", description = "", expiresInSeconds, unencrypted, hostLink, ...terms } = wish;
    const secret = unencrypted ? undefined : newLinkSecret();
    const made = await this.#signalling.request("createLink", {
      kind,
      terms: { ...terms, ...(await describe(this.#client, secret, { title, description })) },
      ...(expiresInSeconds === undefined ? {} : { expiresInSeconds }),
      ...(unencrypted === undefined ? {} : { unencrypted }),
      ...(hostLink === undefined ? {} : { hostLink }),
    } satisfies CreateLink);
    if (secret !== undefined) this.#store.keep(made.link, secret);
    return this.read(made);
  }

  /** list are our links, newest first. */
  async list(): Promise<readonly CallLink[]> {
    const { links } = await this.#signalling.request("getLinks", {});
    return Promise.all(links.map((link) => this.read(link)));
  }

  /** change gives a link other terms; it rejects with conflict if it was changed since we have read it. */
  async change(link: CallLink, change: LinkChange): Promise<CallLink> {
    const { title, description, ...rest } = change;
    const { title: _, sealed, ...kept } = link.terms;
    const about =
      title === undefined && description === undefined
        ? {
            ...(link.terms.title === undefined ? {} : { title: link.terms.title }),
            ...(sealed === undefined ? {} : { sealed }),
          }
        : await describe(this.#client, link.secret, {
            title: title ?? link.title,
            description: description ?? link.description,
          });
    const changed = await this.#signalling.request("changeLink", {
      link: link.link,
      ifSequence: link.sequence,
      terms: { ...kept, ...rest, ...about },
    });
    return this.read(changed);
  }

  /** revoke ends a link: nobody comes in by it, and its call ends unless keepCall says that it goes on. */
  async revoke(link: string, { keepCall = false }: { readonly keepCall?: boolean } = {}): Promise<CallLink> {
    return this.read(
      await this.#signalling.request("revokeLink", { link, ...(keepCall ? { keepCall } : {}) }),
    );
  }

  /** newHost makes a host link; the one before opens nothing any more. */
  async newHost(link: string): Promise<CallLink> {
    return this.read(await this.#signalling.request("newHostLink", { link }));
  }

  /** forgetBans lets those come again who were put out or denied. */
  async forgetBans(link: string): Promise<void> {
    await this.#signalling.request("forgetBans", { link });
  }

  /** lookAt says what is behind a link. It counts nothing, and rejects with notFound if it leads nowhere, whatever the reason. */
  async lookAt(link: string, secret?: string): Promise<Door> {
    const door = await this.#signalling.request("lookAtLink", { link });
    return { ...door, ...(await read(secret, door)) };
  }

  /** setSlots makes a link one by which others book a talk of two ("call me between"); booked times stay. */
  async setSlots(link: string, slots: readonly SlotTime[]): Promise<readonly LinkSlot[]> {
    return (await this.#signalling.request("setSlots", { link, slots: [...slots] })).slots;
  }

  /** slots are the times that a link offers; our own link's are told with those that are booked. */
  async slots(link: string): Promise<readonly LinkSlot[]> {
    return (await this.#signalling.request("getSlots", { link })).slots;
  }

  /**
   * book takes a time, and rejects with conflict if somebody was faster. The talk has a link of its own, with the
   * same secret, which this browser then keeps for it: join by booked.link in time.
   */
  async book(
    link: string,
    fromMs: number,
    secret: string | undefined = this.#store.secret(link),
  ): Promise<BookedSlot> {
    const booked = await this.#signalling.request("bookSlot", { link, fromMs });
    if (secret !== undefined) this.#store.keep(booked.link, secret);
    return booked;
  }

  /** read adds what only this browser knows. @internal */
  async read(link: Link): Promise<CallLink> {
    const known = await this.#known(link, link.terms);
    const { address, secret } = known;
    return {
      ...link,
      ...known,
      ...(address === undefined || link.hostLink === undefined
        ? {}
        : { hostAddress: linkAddress(link.hostLink, secret, this.#base) }),
    };
  }

  /** remind adds it to a reminder. @internal */
  async remind(reminder: WireReminder): Promise<Reminder> {
    return { ...reminder, ...(await this.#known(reminder, reminder)) };
  }

  /** known is what this browser knows of a link. A booked talk has the secret of the link that it was booked by. */
  async #known(
    { link, bookedFrom }: Pick<Link, "link" | "bookedFrom">,
    about: Pick<LinkTerms, "title" | "sealed">,
  ): Promise<LinkDetails & Pick<CallLink, "secret" | "address">> {
    let secret = this.#store.secret(link);
    if (secret === undefined && bookedFrom !== undefined) {
      secret = this.#store.secret(bookedFrom);
      if (secret !== undefined) this.#store.keep(link, secret);
    }
    // A secret that is not here is missed: an address without would lead into a call without its keys.
    const whole = about.sealed === undefined || secret !== undefined;
    return {
      ...(await read(secret, about)),
      ...(secret === undefined ? {} : { secret }),
      ...(whole ? { address: linkAddress(link, secret, this.#base) } : {}),
    };
  }
}

/** describe is what the server gets of a title and a description. */
async function describe(
  client: Client,
  secret: string | undefined,
  details: LinkDetails,
): Promise<Pick<LinkTerms, "title" | "sealed">> {
  if (secret !== undefined) return { sealed: await seal(client, secret, details) };
  return details.title === "" ? {} : { title: details.title };
}
