import { computed, type ReadonlySignal, signal } from "@preact/signals";
import {
  type Discovery,
  type DoNotDisturb,
  type People,
  type Person,
  type Preferences,
  type PresenceAudience,
  type Privacy,
  type Pronto,
  ProntoError,
  type SetPreferences,
  type WhoMayCall,
} from "../../../sdk/src/index.ts";
import { t } from "../lang/index.ts";
import { attempt, say } from "./toasts.ts";

/** PeopleBook is our contacts, blocks and privacy settings, as the server last told them. */
export class PeopleBook {
  readonly #pronto: Pronto;
  readonly #people = signal<People | undefined>(undefined);
  readonly #privacy = signal<Privacy | undefined>(undefined);
  readonly #preferences = signal<Preferences | undefined>(undefined);
  readonly #discovery = signal<Discovery | undefined>(undefined);

  /** contacts are those we added, favourites first, by name; undefined until known. */
  readonly contacts: ReadonlySignal<readonly Person[] | undefined> = computed(() => {
    const list = this.#people.value?.contacts;
    const first = (user: string): number => Number(this.isFavourite(user));
    return list?.toSorted((a, b) => first(b.user) - first(a.user));
  });
  /** blocked are those who cannot reach us. */
  readonly blocked: ReadonlySignal<readonly Person[]> = computed(() => this.#people.value?.blocked ?? []);
  /** privacy are our settings; undefined until known. */
  readonly privacy: ReadonlySignal<Privacy | undefined> = this.#privacy;

  /** preferences are the rest of what we have chosen; undefined until loadPreferences. */
  readonly preferences: ReadonlySignal<Preferences | undefined> = this.#preferences;
  /** discovery is by which number we are found, and how many we block; undefined until loadPreferences. */
  readonly discovery: ReadonlySignal<Discovery | undefined> = this.#discovery;

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

  /** takePreferences is called with what the server tells unasked. */
  takePreferences(preferences: Preferences): void {
    if (preferences.version < (this.#preferences.value?.version ?? 0)) return;
    this.#preferences.value = preferences;
    this.takePrivacy(preferences.privacy);
  }

  /** loadPreferences asks for what only the settings show. */
  async loadPreferences(): Promise<void> {
    await attempt(async () => {
      this.takePreferences(await this.#pronto.account.preferences());
      this.#discovery.value = await this.#pronto.account.discovery();
    });
  }

  /** find asks whose a phone number is, and calls it a contact; true if it went well. */
  async addNumber(number: string): Promise<boolean> {
    let user: string | undefined;
    const found = await attempt(async () => {
      user = (await this.#pronto.account.findNumber(number)).user;
    });
    return found && user !== undefined && this.add(user);
  }

  /** blockNumber keeps whoever has a number from reaching us; on false takes that back. */
  async blockNumber(number: string, on: boolean): Promise<boolean> {
    return attempt(async () => {
      const { account } = this.#pronto;
      this.#discovery.value = await (on ? account.blockNumber(number) : account.unblockNumber(number));
      say(t(on ? "settings.numberBlocked" : "settings.numberUnblocked"));
    });
  }

  /** setDiscoverable says whether who has our number finds us. */
  async setDiscoverable(on: boolean): Promise<void> {
    await attempt(async () => {
      this.#discovery.value = await this.#pronto.account.setDiscoverable(on);
      say(t("settings.saved"));
    });
  }

  /** setPresence says who sees when we are online. */
  setPresence(audience: PresenceAudience): Promise<void> {
    const presence = this.#preferences.value?.presence;
    return this.#setPreferences({
      presence: { audience, except: presence?.except ?? [], ifVersion: presence?.version ?? 0 },
    });
  }

  /** showProfileTo says who sees our name, text and image. */
  showProfileTo(who: WhoMayCall): Promise<void> {
    return this.#setPreferences({ showProfileTo: who });
  }

  async #setPreferences(change: Omit<SetPreferences, "ifVersion">): Promise<void> {
    const before = this.#preferences.value;
    if (before === undefined) return;
    await attempt(async () => {
      try {
        this.takePreferences(
          await this.#pronto.account.setPreferences({ ...change, ifVersion: before.version }),
        );
        say(t("settings.saved"));
      } catch (error) {
        if (!(error instanceof ProntoError) || error.code !== "conflict") throw error;
        const now = await this.#pronto.account.preferences();
        this.takePreferences(now);
        // The version counts every setting, also those that this page changes by other requests: what is set here may be as it was.
        const untouched =
          now.presence.version === before.presence.version && now.showProfileTo === before.showProfileTo;
        if (untouched && now.version !== before.version) return this.#setPreferences(change);
        say(t("settings.conflict"), true);
      }
    });
  }

  /** add puts an account into the contacts; true if it went well. */
  async add(user: string): Promise<boolean> {
    return attempt(async () => {
      const people = await this.#pronto.addContact(user);
      this.take(people);
      say(t("people.added", { name: people.contacts.find((person) => person.user === user)?.name ?? user }));
    });
  }

  /** isFavourite says whether a contact is one. */
  isFavourite(user: string): boolean {
    return this.#people.value?.favourites.includes(user) ?? false;
  }

  /** setFavourite keeps a contact before the others, or no more. */
  async setFavourite(user: string, on: boolean): Promise<void> {
    await attempt(async () => this.take(await this.#pronto.setFavourite(user, on)));
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
  async setPrivacy(change: Partial<Omit<Privacy, "version" | "doNotDisturb">>): Promise<void> {
    await this.#changePrivacy((before) => ({ ...before, ...change }));
  }

  /** setQuietHours says at which hours nothing rings; undefined for never. */
  async setQuietHours(hours: DoNotDisturb | undefined): Promise<void> {
    await this.#changePrivacy(({ doNotDisturb: _, ...rest }) =>
      hours === undefined ? rest : { ...rest, doNotDisturb: hours },
    );
  }

  async #changePrivacy(
    change: (before: Omit<Privacy, "version">) => Omit<Privacy, "version">,
  ): Promise<void> {
    const before = this.#privacy.value;
    if (before === undefined) return;
    const { version, ...settings } = before;
    await attempt(async () => {
      try {
        this.takePrivacy(await this.#pronto.setPrivacy({ ...change(settings), ifVersion: version }));
        say(t("settings.saved"));
      } catch (error) {
        if (!(error instanceof ProntoError) || error.code !== "conflict") throw error;
        this.takePrivacy(await this.#pronto.privacy());
        say(t("settings.conflict"), true);
      }
    });
  }
}
