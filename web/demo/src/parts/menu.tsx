import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useId, useRef } from "preact/hooks";
import { Icon, type IconName } from "./icon.tsx";

interface MenuProps {
  readonly label: string;
  readonly icon?: IconName;
  /** class is the opening button's, "iconbutton quiet" by default. */
  readonly class?: string;
  readonly testid?: string;
  readonly children: ComponentChildren;
}

/**
 * Menu holds the acts that are seldom wanted. It is a popover: the browser closes it on Escape and on a press elsewhere,
 * and gives the focus back. On a narrow page it comes from below, in the thumb's reach. What is in it is drawn when it is
 * opened: a list of calls and a grid of people have many of them.
 */
export function Menu({
  label,
  icon = "more",
  class: look = "iconbutton quiet",
  testid,
  children,
}: MenuProps): JSX.Element {
  const id = useId();
  const panel = useRef<HTMLDivElement>(null);
  const open = useSignal(false);
  return (
    <span class="menu">
      <button
        type="button"
        class={look}
        aria-label={label}
        title={label}
        popovertarget={id}
        data-testid={testid}
      >
        <Icon name={icon} />
      </button>
      {/* biome-ignore lint/a11y: the buttons inside are what is pressed; this only closes the panel behind them */}
      <div
        ref={panel}
        id={id}
        popover="auto"
        class="menupanel"
        onBeforeToggle={(event) => {
          if (event.newState === "open") open.value = true;
        }}
        onToggle={(event) => {
          // Not before: the browser gives the focus back only if it is inside.
          if (event.newState === "closed") open.value = false;
        }}
        onClick={(event) => {
          if (event.target instanceof Element && event.target.closest("button") !== null)
            panel.current?.hidePopover();
        }}
      >
        {open.value ? children : null}
      </div>
    </span>
  );
}
