import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

/** Shape is whether a picture is higher than wide. */
export type Shape = "wide" | "tall";

/** Video shows one track. It is always silent: sound has its own elements, one per participant. */
export function Video({
  track,
  label,
  mirrored = false,
}: {
  track: MediaStreamTrack;
  label: string;
  mirrored?: boolean;
}): JSX.Element {
  const video = useRef<HTMLVideoElement>(null);
  const [shape, setShape] = useState<Shape>("wide");
  useEffect(() => {
    const element = video.current;
    if (element === null) return;
    element.srcObject = new MediaStream([track]);
    element.play().then(undefined, () => undefined); // interrupted by the next track; silent video is never refused
    return () => {
      element.srcObject = null;
    };
  }, [track]);
  return (
    <video
      ref={video}
      class={`${shape}${mirrored ? " mirrored" : ""}`}
      aria-label={label}
      autoplay
      playsInline
      muted
      onResize={(event) => {
        const { videoWidth, videoHeight } = event.currentTarget;
        setShape(videoHeight > videoWidth ? "tall" : "wide");
      }}
    />
  );
}
