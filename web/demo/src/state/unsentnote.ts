import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { NoteRecorder } from "./noterecorder.ts";

/** UnsentNote stands between a note that was not sent and whoever is about to leave it behind: he is asked before. */
export class UnsentNote {
  readonly recorder: NoteRecorder;
  readonly #back: () => void;
  readonly #next = signal<(() => void) | undefined>(undefined);

  /** asking: somebody is about to leave, and has not said whether the note may be lost. */
  readonly asking: ReadonlySignal<boolean> = computed(() => this.#next.value !== undefined);
  /** loses: leaving now loses what was recorded. A note that is being sent is sent, also when its place on the page has gone. */
  readonly loses: ReadonlySignal<boolean> = computed(() => ["recording", "recorded"].includes(this.#stage));

  /** back is where the back button leads from here. */
  constructor(back: () => void, recorder: NoteRecorder = new NoteRecorder()) {
    this.#back = back;
    this.recorder = recorder;
  }

  /** leave goes, once it may. */
  leave(go: () => void): void {
    if (this.loses.value) this.#next.value = go;
    else go();
  }

  /** back is leave by the back button. */
  back(): void {
    this.leave(this.#back);
  }

  /** stay answers that the note is wanted. */
  stay(): void {
    this.#next.value = undefined;
  }

  /** discard answers that it may be lost. */
  discard(): void {
    const go = this.#next.value;
    this.#next.value = undefined;
    this.recorder.discard();
    go?.();
  }

  /**
   * guard has the browser ask whoever closes or reloads the tab, also while a note is being sent, and lets go of the devices
   * when he goes, until the undo that it returns.
   */
  guard(tab: EventTarget): () => void {
    const ask = (event: Event): void => {
      if (this.loses.value || this.#stage === "sending") event.preventDefault();
    };
    const go = (): void => {
      if (this.#stage !== "sending") this.recorder.discard();
    };
    tab.addEventListener("beforeunload", ask);
    tab.addEventListener("pagehide", go);
    return () => {
      tab.removeEventListener("beforeunload", ask);
      tab.removeEventListener("pagehide", go);
    };
  }

  get #stage(): string {
    return this.recorder.shot.value.stage;
  }
}
