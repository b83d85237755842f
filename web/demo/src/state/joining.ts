import { type ReadonlySignal, signal } from "@preact/signals";
import { Pronto, ProntoError, readLinkAddress } from "../../../sdk/src/index.ts";
import { guestPass, HttpError, type Identity } from "../api.ts";
import { deviceName } from "../format.ts";
import { problemText } from "../problems.ts";
import { Phone } from "./phone.ts";
import { deviceChoice, prefs } from "./prefs.ts";
import { Preview } from "./preview.ts";
import { keptUser, openKept, readKept } from "./session.ts";
import { say, sayProblem } from "./toasts.ts";

/** JoinPhase is where the page of a link stands. */
export type JoinPhase = "asking" | "joining" | "waiting" | "in" | "dead";

interface Pass {
  readonly token: string;
  readonly name: string;
}

/** Joining is the page of one link: who joins, and the call. Nothing is asked of the server before somebody wants to join. */
export class Joining {
  readonly link: string;
  /** secret is the part of the address after #, which is sent nowhere. */
  readonly #secret = readLinkAddress(location.href)?.secret;
  /** identity is whom this tab is signed in as, if anybody. */
  readonly identity: Identity | undefined = keptUser();
  /** preview is what we would send. */
  readonly preview = new Preview();
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
  async joinAsMe(): Promise<void> {
    await this.#join(() => openKept((reason) => this.#lost(reason)));
  }

  /** joinAsGuest joins under a nickname. */
  async joinAsGuest(name: string): Promise<void> {
    await this.#join(async () => {
      const { token, name: shown } = await guestPass(this.link, name);
      const pass = { token, name: shown };
      sessionStorage.setItem(this.#key, JSON.stringify(pass));
      return this.#open(pass);
    });
  }

  /** rejoin joins again as before; with a pass that no longer counts, the page asks again. */
  async rejoin(): Promise<void> {
    const phone = this.#phone.value;
    if (phone === undefined) this.#phase.value = "asking";
    else await this.#join(async () => phone);
  }

  async #join(open: () => Promise<Phone>): Promise<void> {
    if (this.#phase.value === "joining" || this.#phase.value === "waiting") return;
    this.#phase.value = "joining";
    try {
      const phone = await open();
      if (this.#phone.value !== phone) this.#replace(phone);
      if (phone.call.value === undefined) {
        await phone.joinLink(this.link, {
          devices: this.preview.hand(),
          ...(this.#secret === undefined ? {} : { secret: this.#secret }),
          waiting: () => {
            this.#phase.value = "waiting";
          },
        });
        this.preview.handed();
      }
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
    const pronto = new Pronto({
      token: pass.token,
      deviceName: deviceName(navigator.userAgent),
      devices: deviceChoice(prefs.value),
    });
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
