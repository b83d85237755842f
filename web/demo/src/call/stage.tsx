import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../lang/index.ts";
import { IconButton } from "../parts/button.tsx";
import type { ActiveCall } from "../state/activecall.ts";
import { present, type Seat } from "../state/shot.ts";
import { gridShape, lastRowStart, pageOf } from "./gridshape.ts";
import { ScreenTile } from "./screentile.tsx";
import { Tile } from "./tile.tsx";

/** Stage shows everybody: a shared screen large, else two people face to face, else a grid. */
export function Stage({ active }: { active: ActiveCall }): JSX.Element {
  const { seats } = active.shot.value;
  const screens = seats.flatMap((seat) =>
    seat.screen === undefined || seat.self ? [] : [{ seat, track: seat.screen }],
  );
  const [first] = screens;
  if (first !== undefined) return <Spotlight active={active} screens={screens} seats={seats} />;
  const others = seats.filter((seat) => !seat.self);
  const self = seats.find((seat) => seat.self);
  const [other] = others;
  if (others.length === 1 && other !== undefined && present(other))
    return <Two active={active} other={other} self={self} />;
  return <Grid active={active} seats={[...others, ...(self === undefined ? [] : [self])]} />;
}

function Two({
  active,
  other,
  self,
}: {
  active: ActiveCall;
  other: Seat;
  self: Seat | undefined;
}): JSX.Element {
  return (
    <div class="stage two" data-testid="stage" data-layout="two">
      <Tile key={other.participant} active={active} seat={other} />
      {self === undefined ? null : (
        <div class={self.camera === undefined ? "selfview off" : "selfview"}>
          <Tile key={self.participant} active={active} seat={self} small />
        </div>
      )}
    </div>
  );
}

function Spotlight({
  active,
  screens,
  seats,
}: {
  active: ActiveCall;
  screens: readonly { readonly seat: Seat; readonly track: MediaStreamTrack }[];
  seats: readonly Seat[];
}): JSX.Element {
  return (
    <div class="stage spotlight" data-testid="stage" data-layout="spotlight">
      <div class="screens">
        {screens.slice(0, 2).map(({ seat, track }) => (
          <ScreenTile key={seat.participant} active={active} seat={seat} track={track} />
        ))}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and so the keyboard must reach it */}
      <section class="strip" aria-label={t("call.strip")} tabIndex={0}>
        {seats.slice(0, 9).map((seat) => (
          <Tile key={seat.participant} active={active} seat={seat} small />
        ))}
      </section>
    </div>
  );
}

function Grid({ active, seats }: { active: ActiveCall; seats: readonly Seat[] }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const size = useSignal({ width: 16, height: 9 });
  const wanted = useSignal(0);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => {
      size.value = { width: element.clientWidth, height: element.clientHeight };
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [size]);
  const { items, page, pages } = pageOf(seats, wanted.value);
  const { columns, rows } = gridShape(items.length, size.value.width, size.value.height);
  const last = lastRowStart(items.length, columns);
  const turn = (by: number): void => {
    wanted.value = page + by;
  };
  return (
    <div class="stage paged">
      <div
        ref={box}
        class="grid"
        data-columns={columns}
        data-rows={rows}
        data-testid="stage"
        data-layout="grid"
      >
        {items.map((seat, index) => (
          <Tile
            key={seat.participant}
            active={active}
            seat={seat}
            offset={index === last?.index ? last.offset : undefined}
          />
        ))}
      </div>
      {pages < 2 ? null : (
        <p class="pages">
          <IconButton
            icon="previous"
            label={t("call.pagePrevious")}
            disabled={page === 0}
            onPress={() => turn(-1)}
          />
          <span role="status">{t("call.page", { page: page + 1, pages })}</span>
          <IconButton
            icon="next"
            label={t("call.pageNext")}
            disabled={page === pages - 1}
            onPress={() => turn(1)}
          />
        </p>
      )}
    </div>
  );
}
