import type { Account } from "../account.ts";
import { ProntoError } from "../index.ts";
import type { Note, OpenedNote } from "../notes.ts";

/** LeftNote is a note that the client has left. */
export interface LeftNote extends Note {
  readonly call: string;
  /** to is who was rung. */
  readonly to: string;
}

/** FakeNotes has the notes to missed calls. Nothing of them is encrypted: nothing leaves the page. */
export class FakeNotes {
  readonly left: LeftNote[] = [];
  readonly #rang: (call: string) => string | undefined;
  readonly #opened: (call: string) => void;
  readonly #takers = new Set<string>();
  readonly #waiting = new Map<string, OpenedNote>();

  /** rang is whom a call that is over has rung in vain; opened is told of a note that is gone. */
  constructor(rang: (call: string) => string | undefined, opened: (call: string) => void) {
    this.#rang = rang;
    this.#opened = opened;
  }

  /** takenBy says that somebody takes notes. */
  takenBy(user: string): void {
    this.#takers.add(user);
  }

  /** wait has a note wait for us. */
  wait(call: string, note: OpenedNote): void {
    this.#waiting.set(call, note);
  }

  /** over is an account whose notes are these. */
  over(account: Account): Account {
    const own: Pick<Account, "canLeaveNote" | "leaveNote" | "openNote"> = {
      canLeaveNote: async (call) => this.#takerOf(call) !== undefined,
      leaveNote: async (call, note) => this.#leave(call, note),
      openNote: async ({ call }) => this.#open(call),
    };
    return new Proxy(account, { get: (all, name) => Reflect.get(name in own ? own : all, name) });
  }

  #takerOf(call: string): string | undefined {
    const user = this.#rang(call);
    return user !== undefined && this.#takers.has(user) ? user : undefined;
  }

  #leave(call: string, { recording, durationMs }: Note): void {
    const to = this.#takerOf(call);
    if (to === undefined) throw new ProntoError("noNotes", "nobody takes notes there; see takesNotes");
    this.left.push({ call, to, recording, durationMs });
  }

  #open(call: string): OpenedNote {
    const note = this.#waiting.get(call);
    if (note === undefined) throw new ProntoError("notFound", "there is no note, or it was opened");
    this.#waiting.delete(call);
    this.#opened(call);
    return note;
  }
}
