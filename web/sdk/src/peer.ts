import type { Emitter } from "./emitter.ts";
import type { ICE, Source } from "./wire.gen.ts";

export interface PeerEvents {
  /** track: what flows from whom has changed. */
  track: undefined;
  /** again: the first offer could not be answered at the moment; a new connection should offer. */
  again: undefined;
  /** slow: a direct connection takes long to come about. Told once. */
  slow: undefined;
  /** failed: no connection came about, or it was lost for good. Told once. */
  failed: undefined;
}

/** Peer is one way for media: an RTCPeerConnection to the other participant, or to the SFU. */
export interface Peer extends Emitter<PeerEvents> {
  /** generation is the way's number. */
  readonly generation: number;
  /** offers: the first description is ours. */
  readonly offers: boolean;
  readonly connection: RTCPeerConnection;
  /** direct: it leads to the other participant. */
  readonly direct: boolean;
  /** setTrack sends another track for a source, or none. No negotiation follows. */
  setTrack(source: Source, track: MediaStreamTrack | null): void;
  /** receiver is where a participant's source comes in; undefined if it does not. */
  receiver(participant: string, source: Source): RTCRtpReceiver | undefined;
  /** nudge restarts ICE at once if the connection does not work. */
  nudge(): void;
  close(): void;
}

/** sources are the four things that a participant can send, in the order of a direct call's media sections. */
export const sources = ["microphone", "camera", "screen", "screenAudio"] as const satisfies readonly Source[];

/** kindOf is the kind of track that carries a source. */
export function kindOf(source: Source): "audio" | "video" {
  return source === "microphone" || source === "screenAudio" ? "audio" : "video";
}

interface Configuration extends RTCConfiguration {
  readonly encodedInsertableStreams?: boolean;
}

/** configurationOf turns the server's word on ICE into the browser's. */
export function configurationOf(ice: ICE, relayOnly: boolean, sealed: boolean): Configuration {
  return {
    // Chromium ignores transforms that come after negotiation, unless it is told to wait for them.
    ...(sealed ? { encodedInsertableStreams: true } : {}),
    iceServers: ice.servers.map(({ urls, username, credential }) => ({
      urls: [...urls],
      username,
      credential,
    })),
    iceTransportPolicy: relayOnly ? "relay" : "all",
    bundlePolicy: "max-bundle",
    rtcpMuxPolicy: "require",
  };
}

/** swap sends another track. A connection that was closed meanwhile needs none. */
export function swap({ sender }: RTCRtpTransceiver, track: MediaStreamTrack | null): void {
  sender.replaceTrack(track).catch(() => undefined);
}
