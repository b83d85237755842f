import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { t } from "../lang/index.ts";
import type { ActiveCall } from "../state/activecall.ts";
import type { Seat } from "../state/shot.ts";
import { useView } from "./useview.ts";
import { Video } from "./video.tsx";

/** ScreenTile is somebody's shared screen, whole: nothing of a text is cut off. */
export function ScreenTile({
  active,
  seat,
  track,
}: {
  active: ActiveCall;
  seat: Seat;
  track: MediaStreamTrack;
}): JSX.Element {
  const box = useRef<HTMLElement>(null);
  useView(box, { views: active.views, participant: seat.participant, source: "screen", wanted: !seat.self });
  const label = t("call.screenOf", { name: seat.name });
  return (
    <figure ref={box} class="tile screen" data-testid="screen" data-who={seat.user ?? seat.name}>
      <Video track={track} label={label} />
      <figcaption>
        <span class="name">{label}</span>
      </figcaption>
    </figure>
  );
}
