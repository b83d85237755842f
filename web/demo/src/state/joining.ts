import { type ReadonlySignal, signal } from "@preact/signals";
import { Pronto, ProntoError, readLinkAddress } from "../../../sdk/src/index.ts";
import { guestPass, HttpError, type Identity } from "../api.ts";
import { deviceName } from "../format.ts";
import { problemText } from "../problems.ts";
import { Phone } from "./phone.ts";
import { keptUser, openAs, readKept } from "./session.ts";
import { say, sayProblem } from "./toasts.ts";

/** JoinPhase is where the page of a link stands. */
export type JoinPhase = "asking" | "joining" | "waiting" | "in" | "dead";

/** Wish is what to send from the start. */
export interface Wish {
  readonly microphone: boolean;
  readonly camera: boolean;
}

interface Pass {
  readonly token: string;
  readonly name: string;
}

/** linkOf is the link that a page's path opens; undefined for other pages. */
export function linkOf(path: string): string | undefined {
  return /^\/j\/([A-Za-z0-9_-]{1,64})\/?$/.exec(path)?.[1];
}

/** Joining is the page of one link: who joins, and the call. Nothing is asked of the server before somebody wants to join. */
export class Joining {
  readonly link: string;
  /** secret is the part of the address after #, which is sent nowhere. */
  readonly #secret = readLinkAddress(location.href)?.secret;
  /** identity is whom this tab is signed in as, if anybody. */
  readonly identity: Identity | undefined = keptUser();
  readonly #phase = signal<JoinPhase>("asking");
  readonly #phone = signal<Phone | undefined>(undefined);

  constructor(link: string) {
    this.link = link;
  }

  /** phase is where the page stands. */
  get phase(): ReadonlySignal<JoinPhase> {
    return this.#phase;
  }
  /** phone is the guest's or the identity's, once it is connected. */
  get phone(): ReadonlySignal<Phone | undefined> {
    return this.#phone;
  }

  /** resume takes up the call that a guest was in before a reload. */
  async resume(): Promise<void> {
    const pass = this.#pass();
    if (pass === undefined) return;
    this.#phase.value = "joining";
    try {
      const phone = await this.#open(pass);
      this.#phase.value = phone.call.value === undefined ? "asking" : "in";
    } catch (error) {
      if (!(error instanceof ProntoError)) throw error;
      this.#forget();
      this.#phase.value = "asking";
    }
  }

  /** joinAsMe joins as the identity that this tab is signed in as. */
  async joinAsMe(wish: Wish): Promise<void> {
    const { identity } = this;
    if (identity === undefined) return;
    await this.#join(wish, () => openAs(identity.user, (reason) => this.#lost(reason)));
  }

  /** joinAsGuest joins under a nickname. */
  async joinAsGuest(name: string, wish: Wish): Promise<void> {
    await this.#join(wish, async () => {
      const { token, name: shown } = await guestPass(this.link, name);
      const pass = { token, name: shown };
      sessionStorage.setItem(this.#key, JSON.stringify(pass));
      return this.#open(pass);
    });
  }

  /** rejoin joins again as before; with a pass that no longer counts, the page asks again. */
  async rejoin(wish: Wish): Promise<void> {
    const phone = this.#phone.value;
    if (phone === undefined) this.#phase.value = "asking";
    else await this.#join(wish, async () => phone);
  }

  async #join(wish: Wish, open: () => Promise<Phone>): Promise<void> {
    if (this.#phase.value === "joining" || this.#phase.value === "waiting") return;
    this.#phase.value = "joining";
    try {
      const phone = await open();
      if (this.#phone.value !== phone) this.#replace(phone);
      if (phone.call.value === undefined)
        await phone.joinLink(this.link, {
          ...wish,
          ...(this.#secret === undefined ? {} : { secret: this.#secret }),
          waiting: () => {
            this.#phase.value = "waiting";
          },
        });
      this.#phase.value = "in";
    } catch (error) {
      const dead =
        error instanceof HttpError
          ? error.status === 404
          : error instanceof ProntoError && error.code === "notFound";
      this.#phase.value = dead ? "dead" : "asking";
      this.#replace(undefined);
      this.#forget();
      if (!dead) sayProblem(error);
    }
  }

  async #open(pass: Pass): Promise<Phone> {
    const pronto = new Pronto({ token: pass.token, deviceName: deviceName(navigator.userAgent) });
    const phone = new Phone(pronto, { guest: true });
    pronto.on("problem", (problem) => {
      if (this.#phone.value === phone) this.#lost(problemText(problem));
    });
    try {
      await phone.connect();
    } catch (error) {
      phone.close();
      throw error;
    }
    this.#replace(phone);
    return phone;
  }

  #replace(phone: Phone | undefined): void {
    this.#phone.value?.close();
    this.#phone.value = phone;
  }

  #lost(reason: string): void {
    this.#replace(undefined);
    this.#phase.value = "asking";
    say(reason, true);
  }

  get #key(): string {
    return `pronto.guest.${this.link}`;
  }
  #pass(): Pass | undefined {
    return readKept<Pass>(
      this.#key,
      (value) => typeof value.token === "string" && typeof value.name === "string",
    );
  }
  #forget(): void {
    sessionStorage.removeItem(this.#key);
  }
}
