import type { JSX } from "preact";
import { t } from "../lang/index.ts";
import { Button } from "../parts/button.tsx";
import { Menu } from "../parts/menu.tsx";
import type { ActiveCall } from "../state/activecall.ts";
import { severalCameras } from "../state/mediadevices.ts";
import { deviceChoice, prefs, setPrefs } from "../state/prefs.ts";
import { present } from "../state/shot.ts";
import { attempt } from "../state/toasts.ts";
import { deskOf } from "./desk.ts";
import { canFloat, float } from "./floating.tsx";

interface MoreMenuProps {
  readonly active: ActiveCall;
  readonly onAdd: (() => void) | undefined;
  readonly onStatistics: (() => void) | undefined;
}

/** MoreMenu has what is seldom wanted in a call. */
export function MoreMenu({ active, onAdd, onStatistics }: MoreMenuProps): JSX.Element {
  const desk = deskOf(active);
  const shot = active.shot.value;
  const { call } = active;
  const { conduct } = call;
  const others = shot.seats.filter((seat) => !seat.self && present(seat));
  const speaker = desk.layout.value === "speaker";
  const video = shot.camera || others.some((seat) => seat.camera !== undefined);
  return (
    <Menu label={t("more.menu")} class="control" testid="call-more">
      {onAdd === undefined ? null : (
        <span class="narrowonly">
          <Button icon="addPerson" onPress={onAdd} testid="more-add">
            {t("call.add")}
          </Button>
        </span>
      )}
      {shot.camera && severalCameras.value ? (
        <Button icon="flip" testid="flip-camera" onPress={() => flip(active)}>
          {t("preview.flip")}
        </Button>
      ) : null}
      <Button
        icon="headset"
        testid="open-devices"
        onPress={() => {
          desk.choosing.value = true;
        }}
      >
        {t("devices.title")}
      </Button>
      {others.length > 1 ? (
        <Button
          icon={speaker ? "grid" : "speaker"}
          testid="layout"
          onPress={() => {
            desk.layout.value = speaker ? "grid" : "speaker";
          }}
        >
          {speaker ? t("more.grid") : t("more.speaker")}
        </Button>
      ) : null}
      {others.length === 0 ? null : (
        <Button
          icon={video ? "phone" : "camera"}
          testid="propose"
          disabled={shot.proposal !== undefined}
          onPress={() => void attempt(() => conduct.proposeKind(video ? "voice" : "video"))}
        >
          {video ? t("more.toVoice") : t("more.toVideo")}
        </Button>
      )}
      {others.length === 0 ? null : (
        <Button
          icon={shot.onHold ? "play" : "pause"}
          testid="hold"
          onPress={() => void attempt(() => conduct.hold(!shot.onHold))}
        >
          {shot.onHold ? t("alert.resume") : t("more.hold")}
        </Button>
      )}
      {canFloat() ? (
        <Button icon="pip" testid="float" onPress={() => void attempt(() => float(active))}>
          {t("more.float")}
        </Button>
      ) : null}
      {onStatistics === undefined ? null : (
        <span class="narrowonly">
          <Button icon="chart" onPress={onStatistics} testid="more-statistics">
            {t("call.stats")}
          </Button>
        </span>
      )}
      {shot.host ? (
        <Button
          icon={shot.locked ? "lockOpen" : "lock"}
          testid="lock-call"
          onPress={() => void attempt(() => conduct.lock(!shot.locked))}
        >
          {shot.locked ? t("more.unlock") : t("more.lock")}
        </Button>
      ) : null}
    </Menu>
  );
}

/** flip takes the other camera of a phone. */
function flip(active: ActiveCall): void {
  setPrefs({ facing: prefs.value.facing === "environment" ? "user" : "environment", camera: undefined });
  void attempt(() => active.call.chooseDevices(deviceChoice(prefs.value)));
}
