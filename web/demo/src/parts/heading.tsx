import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** Heading names a screen and takes the focus when the screen comes, so that a screen reader and the keyboard start there. */
export function Heading({ children, hidden = false }: { children: string; hidden?: boolean }): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (document.querySelector("dialog[open]") === null) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <h1 ref={heading} tabIndex={-1} class={hidden ? "unseen" : undefined}>
      {children}
    </h1>
  );
}
