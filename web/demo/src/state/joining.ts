import { type ReadonlySignal, signal } from "@preact/signals";
import { type LinkSlot, linkAddress, Pronto, ProntoError, readLinkAddress } from "../../../sdk/src/index.ts";
import { HttpError, type Identity } from "../api.ts";
import { deviceName } from "../format.ts";
import { guestPass } from "../guestpass.ts";
import { problemText } from "../problems.ts";
import { readKept } from "./kept.ts";
import { Phone } from "./phone.ts";
import { deviceChoice, prefs } from "./prefs.ts";
import { Preview } from "./preview.ts";
import { keptUser, openKept } from "./session.ts";
import { attempt, say, sayProblem } from "./toasts.ts";

/** JoinPhase is where the page of a link stands. */
/** "early", "denied" and "unanswered" say why nobody is in yet; "books" that a time has to be chosen first. */
export type JoinPhase =
  | "asking"
  | "joining"
  | "waiting"
  | "in"
  | "dead"
  | "early"
  | "denied"
  | "unanswered"
  | "books"
  | "booked";

interface Pass {
  readonly token: string;
  readonly name: string;
}

/** Booked is a talk that was booked by a link: when it is, and by which address to come. */
export interface Booked {
  readonly address: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** turnedAway are the answers that have a page of their own. */
const turnedAway: Readonly<Partial<Record<string, JoinPhase>>> = {
  denied: "denied",
  noAnswer: "unanswered",
  notYet: "early",
};

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
  readonly #opensMs = signal<number | undefined>(undefined);
  readonly #slots = signal<readonly LinkSlot[]>([]);
  readonly #booked = signal<Booked | undefined>(undefined);
  #giveUp = new AbortController();
  #nickname = "";

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

  /** opensMs is when the link opens, by this machine's clock, in phase "early". */
  get opensMs(): ReadonlySignal<number | undefined> {
    return this.#opensMs;
  }
  /** slots are the times that can be booked, in phase "books". */
  get slots(): ReadonlySignal<readonly LinkSlot[]> {
    return this.#slots;
  }
  /** booked is the talk that was booked, in phase "booked". */
  get booked(): ReadonlySignal<Booked | undefined> {
    return this.#booked;
  }

  /** nickname is what a guest has called himself. */
  get nickname(): string {
    return this.#nickname;
  }
  /** name is what a host is shown. */
  get name(): string {
    return this.#nickname || (this.identity?.name ?? "");
  }

  /** cancel stops waiting for a host. */
  cancel(): void {
    this.#giveUp.abort();
  }

  /** ask goes back to the first question. */
  ask(): void {
    this.#phase.value = "asking";
  }

  /** book takes a time; if somebody was faster, the others are shown anew. */
  async book(slot: LinkSlot): Promise<void> {
    const phone = this.#phone.value;
    if (phone === undefined) return;
    try {
      const { link, fromMs, toMs } = await phone.pronto.links.book(this.link, slot.fromMs, this.#secret);
      this.#booked.value = { address: linkAddress(link, this.#secret), fromMs, toMs };
      this.#phase.value = "booked";
    } catch (error) {
      sayProblem(error);
      await attempt(async () => {
        this.#slots.value = await phone.pronto.links.slots(this.link);
      });
    }
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
    this.#nickname = name;
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
    this.#giveUp = new AbortController();
    try {
      const phone = await open();
      if (this.#phone.value !== phone) this.#replace(phone);
      const { books = false } = await phone.pronto.links.lookAt(this.link, this.#secret);
      if (books) {
        this.#slots.value = await phone.pronto.links.slots(this.link);
        this.#phase.value = "books";
        return;
      }
      if (phone.call.value === undefined) {
        await phone.joinLink(this.link, {
          devices: this.preview.hand(),
          signal: this.#giveUp.signal,
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
      this.#replace(undefined);
      this.#forget();
      const cancelled = this.#giveUp.signal.aborted;
      const turned = error instanceof ProntoError ? turnedAway[error.code] : undefined;
      this.#phase.value = dead ? "dead" : cancelled ? "asking" : (turned ?? "asking");
      this.#opensMs.value =
        turned === "early" && error instanceof ProntoError && error.retryAfterMs !== undefined
          ? Date.now() + error.retryAfterMs
          : undefined;
      if (!dead && !cancelled && turned === undefined) sayProblem(error);
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
      if (this.#phone.value === phone && !phone.closed) this.#lost(problemText(problem));
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
