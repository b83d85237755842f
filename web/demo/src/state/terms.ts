import { type ReadonlySignal, signal } from "@preact/signals";
import type { Terms } from "../../../sdk/src/index.ts";

/** OpenTerms are the terms of the service while our account has not accepted them. */
export class OpenTerms {
  readonly #now = signal<Terms | undefined>(undefined);
  readonly #asked = signal(false);
  /** now are they; undefined if there is nothing to accept, or it was put away. */
  readonly now: ReadonlySignal<Terms | undefined> = this.#now;
  /** asked: the question stands above all else, because there are no calls without an answer. */
  readonly asked: ReadonlySignal<boolean> = this.#asked;

  take(terms: Terms | undefined): void {
    this.#now.value = terms;
    this.block();
  }

  /** block tells whether they keep us from calling, and asks in that case. */
  block(): boolean {
    this.#asked.value = this.#now.value?.required === true;
    return this.#asked.value;
  }

  /** putOff leaves the question for later. What is required stays on the first page. */
  putOff(): void {
    if (!this.block()) this.#now.value = undefined;
    this.#asked.value = false;
  }
}
