import { useEffect } from "preact/hooks";

/** mark is the state of the entry that a call puts into the tab's history. */
const mark = "pronto-call";

function marked(): boolean {
  return (history.state as { readonly pronto?: string } | null)?.pronto === mark;
}

/**
 * useBackAsks has the back button, which a phone has always at hand, ask before it takes somebody out of a call: the call
 * has an entry of its own in the tab's history, and going back from there only comes to where the call was answered.
 */
export function useBackAsks(ask: () => void): void {
  useEffect(() => {
    const enter = (): void => {
      if (!marked()) history.pushState({ pronto: mark }, "");
    };
    enter();
    const { href } = location;
    const back = (): void => {
      if (location.href !== href || marked()) return; // somewhere else was gone to
      enter();
      ask();
    };
    addEventListener("popstate", back);
    return () => {
      removeEventListener("popstate", back);
      if (marked()) history.back();
    };
  }, []);
}
