import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { CallLogEntry, Pronto } from "../../../sdk/src/index.ts";
import { attempt } from "./toasts.ts";

const page = 30;

/** merge puts a new or changed entry into a log, newest first. */
export function merge(log: readonly CallLogEntry[], entry: CallLogEntry): readonly CallLogEntry[] {
  const others = log.filter((other) => other.call !== entry.call);
  const at = others.findIndex((other) => other.startedMs <= entry.startedMs);
  return at < 0 ? [...others, entry] : [...others.slice(0, at), entry, ...others.slice(at)];
}

/** CallList is our log of calls. */
export class CallList {
  readonly #pronto: Pronto;
  readonly #entries = signal<readonly CallLogEntry[] | undefined>(undefined);
  readonly #next = signal<string | undefined>(undefined);
  readonly #hidden = signal<ReadonlySet<string>>(new Set());
  readonly #seen = signal<ReadonlySet<string>>(new Set());
  readonly #missed = signal<ReadonlySet<string>>(new Set());

  /** entries are the calls, newest first; undefined until known. */
  readonly entries: ReadonlySignal<readonly CallLogEntry[] | undefined> = computed(() =>
    this.#entries.value?.filter(({ call }) => !this.#hidden.value.has(call)),
  );
  /** more says that there are earlier ones. */
  readonly more: ReadonlySignal<boolean> = computed(() => this.#next.value !== undefined);
  /** unseen is how many calls were missed while this page was open and have not been looked at. */
  readonly unseen: ReadonlySignal<number> = computed(
    () => [...this.#missed.value].filter((call) => !this.#seen.value.has(call)).length,
  );

  constructor(pronto: Pronto) {
    this.#pronto = pronto;
  }

  /** load asks for the newest page. */
  async load(): Promise<void> {
    await attempt(async () => {
      const log = await this.#pronto.callLog({ limit: page });
      this.#entries.value = log.entries;
      this.#next.value = log.next;
    });
  }

  /** loadMore asks for the page before. */
  async loadMore(): Promise<void> {
    const before = this.#next.value;
    if (before === undefined) return;
    await attempt(async () => {
      const log = await this.#pronto.callLog({ before, limit: page });
      const known = new Set((this.#entries.value ?? []).map((entry) => entry.call));
      this.#entries.value = [
        ...(this.#entries.value ?? []),
        ...log.entries.filter((entry) => !known.has(entry.call)),
      ];
      this.#next.value = log.next;
    });
  }

  /** take is called with an entry that the server tells unasked. */
  take(entry: CallLogEntry): void {
    const old = this.#entries.value;
    if (old !== undefined) this.#entries.value = merge(old, entry);
    // One that was missed before comes again when a note to it has come, or has gone.
    if (
      entry.outcome === "missed" &&
      !old?.some(({ call, outcome }) => call === entry.call && outcome === "missed")
    )
      this.#missed.value = new Set([...this.#missed.value, entry.call]);
  }

  /** hide leaves a call out of entries, or shows it again. */
  hide(call: string, hidden: boolean): void {
    const next = new Set(this.#hidden.value);
    if (hidden) next.add(call);
    else next.delete(call);
    this.#hidden.value = next;
  }

  /** takeForgotten is called with the calls that are no longer in the log: with none, all that are over. */
  takeForgotten(calls: readonly string[]): void {
    const still = ({ call, outcome }: CallLogEntry): boolean =>
      calls.length === 0 ? outcome === "ongoing" : !calls.includes(call);
    this.#entries.value = this.#entries.value?.filter(still);
    if (calls.length === 0) this.#next.value = undefined;
  }

  /** look says that the list has been looked at. */
  look(): void {
    this.#seen.value = new Set([...this.#seen.value, ...this.#missed.value]);
  }
}
