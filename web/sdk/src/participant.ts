import type { LocalTracks } from "./devices.ts";
import type { Bars } from "./healthy.ts";
import type { Media, PauseReason, Source, Participant as WireParticipant } from "./wire.gen.ts";

/** Participant is one person in a call. */
export interface Participant extends WireParticipant {
  /** self marks ourselves. */
  readonly self: boolean;
  /** speaking is so while he is heard. */
  readonly speaking: boolean;
  /** bars is how well he comes in, as measured here: 3 is well, 1 badly; absent while nothing comes. */
  readonly bars?: Bars;
}

/** RemoteMedia are a participant's tracks; absent is what he does not send, or what does not come in. */
export interface RemoteMedia {
  readonly audio?: MediaStreamTrack;
  readonly camera?: MediaStreamTrack;
  readonly screen?: MediaStreamTrack;
  readonly screenAudio?: MediaStreamTrack;
  /** cameraPaused says why the camera's picture does not come for the moment; absent while it does. */
  readonly cameraPaused?: PauseReason;
  /** screenPaused says the same of the screen. */
  readonly screenPaused?: PauseReason;
}

/** LocalMedia is what we send: what the person wants, and the tracks that there are for it. */
export interface LocalMedia extends Media {
  readonly tracks: LocalTracks;
}

/** toParticipant adds what only this device knows. @internal */
export function toParticipant(
  one: WireParticipant,
  self: boolean,
  own: Media,
  speaking: (participant: string) => boolean,
  bars?: Bars,
): Participant {
  return {
    ...(bars === undefined ? {} : { bars }),
    ...one,
    self,
    media: self ? own : one.media,
    speaking: one.media.microphone && speaking(one.participant),
  };
}

/** toRemoteMedia picks the tracks of what is being sent. @internal */
export function toRemoteMedia(
  media: Media,
  track: (source: Source) => MediaStreamTrack | undefined,
  paused: (source: Source) => PauseReason | undefined = () => undefined,
): RemoteMedia {
  const audio = track("microphone");
  const camera = media.camera ? track("camera") : undefined;
  const screen = media.screen ? track("screen") : undefined;
  const screenAudio = media.screen ? track("screenAudio") : undefined;
  const cameraPaused = media.camera ? paused("camera") : undefined;
  const screenPaused = media.screen ? paused("screen") : undefined;
  return {
    ...(audio === undefined ? {} : { audio }),
    ...(camera === undefined ? {} : { camera }),
    ...(screen === undefined ? {} : { screen }),
    ...(screenAudio === undefined ? {} : { screenAudio }),
    ...(cameraPaused === undefined ? {} : { cameraPaused }),
    ...(screenPaused === undefined ? {} : { screenPaused }),
  };
}
