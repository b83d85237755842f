import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../lang/index.ts";
import { Button } from "../parts/button.tsx";
import type { Seat } from "../state/shot.ts";

/** held are the elements that the browser does not let sound before the user has touched the page. */
const held = signal<ReadonlySet<HTMLAudioElement>>(new Set());

function start(element: HTMLAudioElement): void {
  element.play().then(
    () => release(element),
    (error: unknown) => {
      if (error instanceof DOMException && error.name === "NotAllowedError")
        held.value = new Set([...held.value, element]);
    },
  );
}

function release(element: HTMLAudioElement): void {
  if (held.value.has(element)) held.value = new Set([...held.value].filter((other) => other !== element));
}

/** Sounds plays everybody's microphone and screen sound: one element each, wherever on the page he is shown. */
export function Sounds({ seats }: { seats: readonly Seat[] }): JSX.Element {
  return (
    <div hidden>
      {seats.flatMap((seat) => [
        seat.audio === undefined ? null : <Sound key={`microphone ${seat.participant}`} track={seat.audio} />,
        seat.screenAudio === undefined ? null : (
          <Sound key={`screen ${seat.participant}`} track={seat.screenAudio} />
        ),
      ])}
    </div>
  );
}

function Sound({ track }: { track: MediaStreamTrack }): JSX.Element {
  const audio = useRef<HTMLAudioElement>(null);
  useEffect(() => {
    const element = audio.current;
    if (element === null) return;
    element.srcObject = new MediaStream([track]);
    start(element);
    return () => {
      release(element);
      element.srcObject = null;
    };
  }, [track]);
  // biome-ignore lint/a11y/useMediaCaption: live speech has no captions to offer
  return <audio ref={audio} autoplay />;
}

/** UnlockSound asks for the press that browsers want before they play sound. */
export function UnlockSound(): JSX.Element | null {
  if (held.value.size === 0) return null;
  return (
    <div class="banner" role="alert" data-testid="unlock-sound">
      <p>{t("call.unlockSound")}</p>
      <Button
        icon="sound"
        look="primary"
        onPress={() => {
          for (const element of held.value) start(element);
        }}
      >
        {t("call.unlockSoundAction")}
      </Button>
    </div>
  );
}
