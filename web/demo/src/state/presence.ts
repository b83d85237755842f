import { type ReadonlySignal, signal } from "@preact/signals";
import { type PersonPresence, type Profile, type Pronto, ProntoError } from "../../../sdk/src/index.ts";
import { setFaces } from "./faces.ts";

/** mostWatched and mostAsked are the protocol's limits: how many accounts one request may name. */
const mostWatched = 200;
const mostAsked = 100;

/** Watching is who of those shown is there, as far as they let us see it, and their images. */
export class Watching {
  readonly #pronto: Pronto;
  readonly #people = signal<ReadonlyMap<string, PersonPresence>>(new Map());
  readonly #profiles = signal<ReadonlyMap<string, Profile>>(new Map());
  #watched = "";

  /** people are those whose presence was told, by account. */
  readonly people: ReadonlySignal<ReadonlyMap<string, PersonPresence>> = this.#people;
  /** profiles are what people say about themselves, and whether they take calls, by account. */
  readonly profiles: ReadonlySignal<ReadonlyMap<string, Profile>> = this.#profiles;

  constructor(pronto: Pronto) {
    this.#pronto = pronto;
  }

  /** take is called with what the server tells unasked. */
  take(people: readonly PersonPresence[]): void {
    const next = new Map(this.#people.value);
    for (const one of people) next.set(one.user, one);
    this.#people.value = next;
  }

  /** watch says whom the page shows. It never fails: without presence the page is as useful, only less lively. */
  async watch(users: readonly string[]): Promise<void> {
    const wanted = users.slice(0, mostWatched);
    const name = wanted.join(" ");
    if (name === this.#watched) return;
    this.#watched = name;
    try {
      this.take(await this.#pronto.watchPresence(wanted));
      for (let at = 0; at < wanted.length; at += mostAsked) {
        await this.#ask(wanted.slice(at, at + mostAsked));
      }
    } catch (error) {
      if (!(error instanceof ProntoError)) throw error;
      this.#watched = ""; // the next change asks again
    }
  }

  /** look asks anew about somebody whose page was opened: he may take calls at some hours only. */
  async look(user: string): Promise<void> {
    try {
      await this.#ask([user]);
    } catch (error) {
      if (!(error instanceof ProntoError)) throw error;
    }
  }

  async #ask(users: string[]): Promise<void> {
    const profiles = await this.#pronto.account.profiles(users);
    setFaces(profiles);
    this.#profiles.value = new Map([
      ...this.#profiles.value,
      ...profiles.map((one) => [one.user, one] as const),
    ]);
  }
}
