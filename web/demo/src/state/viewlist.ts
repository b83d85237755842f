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

/** ViewList collects what is on the screen and tells it to the call, once per microtask at most. */
export class ViewList {
  readonly #items = new Map<string, ViewItem>();
  readonly #tell: (items: ViewItem[]) => void;
  #told = false;
  #closed = false;

  constructor(tell: (items: ViewItem[]) => void) {
    this.#tell = tell;
  }

  /** show says that a picture is on the screen, at a height in device pixels; 0 or less hides it. */
  show(participant: string, source: "camera" | "screen", height: number): void {
    const rounded = Math.min(4320, Math.round(height));
    if (rounded < 1) {
      this.hide(participant, source);
    } else {
      this.#items.set(`${source} ${participant}`, { participant, source, height: rounded });
      this.#soon();
    }
  }

  /** hide says that a picture is no longer on the screen. */
  hide(participant: string, source: "camera" | "screen"): void {
    if (this.#items.delete(`${source} ${participant}`)) this.#soon();
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
      if (!this.#closed) this.#tell(byImportance(this.#items.values()));
    });
  }
}
