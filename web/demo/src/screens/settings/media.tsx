import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { t } from "../../lang/index.ts";
import { Card } from "../../parts/card.tsx";
import { Switch } from "../../parts/choice.tsx";
import type { Phone } from "../../state/phone.ts";
import { deviceChoice, prefs, setPrefs } from "../../state/prefs.ts";
import { Preview } from "../../state/preview.ts";
import { DeviceMenus } from "../devicemenus.tsx";
import { PreviewPane } from "../previewpane.tsx";

/** MediaPage chooses microphone, camera and loudspeaker, and shows what they give. */
export function MediaPage({ phone }: { phone: Phone }): JSX.Element {
  const preview = useMemo(() => new Preview(), []);
  useEffect(() => () => preview.close(), [preview]);
  const chosen = (): void => void preview.choose(deviceChoice(prefs.value));
  return (
    <>
      <PreviewPane preview={preview} name={phone.name} menus={false} />
      <Card>
        <DeviceMenus onChange={chosen} />
        <Switch
          label={t("devices.noise")}
          hint={t("devices.noiseHint")}
          checked={prefs.value.noiseSuppression ?? true}
          onChange={(noiseSuppression) => {
            setPrefs({ noiseSuppression });
            chosen();
          }}
          testid="noise"
        />
      </Card>
    </>
  );
}
