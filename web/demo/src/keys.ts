import { useEffect } from "preact/hooks";

/** Keys joins single letters to acts. */
export type Keys = Readonly<Record<string, () => void>>;

/** useKeys listens for single letters while no text field and no dialog has the focus (WCAG 2.1.4). */
export function useKeys(keys: Keys): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
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
