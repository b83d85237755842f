import { useEffect } from "preact/hooks";
import { BackGuard } from "./backguard.ts";

const guard = new BackGuard(window);

/** useBackAsks has the back button, which a phone has always at hand, ask before it takes somebody out of a call. */
export function useBackAsks(ask: () => void): void {
  useEffect(() => guard.guard(ask), []);
}
