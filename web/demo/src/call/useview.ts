import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import type { ViewList } from "../state/viewlist.ts";

/** useView tells the call how high an element shows somebody's picture, in device pixels, for as long as it is there. */
export function useView(
  element: RefObject<HTMLElement | null>,
  wish: {
    readonly views: ViewList;
    readonly participant: string;
    readonly source: "camera" | "screen";
    readonly wanted: boolean;
  },
): void {
  const { views, participant, source, wanted } = wish;
  useEffect(() => {
    const box = element.current;
    if (box === null || !wanted) return;
    const tell = (): void =>
      views.show(box, { participant, source, height: box.clientHeight * devicePixelRatio });
    const observer = new ResizeObserver(tell);
    observer.observe(box);
    tell();
    return () => {
      observer.disconnect();
      views.hide(box);
    };
  }, [element, views, participant, source, wanted]);
}
