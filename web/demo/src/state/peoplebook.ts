import { computed, type ReadonlySignal, signal } from "@preact/signals";
import {
  type People,
  type Person,
  type Privacy,
  type Pronto,
  ProntoError,
  type WhoMayCall,
} from "../../../sdk/src/index.ts";
import { t } from "../lang/index.ts";
import { attempt, say } from "./toasts.ts";

/** PeopleBook is our contacts, blocks and privacy settings, as the server last told them. */
export class PeopleBook {
  readonly #pronto: Pronto;
  readonly #people = signal<People | undefined>(undefined);
  readonly #privacy = signal<Privacy | undefined>(undefined);

  /** contacts are those we added, by name; undefined until known. */
  readonly contacts: ReadonlySignal<readonly Person[] | undefined> = computed(
    () => this.#people.value?.contacts,
  );
  /** blocked are those who cannot reach us. */
  readonly blocked: ReadonlySignal<readonly Person[]> = computed(() => this.#people.value?.blocked ?? []);
  /** privacy are our settings; undefined until known. */
  readonly privacy: ReadonlySignal<Privacy | undefined> = this.#privacy;

  constructor(pronto: Pronto) {
    this.#pronto = pronto;
  }

  /** load asks the server once. */
  async load(): Promise<void> {
    await attempt(async () => {
      const [people, privacy] = await Promise.all([this.#pronto.people(), this.#pronto.privacy()]);
      this.take(people);
      this.takePrivacy(privacy);
    });
  }

  /** take is called with what the server tells unasked. */
  take(people: People): void {
    this.#people.value = people;
  }
  /** takePrivacy is called with what the server tells unasked. */
  takePrivacy(privacy: Privacy): void {
    if (privacy.version >= (this.#privacy.value?.version ?? 0)) this.#privacy.value = privacy;
  }

  /** add puts an account into the contacts; true if it went well. */
  async add(user: string): Promise<boolean> {
    return attempt(async () => {
      const people = await this.#pronto.addContact(user);
      this.take(people);
      say(t("people.added", { name: people.contacts.find((person) => person.user === user)?.name ?? user }));
    });
  }

  /** remove takes an account out of the contacts. */
  async remove(person: Person): Promise<void> {
    await attempt(async () => {
      this.take(await this.#pronto.removeContact(person.user));
      say(t("people.removed", { name: person.name }));
    });
  }

  /** block keeps an account from reaching us. */
  async block(person: Person): Promise<void> {
    await attempt(async () => {
      this.take(await this.#pronto.block(person.user));
      say(t("people.blocked", { name: person.name }));
    });
  }

  /** unblock takes a block back. */
  async unblock(person: Person): Promise<void> {
    await attempt(async () => {
      this.take(await this.#pronto.unblock(person.user));
      say(t("people.unblocked", { name: person.name }));
    });
  }

  /** setPrivacy changes settings. Another device's change wins over ours: then its settings are shown and said. */
  async setPrivacy(change: { whoMayCall?: WhoMayCall; hideAddress?: boolean }): Promise<void> {
    const before = this.#privacy.value;
    if (before === undefined) return;
    const { version, ...settings } = before;
    await attempt(async () => {
      try {
        this.takePrivacy(await this.#pronto.setPrivacy({ ...settings, ...change, ifVersion: version }));
        say(t("settings.saved"));
      } catch (error) {
        if (!(error instanceof ProntoError) || error.code !== "conflict") throw error;
        this.takePrivacy(await this.#pronto.privacy());
        say(t("settings.conflict"), true);
      }
    });
  }
}
