import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { t } from "../lang/index.ts";
import { Button } from "../parts/button.tsx";
import { Menu } from "../parts/menu.tsx";
import type { ActiveCall } from "../state/activecall.ts";
import { Draft, written } from "../state/reporting.ts";
import type { Seat } from "../state/shot.ts";
import { attempt } from "../state/toasts.ts";
import { deskOf } from "./desk.ts";

/** TileMenu is what can be done about one participant: here, and by the host for all. */
export function TileMenu({ active, seat }: { active: ActiveCall; seat: Seat }): JSX.Element | null {
  const desk = deskOf(active);
  const { host, seats } = active.shot.value;
  const who = seat.user ?? seat.name;
  const pinned = desk.pinned.value === seat.participant;
  const { call } = active;
  if (seat.self && seats.length < 3) return null;
  return (
    <span class="tilemenu">
      <Menu
        label={t("tile.menu", { name: seat.self ? t("call.you") : seat.name })}
        testid={`tile-menu-${seat.self ? "self" : who}`}
      >
        <Button
          icon="pin"
          testid={`pin-${who}`}
          onPress={() => desk.pin(pinned ? undefined : seat.participant)}
        >
          {pinned ? t("tile.unpin") : t("tile.pin")}
        </Button>
        {seat.self ? null : <Volume active={active} seat={seat} />}
        {host && !seat.self && !seat.muted ? (
          <Button
            icon="microphoneOff"
            testid={`mute-${who}`}
            onPress={() => void attempt(() => call.muteParticipant(seat.participant))}
          >
            {t("tile.mute")}
          </Button>
        ) : null}
        {host && !seat.self ? (
          <Button
            icon="leave"
            look="danger"
            testid={`remove-${who}`}
            onPress={() => void attempt(() => call.removeParticipant(seat.participant))}
          >
            {t("tile.remove")}
          </Button>
        ) : null}
        {seat.self ? null : (
          <Button
            icon="warning"
            testid={`report-${who}`}
            onPress={() => {
              written.value = new Draft(call.id, [seat]);
            }}
          >
            {t("report.open")}
          </Button>
        )}
      </Menu>
    </span>
  );
}

/** Volume is how loud somebody is here; nobody else hears a difference. */
function Volume({ active, seat }: { active: ActiveCall; seat: Seat }): JSX.Element {
  const desk = deskOf(active);
  const id = useId();
  const volume = Math.round((desk.volumes.value.get(seat.participant) ?? 1) * 100);
  return (
    <label class="volume" for={id}>
      <span>{volume === 0 ? t("tile.silent") : t("tile.volume")}</span>
      <input
        id={id}
        type="range"
        min="0"
        max="100"
        step="5"
        value={volume}
        aria-valuetext={`${volume} %`}
        data-testid={`volume-${seat.user ?? seat.name}`}
        onInput={(event) => desk.setVolume(seat.participant, Number(event.currentTarget.value) / 100)}
      />
    </label>
  );
}
