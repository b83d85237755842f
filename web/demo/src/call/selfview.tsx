import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { t } from "../lang/index.ts";
import type { ActiveCall } from "../state/activecall.ts";
import type { Seat } from "../state/shot.ts";
import { Tile } from "./tile.tsx";

/** Corner is where our own picture lies. */
export interface Corner {
  readonly side: "start" | "end";
  readonly edge: "top" | "bottom";
}

/** nearest is the corner of a box that a point is in the quarter of. */
export function nearest(x: number, y: number, width: number, height: number): Corner {
  return { side: x < width / 2 ? "start" : "end", edge: y < height / 2 ? "top" : "bottom" };
}

const moves: Readonly<Record<string, Partial<Corner>>> = {
  ArrowLeft: { side: "start" },
  ArrowRight: { side: "end" },
  ArrowUp: { edge: "top" },
  ArrowDown: { edge: "bottom" },
};

/** SelfView is our own picture in a corner. It is dragged to another one, or moved there by the arrow keys. */
export function SelfView({ active, seat }: { active: ActiveCall; seat: Seat }): JSX.Element {
  const corner = useSignal<Corner>({ side: "end", edge: "bottom" });
  const from = useRef<{ x: number; y: number } | undefined>(undefined);
  const box = useRef<HTMLElement>(null);
  const drop = (event: PointerEvent): void => {
    const stage = box.current?.parentElement?.getBoundingClientRect();
    if (from.current === undefined || stage === undefined) return;
    const moved = Math.hypot(event.clientX - from.current.x, event.clientY - from.current.y);
    from.current = undefined;
    box.current?.style.removeProperty("translate");
    if (moved > 8)
      corner.value = nearest(
        event.clientX - stage.left,
        event.clientY - stage.top,
        stage.width,
        stage.height,
      );
  };
  return (
    <section
      ref={box}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys move it
      tabIndex={0}
      class={seat.camera === undefined ? "selfview off" : "selfview"}
      data-side={corner.value.side}
      data-edge={corner.value.edge}
      data-testid="selfview"
      aria-label={t("call.selfMove")}
      title={t("call.selfMove")}
      onPointerDown={(event) => {
        from.current = { x: event.clientX, y: event.clientY };
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        if (from.current === undefined) return;
        const { x, y } = from.current;
        event.currentTarget.style.translate = `${event.clientX - x}px ${event.clientY - y}px`;
      }}
      onPointerUp={drop}
      onPointerCancel={drop}
      onKeyDown={(event) => {
        const move = moves[event.key];
        if (move === undefined) return;
        event.preventDefault();
        corner.value = { ...corner.value, ...move };
      }}
    >
      <Tile active={active} seat={seat} small menu={false} />
    </section>
  );
}
