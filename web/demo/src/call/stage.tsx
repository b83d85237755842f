import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../lang/index.ts";
import { IconButton } from "../parts/button.tsx";
import type { ActiveCall } from "../state/activecall.ts";
import { present, type Seat } from "../state/shot.ts";
import { deskOf } from "./desk.ts";
import { fitting, forStrip, gridShape, lastRowStart, pageOf } from "./gridshape.ts";
import { ScreenTile } from "./screentile.tsx";
import { SelfView } from "./selfview.tsx";
import { Tile } from "./tile.tsx";

/** Stage shows everybody: who is pinned or a shared screen large, else two people face to face, else a grid or who speaks. */
export function Stage({ active }: { active: ActiveCall }): JSX.Element {
  const { seats } = active.shot.value;
  const desk = deskOf(active);
  const pinned = seats.find((seat) => seat.participant === desk.pinned.value && present(seat));
  const screens = seats.filter((seat) => seat.screen !== undefined && !seat.self);
  const others = seats.filter((seat) => !seat.self);
  const self = seats.find((seat) => seat.self);
  const [other] = others;
  if (pinned !== undefined) return <Large active={active} seats={seats} main={pinned} layout="pinned" />;
  if (screens.length > 0) return <Spotlight active={active} screens={screens} seats={seats} />;
  if (others.length === 1 && other !== undefined && present(other))
    return <Two active={active} other={other} self={self} />;
  if (desk.layout.value === "speaker" && others.some(present))
    return <Speaker active={active} seats={seats} others={others.filter(present)} />;
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
      {self === undefined ? null : <SelfView active={active} seat={self} />}
    </div>
  );
}

/** dwellMs is how long somebody stays large at least. */
const dwellMs = 2_000;

/** Speaker shows large who speaks, or who spoke last: nobody jumps in by a cough while another one goes on. */
function Speaker({
  active,
  seats,
  others,
}: {
  active: ActiveCall;
  seats: readonly Seat[];
  others: readonly Seat[];
}): JSX.Element {
  const last = useRef<string | undefined>(undefined);
  const sinceMs = useRef(Number.NEGATIVE_INFINITY);
  const before = others.find(({ participant }) => participant === last.current);
  const stays =
    before?.speaking ||
    performance.now() - sinceMs.current < dwellMs ||
    document.querySelector(".stage :popover-open") !== null; // somebody's menu is open
  const next = stays ? undefined : others.find((seat) => seat.speaking);
  const main = next ?? before ?? others[0];
  if (main?.participant !== last.current) sinceMs.current = performance.now();
  last.current = main?.participant;
  return <Large active={active} seats={seats} main={main ?? (others[0] as Seat)} layout="speaker" />;
}

function Large({
  active,
  seats,
  main,
  layout,
}: {
  active: ActiveCall;
  seats: readonly Seat[];
  main: Seat;
  layout: "speaker" | "pinned";
}): JSX.Element {
  return (
    <div class="stage spotlight" data-testid="stage" data-layout={layout}>
      <div class="screens">
        {main.screen !== undefined && !main.self ? (
          <ScreenTile active={active} seat={main} track={main.screen} />
        ) : (
          <Tile key={main.participant} active={active} seat={main} />
        )}
      </div>
      <Strip active={active} seats={seats.filter((seat) => seat !== main)} />
    </div>
  );
}

function Spotlight({
  active,
  screens,
  seats,
}: {
  active: ActiveCall;
  screens: readonly Seat[];
  seats: readonly Seat[];
}): JSX.Element {
  return (
    <div class="stage spotlight" data-testid="stage" data-layout="spotlight">
      <div class="screens">
        {screens
          .slice(0, 2)
          .map((seat) =>
            seat.screen === undefined ? null : (
              <ScreenTile key={seat.participant} active={active} seat={seat} track={seat.screen} />
            ),
          )}
      </div>
      <Strip active={active} seats={seats} />
    </div>
  );
}

/** Strip are the others beside what is large; who has a hand up or speaks is not pushed out of it. */
function Strip({ active, seats }: { active: ActiveCall; seats: readonly Seat[] }): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and so the keyboard must reach it
    <section class="strip" aria-label={t("call.strip")} tabIndex={0}>
      {forStrip(seats).map((seat) => (
        <Tile key={seat.participant} active={active} seat={seat} small />
      ))}
    </section>
  );
}

function Grid({ active, seats }: { active: ActiveCall; seats: readonly Seat[] }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const size = useSignal({ width: 16, height: 9, whole: Number.POSITIVE_INFINITY, rem: 0 });
  const wanted = useSignal(0);
  useEffect(() => {
    const element = box.current;
    const around = element?.parentElement;
    if (element === null || !around) return;
    const observer = new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = element;
      const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
      size.value = { width, height, whole: around.clientHeight, rem };
    });
    observer.observe(element);
    observer.observe(around);
    return () => observer.disconnect();
  }, [size]);
  const { width, height, whole, rem } = size.value;
  const { items, page, pages } = pageOf(seats, wanted.value, fitting(seats.length, width, whole, rem));
  const { columns, rows } = gridShape(items.length, width, height);
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
