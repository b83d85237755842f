import type { JSX } from "preact";
import { t } from "../lang/index.ts";
import { Button } from "../parts/button.tsx";
import { Switch } from "../parts/choice.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Meter } from "../parts/meter.tsx";
import { DeviceMenus } from "../screens/devicemenus.tsx";
import type { ActiveCall } from "../state/activecall.ts";
import { deviceChoice, prefs, setPrefs } from "../state/prefs.ts";
import { attempt } from "../state/toasts.ts";

/** DevicesDialog changes microphone, camera and loudspeaker in the middle of a call, and what the browser does to sound and picture. */
export function DevicesDialog({ active, onClose }: { active: ActiveCall; onClose: () => void }): JSX.Element {
  const choose = (): void => void attempt(() => active.call.chooseDevices(deviceChoice(prefs.value)));
  const { microphone, camera } = active.call.local.tracks;
  return (
    <Dialog labelledBy="devices-title" onCancel={onClose} testid="devices-dialog">
      <h2 id="devices-title">{t("devices.title")}</h2>
      <div class="stack">
        <DeviceMenus onChange={choose} />
        <Meter track={microphone} label={t("devices.level")} />
        {supports("noiseSuppression") ? (
          <Switch
            label={t("devices.noise")}
            hint={t("devices.noiseHint")}
            checked={prefs.value.noiseSuppression ?? true}
            testid="noise"
            onChange={(on) => {
              setPrefs({ noiseSuppression: on });
              choose();
            }}
          />
        ) : null}
        {supports("voiceIsolation") ? (
          <Switch
            label={t("devices.isolation")}
            hint={t("devices.isolationHint")}
            checked={prefs.value.voiceIsolation ?? false}
            testid="isolation"
            onChange={(on) => {
              setPrefs({ voiceIsolation: on });
              choose();
            }}
          />
        ) : null}
        {canBlur(camera) ? (
          <Switch
            label={t("devices.blur")}
            hint={t("devices.blurHint")}
            checked={prefs.value.backgroundBlur ?? false}
            testid="blur"
            onChange={(on) => {
              setPrefs({ backgroundBlur: on });
              choose();
            }}
          />
        ) : null}
      </div>
      <div class="actions">
        <Button look="primary" onPress={onClose} testid="devices-close">
          {t("devices.done")}
        </Button>
      </div>
    </Dialog>
  );
}

function supports(constraint: string): boolean {
  return constraint in navigator.mediaDevices.getSupportedConstraints();
}

/** canBlur is true where the system blurs what is behind a person, and lets a page turn that on and off. */
function canBlur(camera: MediaStreamTrack | undefined): boolean {
  const capabilities = camera?.getCapabilities?.() as { backgroundBlur?: readonly boolean[] } | undefined;
  return (capabilities?.backgroundBlur?.length ?? 0) > 1;
}
