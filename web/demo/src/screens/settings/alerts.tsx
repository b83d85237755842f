import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../../lang/index.ts";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { Choice, Switch } from "../../parts/choice.tsx";
import { play, tunes } from "../../ringtone.ts";
import type { Phone } from "../../state/phone.ts";
import { type Prefs, prefs, setPrefs } from "../../state/prefs.ts";
import { Notifications } from "./notifications.tsx";

const listenMs = 3000;

/** AlertsPage is how a call makes itself known on this device. */
export function AlertsPage({ phone }: { phone: Phone }): JSX.Element {
  const silence = useRef<() => void>(() => undefined);
  useEffect(() => () => silence.current(), []);
  const listen = (): void => {
    silence.current();
    const stop = play(tunes[prefs.value.ringtone]);
    const timer = setTimeout(stop, listenMs);
    silence.current = () => {
      clearTimeout(timer);
      stop();
    };
  };
  return (
    <>
      <Notifications phone={phone} />
      <Card>
        <Switch
          label={t("alerts.sounds")}
          hint={t("alerts.soundsHint")}
          checked={prefs.value.sounds}
          onChange={(sounds) => setPrefs({ sounds })}
          testid="sounds"
        />
        <Choice<Prefs["ringtone"]>
          legend={t("alerts.tune")}
          look="segments"
          value={prefs.value.ringtone}
          options={[
            { value: "bell", name: t("alerts.bell") },
            { value: "chime", name: t("alerts.chime"), testid: "tune-chime" },
            { value: "phone", name: t("alerts.phone") },
          ]}
          onChange={(ringtone) => {
            setPrefs({ ringtone });
            listen();
          }}
        />
        <div class="actions">
          <Button icon="sound" onPress={listen} testid="listen">
            {t("alerts.listen")}
          </Button>
        </div>
      </Card>
    </>
  );
}
