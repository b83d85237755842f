import { useEffect } from "preact/hooks";
import { prefs } from "./state/prefs.ts";

/** Keys joins single letters to acts. */
export type Keys = Readonly<Record<string, () => void>>;

/** useKeys listens for single letters while no text field and no dialog has the focus, unless they are turned off (WCAG 2.1.4). */
export function useKeys(keys: Keys): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (!alone(event)) return;
      const act = keys[event.key.toLowerCase()];
      if (act === undefined) return;
      event.preventDefault();
      act();
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  });
}

/** alone is whether a key is pressed by itself, and is for the call: nothing else is open, and nobody writes. */
export function alone(event: KeyboardEvent): boolean {
  if (!prefs.value.singleKeys) return false;
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.defaultPrevented) return false;
  return document.querySelector("dialog[open]") === null && !typing(event.target);
}

function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"))
  );
}
