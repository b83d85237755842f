import { useEffect, useState } from "preact/hooks";

/** latestMs is the longest that a timer takes (HTML, section 8.7); no page is open for so long. */
const latestMs = 2 ** 31 - 1;

/** useMoment has a component drawn again when a time has come. */
export function useMoment(atMs: number | undefined): void {
  const [, draw] = useState(0);
  useEffect(() => {
    const leftMs = (atMs ?? 0) - Date.now();
    if (leftMs <= 0 || leftMs > latestMs) return;
    const timer = setTimeout(() => draw(atMs ?? 0), leftMs + 1);
    return () => clearTimeout(timer);
  }, [atMs]);
}
