import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";

const reached = "a[href], button, input, select, textarea, summary, [tabindex]";
const asks = "dialog[open], :popover-open"; // it is above all panels
const readOut = "[role=status], [role=alert], [role=log], [aria-live]"; // whatever it says is to be heard

/** inside reports whether one box lies wholly in another. Both have some size. */
export function inside(box: DOMRect, other: DOMRect): boolean {
  return (
    box.width * box.height > 0 &&
    box.left >= other.left - 1 &&
    box.right <= other.right + 1 &&
    box.top >= other.top - 1 &&
    box.bottom <= other.bottom + 1
  );
}

/** hides reports whether nothing of an element is to be seen because of a panel. */
function hides(panel: Element, element: Element): boolean {
  const box = element.getBoundingClientRect();
  if (!inside(box, panel.getBoundingClientRect())) return false;
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return panel.contains(top); // or something lies above both
}

/** hiddenBy are the largest parts of a page that a panel hides and that the keyboard would reach. */
function hiddenBy(panel: Element, page: Element): readonly HTMLElement[] {
  const found: HTMLElement[] = [];
  for (const child of page.children) {
    if (child === panel || !(child instanceof HTMLElement)) continue;
    if (!child.matches(reached) && child.querySelector(reached) === null) continue;
    const whole = !child.contains(panel) && child.querySelector(`${asks}, ${readOut}`) === null;
    if (whole && hides(panel, child)) found.push(child);
    else if (!child.matches(asks)) found.push(...hiddenBy(panel, child));
  }
  return found;
}

/**
 * useCovering makes inert what a panel hides of the call it belongs to, as long as it does: the keyboard is never where
 * nothing is to be seen (WCAG 2.4.11). If it is there when the panel comes, it goes into the panel.
 */
export function useCovering(panel: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const over = panel.current;
    const page = over?.closest(".call") ?? null;
    if (over === null || page === null) return;
    let covered = new Set<HTMLElement>();
    const look = (): void => {
      const now = new Set(hiddenBy(over, page).filter((one) => !one.inert || covered.has(one)));
      for (const one of covered) if (!now.has(one)) one.inert = false;
      const had = [...now].some((one) => one.contains(document.activeElement));
      for (const one of now) one.inert = true;
      covered = now;
      if (had) over.querySelector<HTMLElement>(reached)?.focus();
    };
    let frame = 0;
    const soon = (): void => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(look);
    };
    const resized = new ResizeObserver(soon);
    const changed = new MutationObserver(soon);
    resized.observe(page);
    resized.observe(over);
    changed.observe(page, {
      childList: true,
      subtree: true,
      attributeFilter: ["inert", "data-edge", "data-side"],
    });
    look();
    return () => {
      cancelAnimationFrame(frame);
      resized.disconnect();
      changed.disconnect();
      for (const one of covered) one.inert = false;
    };
  }, [panel]);
}

/** useAside moves a panel that came unasked to the other edge of the page when it hides what has the focus. */
export function useAside(panel: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const look = (): void => {
      const { current } = panel;
      const { activeElement } = document;
      if (current === null || activeElement === null || current.contains(activeElement)) return;
      if (hides(current, activeElement))
        current.dataset.edge = current.dataset.edge === "end" ? "start" : "end";
    };
    look();
    document.addEventListener("focusin", look);
    return () => document.removeEventListener("focusin", look);
  }); // what is in it changes its size
}

/** giveBack returns the focus to where it was before a panel opened; to what opens the panel by key, if it was nowhere. */
export function giveBack(before: Element | null, key: string): void {
  const somewhere = before instanceof HTMLElement && before.isConnected && before !== document.body;
  const to = somewhere ? before : document.querySelector<HTMLElement>(`[aria-keyshortcuts="${key}"]`);
  to?.focus();
}
