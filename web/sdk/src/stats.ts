import type { Family, Path, Transport } from "./wire.gen.ts";

/** AudioStats are counters of one sound that comes in (W3C webrtc-stats, inbound-rtp). */
export interface AudioStats {
  /** packets is packetsReceived. */
  readonly packets: number;
  /** energy is totalAudioEnergy; 0 where the browser does not say. */
  readonly energy: number;
  /** samples are those that were decoded and played, with concealed ones. */
  readonly samples: number;
}

/** VideoStats are counters of one picture that comes in. */
export interface VideoStats {
  readonly framesDecoded: number;
  /** width and height are those of the last decoded frame, in pixels. */
  readonly width: number;
  readonly height: number;
}

/** ParticipantStats are what comes in from one participant. */
export interface ParticipantStats {
  readonly participant: string;
  readonly audio?: AudioStats;
  readonly camera?: VideoStats;
  readonly screen?: VideoStats;
}

/** CallStats are what comes in, and the way it takes. */
export interface CallStats {
  /** path is the kind of our own candidate; absent before there is a connection. */
  readonly path?: Path;
  readonly participants: readonly ParticipantStats[];
}

/** inbound are the counters of what comes in by a receiver; empty before anything has. */
export async function inbound(receiver: RTCRtpReceiver): Promise<Record<string, number>> {
  for (const report of (await receiver.getStats()).values()) {
    if (report.type === "inbound-rtp") return report as Record<string, number>;
  }
  return {};
}

/** audioStats reads the counters of a sound; undefined if nothing has come in. */
export async function audioStats(receiver: RTCRtpReceiver): Promise<AudioStats | undefined> {
  const { packetsReceived, totalAudioEnergy, totalSamplesReceived, jitterBufferEmittedCount } =
    await inbound(receiver);
  if (packetsReceived === undefined) return undefined;
  return {
    packets: packetsReceived,
    energy: totalAudioEnergy ?? 0,
    samples: totalSamplesReceived ?? jitterBufferEmittedCount ?? 0,
  };
}

/** videoStats reads the counters of a picture; undefined if nothing has come in. */
export async function videoStats(receiver: RTCRtpReceiver): Promise<VideoStats | undefined> {
  const { framesDecoded, frameWidth, frameHeight } = await inbound(receiver);
  if (framesDecoded === undefined) return undefined;
  return { framesDecoded, width: frameWidth ?? 0, height: frameHeight ?? 0 };
}

/** isDecoding tells whether anything of a track has come out of its decoder yet. */
export async function isDecoding(receiver: RTCRtpReceiver): Promise<boolean> {
  const report = await inbound(receiver);
  if ((report.packetsReceived ?? 0) === 0) return false;
  if (receiver.track.kind === "video") return (report.framesDecoded ?? 0) > 0;
  return (report.jitterBufferEmittedCount ?? report.totalSamplesReceived ?? 0) > 0;
}

/** Way is the kind of local candidate that carries media, and what it runs on. */
export interface Way {
  readonly path: Path;
  readonly transport: Transport;
  /** family is absent where the browser hides its address. */
  readonly family?: Family;
}

/** pathOf is the kind of the local candidate that carries media; undefined before one does. */
export async function pathOf(connection: RTCPeerConnection): Promise<Path | undefined> {
  return (await candidateOf(connection))?.path;
}

/** candidateOf describes the local candidate that carries media; undefined before one does. */
export async function candidateOf(connection: RTCPeerConnection): Promise<Way | undefined> {
  return wayIn(await connection.getStats());
}

/** wayIn is candidateOf of counters that were read already. */
export function wayIn(reports: RTCStatsReport): Way | undefined {
  let pair: Record<string, unknown> | undefined;
  let nominated: Record<string, unknown> | undefined;
  for (const report of reports.values()) {
    const chosen =
      report.type === "transport" ? reports.get(report.selectedCandidatePairId) : report.selected && report;
    if (chosen) pair = chosen; // the transport names it; Firefox marks the pair itself
    if (report.type === "candidate-pair" && report.nominated && report.state === "succeeded")
      nominated = report;
  }
  pair ??= nominated;
  const id = pair?.localCandidateId;
  const candidate = typeof id === "string" ? reports.get(id) : undefined;
  const type = candidate?.candidateType;
  if (type === undefined) return undefined;
  const protocol = type === "relay" ? (candidate.relayProtocol ?? candidate.protocol) : candidate.protocol;
  const address: unknown = candidate.address;
  return {
    path: type === "host" || type === "relay" ? type : "srflx", // peer reflexive counts as server reflexive
    transport: protocol === "tcp" || protocol === "tls" ? protocol : "udp",
    ...(typeof address !== "string" || address === "" || address.endsWith(".local")
      ? {}
      : { family: address.includes(":") ? "v6" : "v4" }),
  };
}
