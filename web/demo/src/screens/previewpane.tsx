import type { JSX } from "preact";
import { Video } from "../call/video.tsx";
import { t } from "../lang/index.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Banner } from "../parts/banner.tsx";
import { Button, IconButton } from "../parts/button.tsx";
import { DeviceText } from "../parts/devicetext.tsx";
import { Meter } from "../parts/meter.tsx";
import { severalCameras } from "../state/mediadevices.ts";
import { deviceChoice, prefs, setPrefs } from "../state/prefs.ts";
import type { Preview } from "../state/preview.ts";
import { DeviceMenus } from "./devicemenus.tsx";

interface PreviewPaneProps {
  readonly preview: Preview;
  readonly name?: string | undefined;
  /** menus offers other devices below the picture. */
  readonly menus?: boolean;
}

/** PreviewPane shows how we look and sound before anybody else sees and hears it. */
export function PreviewPane({ preview, name, menus = true }: PreviewPaneProps): JSX.Element {
  const { wish, tracks, opened, problem } = preview.shot.value;
  const microphone = wish.microphone ? tracks.microphone : undefined;
  const shown = name?.trim() || t("call.you");
  const flip = (): void => {
    setPrefs({ facing: prefs.value.facing === "environment" ? "user" : "environment", camera: undefined });
    void preview.choose(deviceChoice(prefs.value));
  };
  return (
    <section class="previewpane" aria-label={t("preview.label")} data-testid="preview">
      <div class="previewbox">
        {wish.camera && tracks.camera !== undefined ? (
          <Video
            track={tracks.camera}
            label={t("call.yourPicture")}
            mirrored={prefs.value.facing !== "environment"}
          />
        ) : (
          <Avatar id={shown} name={shown} size="huge" />
        )}
        {opened ? null : (
          <div class="previewask">
            <p>{t("preview.ask")}</p>
            <Button look="primary" icon="camera" onPress={() => void preview.open()} testid="open-preview">
              {t("preview.open")}
            </Button>
          </div>
        )}
        <div class="previewacts">
          <IconButton
            icon={wish.microphone ? "microphone" : "microphoneOff"}
            label={wish.microphone ? t("preview.micOff") : t("preview.micOn")}
            pressed={wish.microphone}
            onPress={() => void preview.setMicrophone(!wish.microphone)}
            testid="with-microphone"
          />
          <IconButton
            icon={wish.camera ? "camera" : "cameraOff"}
            label={wish.camera ? t("preview.cameraOff") : t("preview.cameraOn")}
            pressed={wish.camera}
            onPress={() => void preview.setCamera(!wish.camera)}
            testid="with-camera"
          />
          {severalCameras.value && wish.camera ? (
            <IconButton icon="flip" label={t("preview.flip")} onPress={flip} testid="flip" />
          ) : null}
        </div>
      </div>
      {problem === undefined ? null : (
        <Banner tone="alarm" icon="warning" testid="preview-problem">
          <DeviceText code={problem} />
        </Banner>
      )}
      {opened ? (
        <>
          <div class="meterline">
            <span class="detail">{wish.microphone ? t("preview.level") : t("preview.muted")}</span>
            <Meter track={microphone} label={t("preview.level")} />
          </div>
          {menus ? (
            <details class="more">
              <summary>{t("preview.devices")}</summary>
              <DeviceMenus onChange={() => void preview.choose(deviceChoice(prefs.value))} />
            </details>
          ) : null}
        </>
      ) : null}
    </section>
  );
}
