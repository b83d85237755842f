import { mediaDevices } from "../state/mediadevices.ts";
import { prefs } from "../state/prefs.ts";

/** speakerGone is true while the loudspeaker that was chosen is not there. */
export function speakerGone(): boolean {
  const { speaker } = prefs.value;
  const listed = mediaDevices.value.filter(({ kind }) => kind === "speaker");
  return speaker !== undefined && listed.length > 0 && !listed.some(({ id }) => id === speaker);
}

/** sinkId is where sound goes (HTMLMediaElement.setSinkId): "" is the system's own, also while the chosen one is gone. */
export function sinkId(): string {
  return speakerGone() ? "" : (prefs.value.speaker ?? "");
}
