/** ViewItem is one picture that the page shows, with its height in device pixels. */
export interface ViewItem {
  readonly participant: string;
  readonly source: "camera" | "screen";
  readonly height: number;
}

/** byImportance puts screens first, then the larger pictures; equal ones keep a fixed order, so that equal lists are equal. */
export function byImportance(items: Iterable<ViewItem>): ViewItem[] {
  return [...items].sort(
    (a, b) =>
      Number(b.source === "screen") - Number(a.source === "screen") ||
      b.height - a.height ||
      (a.participant < b.participant ? -1 : a.participant > b.participant ? 1 : 0),
  );
}

/** largestOfEach leaves one item for each picture: a picture that moves on the page is for a moment in two places. */
export function largestOfEach(items: Iterable<ViewItem>): ViewItem[] {
  const largest = new Map<string, ViewItem>();
  for (const item of items) {
    const key = `${item.source} ${item.participant}`;
    if ((largest.get(key)?.height ?? 0) < item.height) largest.set(key, item);
  }
  return [...largest.values()];
}

/** ViewList collects what is on the screen and tells it to the call, once per microtask at most. */
export class ViewList {
  readonly #items = new Map<object, ViewItem>();
  readonly #tell: (items: ViewItem[]) => void;
  #told = false;
  #closed = false;

  constructor(tell: (items: ViewItem[]) => void) {
    this.#tell = tell;
  }

  /** show says what a place on the page shows, at a height in device pixels; under 1 it shows nothing. */
  show(place: object, item: ViewItem): void {
    const height = Math.min(4320, Math.round(item.height));
    if (height < 1) {
      this.hide(place);
    } else {
      this.#items.set(place, { ...item, height });
      this.#soon();
    }
  }

  /** hide says that a place on the page shows nothing any more. */
  hide(place: object): void {
    if (this.#items.delete(place)) this.#soon();
  }

  /** close ends the telling. */
  close(): void {
    this.#closed = true;
  }

  #soon(): void {
    if (this.#told) return;
    this.#told = true;
    queueMicrotask(() => {
      this.#told = false;
      if (!this.#closed) this.#tell(byImportance(largestOfEach(this.#items.values())));
    });
  }
}
