import { type ReadonlySignal, signal } from "@preact/signals";
import type { Knocking, Pronto } from "../../../sdk/src/index.ts";

/** Lobbies are those of our links at which somebody waits, wherever we are. */
export class Lobbies {
  readonly #all = signal<readonly Knocking[]>([]);
  readonly #undo: () => void;
  /** all are those with somebody in them. */
  readonly all: ReadonlySignal<readonly Knocking[]> = this.#all;

  constructor(pronto: Pronto) {
    this.#undo = pronto.on("lobby", (lobby) => {
      const others = this.#all.value.filter(({ call }) => call !== lobby.call);
      this.#all.value = lobby.waiting.length === 0 ? others : [...others, lobby];
    });
  }

  close(): void {
    this.#undo();
  }
}
