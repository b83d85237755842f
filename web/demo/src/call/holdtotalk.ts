import { useEffect } from "preact/hooks";
import { alone } from "../keys.ts";
import type { ActiveCall } from "../state/activecall.ts";

/** Microphone is what a held key needs of one. */
interface Microphone {
  muted(): boolean;
  set(on: boolean): void;
}

/**
 * Held has a muted microphone on for as long as the space bar is held. What was on stays on, and what was muted meanwhile
 * by other ways stays so.
 */
export class Held {
  readonly #microphone: Microphone;
  #on = false;

  constructor(microphone: Microphone) {
    this.#microphone = microphone;
  }

  /** press is the key going down; it tells whether it was for us. A key that is held is told again and again. */
  press(free: boolean): boolean {
    if (this.#on) return true;
    if (!free || !this.#microphone.muted()) return false;
    this.#on = true;
    this.#microphone.set(true);
    return true;
  }

  /** release is the key going up, or that we would not hear of it: the page is left. It tells whether it was for us. */
  release(): boolean {
    const was = this.#on;
    this.#on = false;
    if (was) this.#microphone.set(false);
    return was;
  }
}

/** useHoldToTalk listens for the space bar while a call is on the screen. */
export function useHoldToTalk(active: ActiveCall): void {
  useEffect(() => {
    const held = new Held({
      muted: () => !active.shot.value.microphone && !active.shot.value.onHold,
      set: (on) => void active.setMicrophone(on),
    });
    let clicked = false; // what has the focus, has it by a click: the space bar is not meant for it
    const down = (event: KeyboardEvent): void => {
      if (event.key === "Tab") clicked = false;
      const free = clicked || !pressable(event.target);
      if (event.key === " " && held.press(free && alone(event))) event.preventDefault();
    };
    const up = (event: KeyboardEvent): void => {
      if (event.key === " " && held.release()) event.preventDefault(); // else it would press a button
    };
    const left = (): void => void held.release();
    const undo = new AbortController();
    const { signal } = undo;
    document.addEventListener("keydown", down, { signal });
    document.addEventListener("keyup", up, { signal });
    document.addEventListener(
      "pointerdown",
      () => {
        clicked = true;
      },
      { signal },
    );
    document.addEventListener("visibilitychange", left, { signal });
    addEventListener("blur", left, { signal });
    return () => {
      undo.abort();
      held.release();
    };
  }, [active]);
}

/** pressable is what the space bar presses while it has the focus. */
function pressable(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("button, summary") !== null;
}
