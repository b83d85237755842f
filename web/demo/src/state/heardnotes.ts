import { signal } from "@preact/signals";
import type { CallLogEntry, OpenedNote } from "../../../sdk/src/index.ts";
import { isFinal } from "../notetexts.ts";
import type { Phone } from "./phone.ts";

/** Heard is how far somebody has come with a note that was left for him. */
export type Heard =
  | { readonly state: "opening" }
  | { readonly state: "open"; readonly note: OpenedNote }
  | { readonly state: "failed"; readonly error: unknown };

/** HeardNotes are the notes that were opened on this page. They are nowhere else any more, and gone with the page. */
export class HeardNotes {
  readonly #phone: Phone;
  readonly #all = signal<ReadonlyMap<string, Heard>>(new Map());

  constructor(phone: Phone) {
    this.#phone = phone;
  }

  /** of is the note of a call; undefined if nobody has opened it here. */
  of(call: string): Heard | undefined {
    return this.#all.value.get(call);
  }

  /** shows says that there is something to show of a call's note: it waits, or is here, or has gone while we wanted to open it. */
  shows({ call, note = false }: CallLogEntry): boolean {
    const heard = this.of(call);
    return note || (heard !== undefined && (heard.state !== "failed" || isFinal(heard.error)));
  }

  /** open fetches it and opens it, once; one that could not be opened may be tried again. */
  async open(entry: CallLogEntry): Promise<void> {
    const before = this.#all.peek().get(entry.call);
    if (before !== undefined && before.state !== "failed") return;
    this.#set(entry.call, { state: "opening" });
    try {
      this.#set(entry.call, { state: "open", note: await this.#phone.pronto.account.openNote(entry) });
    } catch (error) {
      this.#set(entry.call, { state: "failed", error });
    }
  }

  #set(call: string, heard: Heard): void {
    this.#all.value = new Map(this.#all.value).set(call, heard);
  }
}

const all = new WeakMap<Phone, HeardNotes>();

/** heardNotes are those of a phone: with it they go. */
export function heardNotes(phone: Phone): HeardNotes {
  const there = all.get(phone) ?? new HeardNotes(phone);
  all.set(phone, there);
  return there;
}
