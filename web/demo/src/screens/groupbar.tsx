import type { JSX } from "preact";
import type { Kind } from "../../../sdk/src/index.ts";
import { t } from "../lang/index.ts";
import { Button } from "../parts/button.tsx";

interface GroupBarProps {
  readonly count: number;
  readonly busy: boolean;
  readonly onCall: (kind: Kind) => void;
}

/** GroupBar calls those who are selected. */
export function GroupBar({ count, busy, onCall }: GroupBarProps): JSX.Element {
  return (
    <div class="groupbar" data-testid="groupbar">
      <p role="status">{t("people.selected", { count })}</p>
      <Button icon="phone" disabled={busy} onPress={() => onCall("voice")} testid="group-voice">
        {t("people.groupVoice")}
      </Button>
      <Button
        icon="camera"
        look="primary"
        disabled={busy}
        onPress={() => onCall("video")}
        testid="group-video"
      >
        {t("people.groupVideo")}
      </Button>
    </div>
  );
}
