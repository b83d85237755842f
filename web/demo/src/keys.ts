import { useEffect } from "preact/hooks";
import { prefs } from "./state/prefs.ts";

/** Keys joins single letters to acts. */
export type Keys = Readonly<Record<string, () => void>>;

/** useKeys listens for single letters while no text field and no dialog has the focus, unless they are turned off (WCAG 2.1.4). */
export function useKeys(keys: Keys): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (!prefs.value.singleKeys) return;
      if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.defaultPrevented) return;
      if (document.querySelector("dialog[open]") !== null || typing(event.target)) return;
      const act = keys[event.key.toLowerCase()];
      if (act === undefined) return;
      event.preventDefault();
      act();
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  });
}

function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"))
  );
}
