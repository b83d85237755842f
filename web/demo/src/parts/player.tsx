import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../lang/index.ts";
import { safeType } from "../notefile.ts";
import { prefs } from "../state/prefs.ts";

interface PlayerProps {
  readonly recording: Blob;
  /** label says to a screen reader whose recording it is. */
  readonly label: string;
  /** autoplay plays it as soon as it is there, where the browser allows that. */
  readonly autoplay?: boolean;
  readonly testid?: string;
}

/** Player plays a recording, with the browser's own controls. */
export function Player({ recording, label, autoplay = false, testid }: PlayerProps): JSX.Element | null {
  const player = useRef<HTMLVideoElement & HTMLAudioElement>(null);
  const [url, setURL] = useState<string>();
  const unplayable = useSignal(false);
  const type = safeType(recording.type);
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([recording], { type }));
    setURL(made);
    return () => URL.revokeObjectURL(made);
  }, [recording, type]);
  useEffect(() => {
    const element = player.current;
    const { speaker } = prefs.peek();
    if (element !== null && speaker !== undefined) element.setSinkId?.(speaker).catch(() => undefined); // the system's own then
    if (element === null || url === undefined) return;
    if (autoplay && document.activeElement === document.body) element.focus(); // what was pressed for it is gone
    if (autoplay) element.play().catch(() => undefined); // the browser wants a press: its controls are there
  }, [url, autoplay]);
  if (url === undefined) return null;
  if (unplayable.value)
    return (
      <p class="detail" role="alert">
        {t("note.unplayable")}
      </p>
    );
  const Element = type.startsWith("video/") ? "video" : "audio";
  return (
    <Element
      ref={player}
      class="player"
      src={url}
      controls
      controlsList="nodownload"
      playsInline
      preload="metadata"
      aria-label={label}
      data-testid={testid}
      onError={() => {
        unplayable.value = true;
      }}
    />
  );
}
