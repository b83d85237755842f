import type { JSX } from "preact";
import type { Kind } from "../../../sdk/src/index.ts";
import { IconButton } from "./button.tsx";

interface CallButtonsProps {
  /** voice and video are the buttons' names to a screen reader. */
  readonly voice: string;
  readonly video: string;
  readonly busy: boolean;
  readonly onCall: (kind: Kind) => void;
  /** testid is what the buttons' test ids end in. */
  readonly testid: string;
}

/** CallButtons are the two ways to call somebody. */
export function CallButtons({ voice, video, busy, onCall, testid }: CallButtonsProps): JSX.Element {
  return (
    <>
      <IconButton
        icon="phone"
        disabled={busy}
        label={voice}
        onPress={() => onCall("voice")}
        testid={`voice-${testid}`}
      />
      <IconButton
        icon="camera"
        disabled={busy}
        label={video}
        onPress={() => onCall("video")}
        testid={`video-${testid}`}
      />
    </>
  );
}
