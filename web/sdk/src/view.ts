import { maxViews, type ViewItem } from "./wire.gen.ts";

/** waitMs gathers the changes of one layout of a page. */
const waitMs = 60;

/** View keeps the server told of what the page shows, and says nothing twice. */
export class View {
  readonly #send: (items: readonly ViewItem[]) => void;
  #items: readonly ViewItem[] | undefined; // undefined: the page has not said
  #sent = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(send: (items: readonly ViewItem[]) => void) {
    this.#send = send;
  }

  /** show takes what the page shows, most important first. */
  show(items: readonly ViewItem[]): void {
    this.#items = items
      .filter((item) => item.height >= 1)
      .slice(0, maxViews)
      .map((item) => ({ ...item, height: Math.min(4_320, Math.round(item.height)) }));
    this.#timer ??= setTimeout(() => this.#flush(), waitMs);
  }

  /** again says it once more: the way of media is a new one. */
  again(): void {
    this.#sent = "";
    if (this.#items !== undefined) this.#timer ??= setTimeout(() => this.#flush(), waitMs);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#items = undefined;
  }

  #flush(): void {
    this.#timer = undefined;
    const text = JSON.stringify(this.#items ?? []);
    if (this.#items === undefined || text === this.#sent) return;
    this.#sent = text;
    this.#send(this.#items);
  }
}
