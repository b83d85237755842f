import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "./icon.tsx";

interface MenuProps {
  readonly label: string;
  readonly testid?: string;
  readonly children: ComponentChildren;
}

/** Menu holds the acts that are seldom wanted. It closes on Escape, on a press elsewhere and after an act. */
export function Menu({ label, testid, children }: MenuProps): JSX.Element {
  const details = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = (event: Event): void => {
      const element = details.current;
      if (element === null || !element.open) return;
      const escaped = event instanceof KeyboardEvent && event.key === "Escape";
      const elsewhere = event.type === "pointerdown" && !event.composedPath().includes(element);
      if (escaped) element.querySelector("summary")?.focus();
      if (escaped || elsewhere) element.open = false;
    };
    document.addEventListener("keydown", close);
    document.addEventListener("pointerdown", close);
    return () => {
      document.removeEventListener("keydown", close);
      document.removeEventListener("pointerdown", close);
    };
  }, []);
  const shut = (): void => {
    if (details.current !== null) details.current.open = false;
  };
  return (
    <details ref={details} class="menu">
      <summary class="iconbutton quiet" aria-label={label} title={label} data-testid={testid}>
        <Icon name="more" />
      </summary>
      <div class="menupanel">
        {/* biome-ignore lint/a11y: the buttons inside are what is pressed; this only closes the panel behind them */}
        <div onClick={shut}>{children}</div>
      </div>
    </details>
  );
}
