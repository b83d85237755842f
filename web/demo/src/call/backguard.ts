/** Tab is what the guard needs of a window. */
export type Tab = Pick<Window, "addEventListener"> & {
  readonly history: Pick<History, "state" | "pushState" | "back">;
  readonly location: Pick<Location, "href">;
};

/** mark is the state of the guard's entry in the tab's history. */
const mark = "pronto-call";

/**
 * BackGuard has the back button ask: while it guards something the tab's history has one entry more, and going back from
 * there only comes to where one was. Of two who are guarded at a time, as when one call takes the place of another, the
 * later one is asked; the entry is the same.
 */
export class BackGuard {
  readonly #tab: Tab;
  #asks: readonly (() => void)[] = [];
  #href = "";
  #leaving = false; // our own way back, which the browser goes some time after it was told to

  constructor(tab: Tab) {
    this.#tab = tab;
    tab.addEventListener("popstate", () => this.#went());
  }

  /** guard has ask called instead of going back, until the undo that it returns. */
  guard(ask: () => void): () => void {
    this.#asks = [...this.#asks, ask];
    this.#enter();
    return () => {
      this.#asks = this.#asks.filter((other) => other !== ask);
      if (this.#asks.length === 0) this.#leave();
    };
  }

  get #entered(): boolean {
    return (this.#tab.history.state as { readonly pronto?: string } | null)?.pronto === mark;
  }

  #enter(): void {
    if (this.#leaving) return; // and enter once that is done
    if (!this.#entered) this.#tab.history.pushState({ pronto: mark }, "");
    this.#href = this.#tab.location.href;
  }

  #leave(): void {
    if (this.#leaving || !this.#entered) return; // somewhere else was gone to
    this.#leaving = true;
    this.#tab.history.back();
  }

  #went(): void {
    const left = this.#leaving;
    this.#leaving = false;
    const ask = this.#asks.at(-1);
    if (ask === undefined) return;
    if (left) this.#enter();
    else if (this.#tab.location.href === this.#href && !this.#entered) {
      this.#enter();
      ask();
    }
  }
}
