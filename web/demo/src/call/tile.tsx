import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { t } from "../lang/index.ts";
import { Avatar } from "../parts/avatar.tsx";
import { IconButton } from "../parts/button.tsx";
import { Dial } from "../parts/dial.tsx";
import { Icon, type IconName } from "../parts/icon.tsx";
import type { ActiveCall } from "../state/activecall.ts";
import { present, type Seat } from "../state/shot.ts";
import { handOrder } from "./hands.tsx";
import { TileMenu } from "./tilemenu.tsx";
import { useView } from "./useview.ts";
import { Video } from "./video.tsx";

interface TileProps {
  readonly active: ActiveCall;
  readonly seat: Seat;
  /** offset moves the first tile of a last row that is not full, in half tiles. */
  readonly offset?: number | undefined;
  readonly small?: boolean;
  /** menu is false where there is nothing to choose, as on our own small picture. */
  readonly menu?: boolean;
}

/** Tile is one participant: picture or initials, name, and what to know of him. */
export function Tile({ active, seat, offset, small = false, menu = true }: TileProps): JSX.Element {
  const box = useRef<HTMLElement>(null);
  const here = present(seat);
  useView(box, {
    views: active.views,
    participant: seat.participant,
    source: "camera",
    wanted: here && !seat.self,
  });
  const label = seat.self ? t("call.yourPicture") : t("call.cameraOf", { name: seat.name });
  const shown = seat.camera !== undefined && here && !seat.onHold && !seat.paused;
  return (
    <figure
      ref={box}
      class={[
        "tile",
        seat.speaking && !seat.muted ? "speaking" : "",
        small ? "small" : "",
        here ? "" : "absent",
        seat.onHold ? "onhold" : "",
      ]
        .join(" ")
        .trim()}
      data-offset={offset}
      data-testid="tile"
      data-who={seat.self ? "self" : (seat.user ?? seat.name)}
      data-presence={seat.presence}
    >
      {shown && seat.camera !== undefined ? (
        <Video track={seat.camera} label={label} mirrored={seat.self && !facesAway(seat.camera)} />
      ) : (
        <span class="face">
          <Dial
            state={seat.presence === "ringing" ? "ringing" : seat.presence === "invited" ? "calling" : "idle"}
          >
            <Avatar id={seat.user ?? seat.participant} name={seat.name} size="large" />
          </Dial>
        </span>
      )}
      <Hand active={active} seat={seat} />
      <Caption seat={seat} here={here} />
      {here && menu ? <TileMenu active={active} seat={seat} /> : null}
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

/** facesAway is true for the back camera of a phone: what it sees is not mirrored. */
function facesAway(track: MediaStreamTrack): boolean {
  return track.getSettings().facingMode === "environment";
}

function Caption({ seat, here }: { seat: Seat; here: boolean }): JSX.Element {
  return (
    <figcaption>
      {seat.muted && here ? <Mark icon="microphoneOff" text={t("call.tileMuted")} testid="muted" /> : null}
      {seat.batteryLow ? <Mark icon="battery" text={t("call.tileBattery")} testid="battery" /> : null}
      {seat.notHeard && !seat.muted ? (
        <Mark icon="warning" text={t("call.tileNotHeard")} testid="not-heard" />
      ) : null}
      <span class="name" title={deviceOf(seat)}>
        {seat.self ? t("call.you") : seat.name}
      </span>
      {deviceOf(seat) === undefined ? null : <span class="unseen">{deviceOf(seat)}</span>}
      {seat.automated && !seat.self ? <span class="tag">{t("in.bot")}</span> : null}
      {seat.guest && !seat.self ? <span class="tag">{t("call.tileGuest")}</span> : null}
      {seat.speaking && !seat.muted ? <span class="unseen">{t("call.tileSpeaking")}</span> : null}
      <Standing seat={seat} />
      {seat.bars === undefined || seat.onHold ? null : (
        <QualityBars bars={seat.poorNetwork ? 1 : seat.bars} />
      )}
    </figcaption>
  );
}

/** deviceOf says what somebody else is on, where that is not the usual. */
function deviceOf({ self, device }: Seat): string | undefined {
  if (self) return undefined;
  if (device === "phone") return t("call.tilePhone");
  return device === "tablet" ? t("call.tileTablet") : undefined;
}

const barTexts = { 1: "call.bars1", 2: "call.bars2", 3: "call.bars3" } as const;

/** QualityBars shows how well somebody comes in, as it was measured. */
function QualityBars({ bars }: { bars: 1 | 2 | 3 }): JSX.Element {
  const text = t(barTexts[bars]);
  return (
    <span class="bars" data-bars={bars} data-testid="bars" title={text}>
      <span />
      <span />
      <span />
      <span class="unseen">{text}</span>
    </span>
  );
}

/** Hand shows a raised hand, and which one in the order it is. */
function Hand({ active, seat }: { active: ActiveCall; seat: Seat }): JSX.Element | null {
  if (seat.handMs === undefined) return null;
  const order = handOrder(active.shot.value.seats).indexOf(seat) + 1;
  return (
    <span class="handmark" data-testid="hand" title={t("call.tileHand", { number: order })}>
      <Icon name="hand" />
      <span aria-hidden="true">{order}</span>
      <span class="unseen">{t("call.tileHand", { number: order })}</span>
    </span>
  );
}

function Mark({ icon, text, testid }: { icon: IconName; text: string; testid: string }): JSX.Element {
  return (
    <span class={`mark ${icon}`} title={text} data-testid={testid}>
      <Icon name={icon} />
      <span class="unseen">{text}</span>
    </span>
  );
}

function Standing({ seat }: { seat: Seat }): JSX.Element | null {
  const text = standingOf(seat);
  return text === undefined ? null : (
    <span class="standing" data-testid="standing">
      {text}
    </span>
  );
}

function standingOf(seat: Seat): string | undefined {
  if (seat.presence === "reconnecting") return t("call.tileReconnecting");
  if (seat.presence === "ringing") return t("call.tileRinging");
  if (seat.presence !== "joined") return t("call.tileCalling");
  if (seat.onHold) return t("call.tileHold");
  return seat.paused ? t("call.tilePaused") : undefined;
}
