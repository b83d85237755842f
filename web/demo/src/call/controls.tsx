import type { JSX } from "preact";
import { t } from "../lang/index.ts";
import { Icon, type IconName } from "../parts/icon.tsx";
import type { ActiveCall } from "../state/activecall.ts";
import { MoreMenu } from "./moremenu.tsx";
import { ReactMenu } from "./reactions.tsx";

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
  readonly onChat?: (() => void) | undefined;
  readonly unread?: number;
  /** small leaves out all but microphone, camera and hanging up, for the small window. */
  readonly small?: boolean;
}

/** Controls is the bar under a call, in reach of a thumb. What a button says is what it will do. */
export function Controls({
  active,
  outgoing = false,
  canAdd = true,
  onAdd,
  onStatistics,
  onChat,
  unread = 0,
  small = false,
}: ControlsProps): JSX.Element {
  const { microphone, camera, screen, seats } = active.shot.value;
  const raised = seats.some((seat) => seat.self && seat.handMs !== undefined);
  const bare = outgoing || small;
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
      {bare || !canShare() ? null : (
        <Control
          icon="screen"
          label={screen ? t("call.shareStop") : t("call.share")}
          shortcut="s"
          look={screen ? "active" : "neutral"}
          testid="share"
          onPress={() => void active.shareScreen(!screen)}
        />
      )}
      {bare || !canAdd || onAdd === undefined ? null : (
        <Control
          icon="addPerson"
          label={t("call.add")}
          shortcut="p"
          look="neutral wideonly"
          testid="add-people"
          onPress={onAdd}
        />
      )}
      {bare || onStatistics === undefined ? null : (
        <Control
          icon="chart"
          label={t("call.stats")}
          shortcut="i"
          look="neutral wideonly"
          testid="statistics-toggle"
          onPress={onStatistics}
        />
      )}
      {bare ? null : <ReactMenu active={active} raised={raised} />}
      {bare || onChat === undefined ? null : (
        <span class="counted">
          <Control
            icon="chat"
            label={t("chat.title")}
            shortcut="c"
            look="neutral"
            testid="chat"
            onPress={onChat}
          />
          {unread === 0 ? null : (
            <span class="count" data-testid="unread">
              {unread}
              <span class="unseen">{t("chat.unread", { count: unread })}</span>
            </span>
          )}
        </span>
      )}
      {bare ? null : (
        <MoreMenu active={active} onAdd={canAdd ? onAdd : undefined} onStatistics={onStatistics} />
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
