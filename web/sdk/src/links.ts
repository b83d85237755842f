import { type LinkDetails, linkAddress, newLinkSecret, openDetails, sealDetails } from "./linksecret.ts";
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
} from "./wire.gen.ts";

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

/** Links are the call links of our account, and those we come by. */
export class Links {
  readonly #signalling: Signalling;
  readonly #store: LinkStore;
  readonly #base: string;

  /** base is the server's page. @internal */
  constructor(signalling: Signalling, store: LinkStore, base: string) {
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
      terms: { ...terms, ...(await describe(secret, { title, description })) },
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
        : await describe(link.secret, {
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
    return { ...door, ...(await readDetails(secret, door)) };
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
   * same secret: join by booked.link in time.
   */
  book(link: string, fromMs: number): Promise<BookedSlot> {
    return this.#signalling.request("bookSlot", { link, fromMs });
  }

  /** read adds what only this browser knows. @internal */
  async read(link: Link): Promise<CallLink> {
    const secret = this.#store.secret(link.link);
    const sealed = link.terms.sealed !== undefined;
    const details = await readDetails(secret, link.terms);
    const whole = !sealed || secret !== undefined; // else an address would lead into a call without its keys
    return {
      ...link,
      ...details,
      ...(secret === undefined ? {} : { secret }),
      ...(whole ? { address: linkAddress(link.link, secret, this.#base) } : {}),
      ...(whole && link.hostLink !== undefined
        ? { hostAddress: linkAddress(link.hostLink, secret, this.#base) }
        : {}),
    };
  }
}

/** describe is what the server gets of a title and a description. */
async function describe(
  secret: string | undefined,
  details: LinkDetails,
): Promise<Pick<LinkTerms, "title" | "sealed">> {
  if (secret !== undefined) return { sealed: await sealDetails(secret, details) };
  return details.title === "" ? {} : { title: details.title };
}

/** readDetails are title and description of what the server knows and the secret opens. @internal */
export async function readDetails(
  secret: string | undefined,
  known: { readonly title?: string; readonly sealed?: string },
): Promise<LinkDetails> {
  const { title = "", sealed } = known;
  const opened = secret === undefined || sealed === undefined ? undefined : await openDetails(secret, sealed);
  return opened ?? { title, description: "" };
}
