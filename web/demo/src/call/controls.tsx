import type { JSX } from "preact";
import { t } from "../lang/index.ts";
import { Icon, type IconName } from "../parts/icon.tsx";
import type { ActiveCall } from "../state/activecall.ts";

interface ControlProps {
  readonly icon: IconName;
  readonly label: string;
  readonly shortcut?: string;
  readonly on?: boolean;
  readonly look?: string;
  readonly testid: string;
  readonly onPress: () => void;
}

function Control({ icon, label, shortcut, on, look = "", testid, onPress }: ControlProps): JSX.Element {
  return (
    <button
      type="button"
      class={`control ${look}`}
      data-on={on}
      title={shortcut === undefined ? label : `${label} (${shortcut.toUpperCase()})`}
      aria-label={label}
      aria-keyshortcuts={shortcut}
      data-testid={testid}
      onClick={onPress}
    >
      <Icon name={icon} />
    </button>
  );
}

interface ControlsProps {
  readonly active: ActiveCall;
  /** outgoing leaves out what makes sense only when somebody has answered. */
  readonly outgoing?: boolean;
  /** canAdd is false for guests, who know nobody here. */
  readonly canAdd?: boolean;
  readonly onAdd?: () => void;
  readonly onStatistics?: () => void;
}

/** Controls is the bar under a call, in reach of a thumb. What a button says is what it will do. */
export function Controls({
  active,
  outgoing = false,
  canAdd = true,
  onAdd,
  onStatistics,
}: ControlsProps): JSX.Element {
  const { microphone, camera, screen } = active.shot.value;
  return (
    <div class="controls" role="toolbar" aria-label={t("call.controls")} data-testid="controls">
      <Control
        icon={microphone ? "microphone" : "microphoneOff"}
        label={microphone ? t("call.micOn") : t("call.micOff")}
        shortcut="m"
        on={microphone}
        testid="microphone"
        onPress={() => void active.setMicrophone(!microphone)}
      />
      <Control
        icon={camera ? "camera" : "cameraOff"}
        label={camera ? t("call.cameraOn") : t("call.cameraOff")}
        shortcut="v"
        on={camera}
        testid="camera"
        onPress={() => void active.setCamera(!camera)}
      />
      {outgoing || !canShare() ? null : (
        <Control
          icon="screen"
          label={screen ? t("call.shareStop") : t("call.share")}
          shortcut="s"
          look={screen ? "active" : "neutral"}
          testid="share"
          onPress={() => void active.shareScreen(!screen)}
        />
      )}
      {outgoing || !canAdd || onAdd === undefined ? null : (
        <Control
          icon="addPerson"
          label={t("call.add")}
          shortcut="p"
          look="neutral"
          testid="add-people"
          onPress={onAdd}
        />
      )}
      {outgoing || onStatistics === undefined ? null : (
        <Control
          icon="chart"
          label={t("call.stats")}
          shortcut="i"
          look="neutral wideonly"
          testid="statistics-toggle"
          onPress={onStatistics}
        />
      )}
      <Control
        icon="hangup"
        label={outgoing ? t("out.cancel") : t("call.leave")}
        look="hangup"
        testid="hangup"
        onPress={() => void active.leave()}
      />
    </div>
  );
}

/** canShare is false on phones, whose browsers cannot share a screen. */
export function canShare(): boolean {
  return "getDisplayMedia" in (navigator.mediaDevices ?? {});
}
