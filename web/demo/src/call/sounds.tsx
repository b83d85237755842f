import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../lang/index.ts";
import { Button } from "../parts/button.tsx";
import type { Seat } from "../state/shot.ts";
import { sinkId } from "./speaker.ts";

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
export function Sounds({
  seats,
  volumes,
}: {
  seats: readonly Seat[];
  volumes: ReadonlyMap<string, number>;
}): JSX.Element {
  const sink = sinkId();
  return (
    <div hidden>
      {seats.flatMap((seat) => {
        const volume = volumes.get(seat.participant) ?? 1;
        return (["audio", "screenAudio"] as const).map((source) => {
          const track = seat[source];
          if (track === undefined) return null;
          const key = `${source} ${seat.participant}`;
          return <Sound key={key} track={track} volume={volume} sink={sink} who={seat.user ?? seat.name} />;
        });
      })}
    </div>
  );
}

interface SoundProps {
  readonly track: MediaStreamTrack;
  /** volume is from 0 to 1. */
  readonly volume: number;
  /** sink is the loudspeaker's id; "" is the system's own. */
  readonly sink: string;
  readonly who: string;
}

function Sound({ track, volume, sink, who }: SoundProps): JSX.Element {
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
  useEffect(() => {
    if (audio.current !== null) audio.current.volume = volume;
  }, [volume]);
  useEffect(() => {
    // A loudspeaker that is not there any more leaves the sound where the system puts it.
    audio.current?.setSinkId?.(sink).catch(() => undefined);
  }, [sink]);
  // biome-ignore lint/a11y/useMediaCaption: live speech has no captions to offer
  return <audio ref={audio} autoplay data-testid={`sound-${who}`} />;
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
