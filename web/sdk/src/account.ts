import type { Keeper } from "./encryption.ts";
import type { Client } from "./later.ts";
import { type Note, type NoteOptions, Notes, type OpenedNote } from "./notes.ts";
import { whole } from "./profile.ts";
import type { RequestOptions } from "./requests.ts";
import { sendAvatar, sendCode } from "./rest.ts";
import type { Signalling } from "./signalling.ts";
import type { Tokens } from "./token.ts";
import type {
  CallLogEntry,
  Discovery,
  Group,
  Person,
  Preferences,
  Profile,
  SetPreferences,
  SetProfile,
} from "./wire.gen.ts";

/** AccountOptions are how the account is reached beside the WebSocket. */
export interface AccountOptions {
  /** url is the server's WebSocket; the rest of the server is beside it. */
  readonly url: string;
  /** tokens gives out our token. */
  readonly tokens: Pick<Tokens, "get">;
  /** fetch is the browser's by default. */
  readonly fetch?: typeof fetch;
}

/** Account is our account as a whole: who we are to others, what we prefer, and its end. */
export class Account {
  readonly #signalling: Signalling;
  readonly #options: AccountOptions;
  readonly #client: Client;
  readonly #notes: Notes;

  /** @internal */
  constructor(
    signalling: Signalling,
    options: AccountOptions,
    client: Client,
    keeper: () => Keeper | undefined,
  ) {
    this.#signalling = signalling;
    this.#options = options;
    this.#client = client;
    this.#notes = new Notes(signalling, options, client, keeper);
  }

  /** profiles are what we may see of accounts, in their order. */
  async profiles(users: string[], options?: RequestOptions): Promise<readonly Profile[]> {
    const { profiles } = await this.#signalling.request("getProfiles", { users }, options);
    return profiles.map((profile) => whole(profile, this.#options.url));
  }

  async setProfile(profile: SetProfile, options?: RequestOptions): Promise<Profile> {
    return whole(await this.#signalling.request("setProfile", profile, options), this.#options.url);
  }

  /** setAvatar sends an image: PNG, JPEG or WebP, at most 64 KiB and 1024 pixels a side. */
  async setAvatar(image: Blob): Promise<void> {
    await sendAvatar(this.#client, this.#options, image);
  }

  async removeAvatar(): Promise<void> {
    await sendAvatar(this.#client, this.#options);
  }

  preferences(options?: RequestOptions): Promise<Preferences> {
    return this.#signalling.request("getPreferences", {}, options);
  }

  /** setPreferences rejects with conflict if anything in the record has changed since ifVersion. */
  setPreferences(change: SetPreferences, options?: RequestOptions): Promise<Preferences> {
    return this.#signalling.request("setPreferences", change, options);
  }

  /** acceptTerms accepts a version of the terms, whatever else changes meanwhile. See Pronto.acceptTerms. @internal */
  async acceptTerms(version: string, options?: RequestOptions): Promise<Preferences> {
    for (let tries = 3; ; tries--) {
      const { version: ifVersion } = await this.preferences(options);
      try {
        return await this.setPreferences({ ifVersion, acceptTerms: version }, options);
      } catch (error) {
        if (tries === 0 || !(error instanceof this.#client.ProntoError) || error.code !== "conflict")
          throw error;
      }
    }
  }

  /** discovery is where we stand with finding and being found by phone number. */
  discovery(options?: RequestOptions): Promise<Discovery> {
    return this.#signalling.request("getDiscovery", {}, options);
  }

  /** setDiscoverable says whether those who have our number find us; it rejects with notFound without a number. */
  setDiscoverable(on: boolean, options?: RequestOptions): Promise<Discovery> {
    return this.#signalling.request("setDiscoverable", { on }, options);
  }

  /** blockNumber keeps whoever has a phone number (E.164), now or later, from reaching us. */
  blockNumber(number: string, options?: RequestOptions): Promise<Discovery> {
    return this.#signalling.request("blockNumber", { number }, options);
  }

  unblockNumber(number: string, options?: RequestOptions): Promise<Discovery> {
    return this.#signalling.request("unblockNumber", { number }, options);
  }

  /** findNumber asks whose phone number it is, and rejects with notFound if nobody's who may be found. */
  async findNumber(number: string, options?: RequestOptions): Promise<Person> {
    return (await this.#signalling.request("findNumber", { number }, options)).person;
  }

  /** sendCode has a one-time code sent to a phone number, for changeNumber. */
  async sendCode(phone: string): Promise<void> {
    await sendCode(this.#client, this.#options, phone);
  }

  /** changeNumber gives the account another number; it rejects with notFound for a wrong code. */
  changeNumber(number: string, code: string, options?: RequestOptions): Promise<Discovery> {
    return this.#signalling.request("changeNumber", { number, code }, options);
  }

  /** disable switches the account off until we sign in anew. The connection ends. */
  async disable(options?: RequestOptions): Promise<void> {
    await this.#signalling.request("disableAccount", {}, options);
  }

  /** delete deletes the account, whose id it takes so that nobody does so by mistake. The connection ends. */
  async delete(user: string, options?: RequestOptions): Promise<void> {
    await this.#signalling.request("deleteAccount", { user }, options);
  }

  /** liftBan lets somebody be added to a group again who was put out for good. */
  liftBan(group: string, user: string, options?: RequestOptions): Promise<Group> {
    return this.#signalling.request("liftBan", { group, user }, options);
  }

  /**
   * canLeaveNote tells whether a note can be left to a call of ours to one person that has ended unanswered, at most ten
   * minutes ago. It rejects with identityChanged or tampered if it could be, and had better not.
   */
  canLeaveNote(call: string, options?: NoteOptions): Promise<boolean> {
    return this.#notes.canLeave(call, options);
  }

  /**
   * leaveNote leaves a note to such a call, sealed so that only the one who was rung can open it; at most 1 MiB. Another
   * one to the same call replaces it. It rejects with noNotes, notesFull, tooLarge, notFound (too late), rateLimited,
   * identityChanged, tampered or offline.
   */
  leaveNote(call: string, note: Note, options?: NoteOptions): Promise<void> {
    return this.#notes.leave(call, note, options);
  }

  /**
   * openNote opens the note of a missed call in our log, and has it deleted: it is nowhere else any more. It rejects with
   * notFound if it was opened on another device or is too old, and with otherDevice where it cannot be opened: it waits on
   * then. After tampered or offline it can be tried for ten minutes more. After identityChanged it is kept in this page.
   */
  openNote(entry: CallLogEntry, options?: RequestOptions): Promise<OpenedNote> {
    return this.#notes.open(entry, options);
  }

  /** publishNoteKey has notes to us be sealed for this browser, too. @internal */
  publishNoteKey(): Promise<void> {
    return this.#notes.publish();
  }
}
