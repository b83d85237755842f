import { type ReadonlySignal, signal } from "@preact/signals";
import type { Pronto, Reminder } from "../../../sdk/src/index.ts";

/** longest is what a timer can wait. */
const longest = 2 ** 31 - 1;

/** Reminders are the booked talks that begin soon, until they are over, called off or put away. */
export class Reminders {
  readonly #all = signal<readonly Reminder[]>([]);
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #undo: readonly (() => void)[];
  /** all are those of now, the next one first. */
  readonly all: ReadonlySignal<readonly Reminder[]> = this.#all;

  constructor(pronto: Pronto) {
    this.#undo = [
      pronto.on("reminder", (reminder) => this.#take(reminder)),
      pronto.on("link", ({ link, revokedMs }) => {
        if (revokedMs !== undefined) this.dismiss(link);
      }),
    ];
  }

  /** dismiss puts one away. */
  dismiss(link: string): void {
    clearTimeout(this.#timers.get(link));
    this.#timers.delete(link);
    if (this.#all.value.some((one) => one.link === link))
      this.#all.value = this.#all.value.filter((one) => one.link !== link);
  }

  close(): void {
    for (const undo of this.#undo) undo();
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  #take(reminder: Reminder): void {
    this.dismiss(reminder.link); // one that comes twice is shown once
    const leftMs = Math.min(longest, Math.max(0, reminder.toMs - Date.now()));
    this.#timers.set(
      reminder.link,
      setTimeout(() => this.dismiss(reminder.link), leftMs),
    );
    this.#all.value = [...this.#all.value, reminder].sort((a, b) => a.fromMs - b.fromMs);
  }
}
