import { useEffect } from "preact/hooks";
import { BackGuard } from "./backguard.ts";

const guard = new BackGuard(window);

/**
 * useBackAsks has the back button, which a phone has always at hand, ask before it takes somebody out of a call, or away
 * from what he would lose. asks false has it go as ever.
 */
export function useBackAsks(ask: () => void, asks = true): void {
  useEffect(() => (asks ? guard.guard(ask) : undefined), [asks]);
}
