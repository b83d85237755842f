import { type ReadonlySignal, signal } from "@preact/signals";
import { type PersonPresence, type Pronto, ProntoError } from "../../../sdk/src/index.ts";
import { setFaces } from "./faces.ts";

/** mostWatched and mostAsked are the protocol's limits: how many accounts one request may name. */
const mostWatched = 200;
const mostAsked = 100;

/** Watching is who of those shown is there, as far as they let us see it, and their images. */
export class Watching {
  readonly #pronto: Pronto;
  readonly #people = signal<ReadonlyMap<string, PersonPresence>>(new Map());
  readonly #abouts = signal<ReadonlyMap<string, string>>(new Map());
  #watched = "";

  /** people are those whose presence was told, by account. */
  readonly people: ReadonlySignal<ReadonlyMap<string, PersonPresence>> = this.#people;
  /** abouts are what people say about themselves, by account. */
  readonly abouts: ReadonlySignal<ReadonlyMap<string, string>> = this.#abouts;

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
        const profiles = await this.#pronto.account.profiles(wanted.slice(at, at + mostAsked));
        setFaces(profiles);
        const abouts = new Map(this.#abouts.value);
        for (const { user, about } of profiles) abouts.set(user, about ?? "");
        this.#abouts.value = abouts;
      }
    } catch (error) {
      if (!(error instanceof ProntoError)) throw error;
      this.#watched = ""; // the next change asks again
    }
  }

  /** look asks what somebody says about himself whose page was opened. */
  async look(user: string): Promise<void> {
    if (this.#abouts.value.has(user)) return;
    try {
      const profiles = await this.#pronto.account.profiles([user]);
      setFaces(profiles);
      const [profile] = profiles;
      this.#abouts.value = new Map([...this.#abouts.value, [user, profile?.about ?? ""]]);
    } catch (error) {
      if (!(error instanceof ProntoError)) throw error;
    }
  }
}
