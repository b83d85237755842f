import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { t } from "../lang/index.ts";
import { Avatar } from "../parts/avatar.tsx";
import { IconButton } from "../parts/button.tsx";
import { Dial } from "../parts/dial.tsx";
import { Icon } from "../parts/icon.tsx";
import type { ActiveCall } from "../state/activecall.ts";
import { present, type Seat } from "../state/shot.ts";
import { useView } from "./useview.ts";
import { Video } from "./video.tsx";

interface TileProps {
  readonly active: ActiveCall;
  readonly seat: Seat;
  /** offset moves the first tile of a last row that is not full, in half tiles. */
  readonly offset?: number | undefined;
  readonly small?: boolean;
}

/** Tile is one participant: picture or initials, name, and what to know of him. */
export function Tile({ active, seat, offset, small = false }: TileProps): JSX.Element {
  const box = useRef<HTMLElement>(null);
  const here = present(seat);
  useView(box, {
    views: active.views,
    participant: seat.participant,
    source: "camera",
    wanted: here && !seat.self,
  });
  const name = seat.self ? t("call.you") : seat.name;
  const label = seat.self ? t("call.yourPicture") : t("call.cameraOf", { name: seat.name });
  return (
    <figure
      ref={box}
      class={[
        "tile",
        seat.speaking && !seat.muted ? "speaking" : "",
        small ? "small" : "",
        here ? "" : "absent",
      ]
        .join(" ")
        .trim()}
      data-offset={offset}
      data-testid="tile"
      data-who={seat.self ? "self" : (seat.user ?? seat.name)}
      data-presence={seat.presence}
    >
      {seat.camera !== undefined && here ? (
        <Video track={seat.camera} label={label} mirrored={seat.self} />
      ) : (
        <span class="face">
          <Dial
            state={seat.presence === "ringing" ? "ringing" : seat.presence === "invited" ? "calling" : "idle"}
          >
            <Avatar id={seat.user ?? seat.participant} name={seat.name} size="large" />
          </Dial>
        </span>
      )}
      <figcaption>
        {seat.muted && here ? <Mark icon="microphoneOff" text={t("call.tileMuted")} testid="muted" /> : null}
        {seat.batteryLow ? <Mark icon="battery" text={t("call.tileBattery")} testid="battery" /> : null}
        <span class="name">{name}</span>
        {seat.guest && !seat.self ? <span class="tag">{t("call.tileGuest")}</span> : null}
        {seat.speaking && !seat.muted ? <span class="unseen">{t("call.tileSpeaking")}</span> : null}
        <Standing seat={seat} />
      </figcaption>
      {here ? null : (
        <span class="stopringing">
          <IconButton
            icon="close"
            label={t("call.stopRinging", { name: seat.name })}
            onPress={() => void active.cancel(seat.participant)}
            testid="stop-ringing"
          />
        </span>
      )}
    </figure>
  );
}

function Mark({
  icon,
  text,
  testid,
}: {
  icon: "microphoneOff" | "battery";
  text: string;
  testid: string;
}): JSX.Element {
  return (
    <span class={`mark ${icon}`} title={text} data-testid={testid}>
      <Icon name={icon} />
      <span class="unseen">{text}</span>
    </span>
  );
}

function Standing({ seat }: { seat: Seat }): JSX.Element | null {
  if (seat.presence === "joined") return null;
  const text =
    seat.presence === "reconnecting"
      ? t("call.tileReconnecting")
      : seat.presence === "ringing"
        ? t("call.tileRinging")
        : t("call.tileCalling");
  return <span class="standing">{text}</span>;
}
