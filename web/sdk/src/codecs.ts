import type { VideoCodec } from "./wire.gen.ts";

/** allCodecs are the codecs of pictures that the SFU forwards, the one that every browser has first. */
export const allCodecs: readonly VideoCodec[] = ["vp8", "vp9", "av1", "h264"];

/** hasLayers tells whether a codec's encoder makes several sizes in one stream (SVC). */
function hasLayers(codec: VideoCodec): boolean {
  return codec === "vp9" || codec === "av1";
}

/** isCommon tells whether a form of a codec is the one that every browser with the codec has. */
function isCommon({ mimeType, sdpFmtpLine = "" }: RTCRtpCodec): boolean {
  switch (mimeType.toLowerCase()) {
    case "video/vp9":
      return !/profile-id=[1-9]/.test(sdpFmtpLine);
    case "video/av1":
      return !/(^|;)profile=[1-9]/.test(sdpFmtpLine);
    case "video/h264":
      return /packetization-mode=1/.test(sdpFmtpLine) && /profile-level-id=42e0/i.test(sdpFmtpLine);
    default:
      return true;
  }
}

/**
 * preferCodecs leaves the codecs that the SFU forwards, VP8 first: what is sent is
 * changed later, without another offer. A browser's whole list, in each of twenty media sections, is
 * larger than a frame may be. Redundant sound (RFC 2198) is only received: the SFU
 * makes it, for who loses much.
 */
export function preferCodecs(transceiver: RTCRtpTransceiver, kind: "audio" | "video", red = false): void {
  const wanted =
    kind === "audio"
      ? ["audio/opus", ...(red ? ["audio/red"] : [])]
      : [...allCodecs.map((codec) => `video/${codec}`), "video/rtx"];
  const known = RTCRtpReceiver.getCapabilities(kind)?.codecs ?? [];
  const codecs = wanted.flatMap((mimeType) =>
    known.filter((codec) => codec.mimeType.toLowerCase() === mimeType && isCommon(codec)),
  );
  if (codecs.length > 0) transceiver.setCodecPreferences(codecs);
}

const dependencyDescriptor =
  "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";

/** extensions are the header extensions that the SFU reads. */
const extensions: readonly string[] = [
  "urn:ietf:params:rtp-hdrext:sdes:mid",
  "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
  "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
  "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
  "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
];

/**
 * slim leaves of an offer what the SFU reads; with many slots the rest is most of it. Candidates are not
 * among that. Dependency descriptors are taken in from everybody, but sent only with codecs that need
 * them: with them Chromium leaves picture ids out of VP8, by which a receiver gets along with a lost frame.
 */
export function slim(offer: string, codec: VideoCodec): string {
  const [session = "", ...sections] = offer.split(/^(?=m=)/m);
  return [session, ...sections.map((section) => slimSection(section, codec))].join("");
}

function slimSection(section: string, codec: VideoCodec): string {
  const lines = section.split("\r\n");
  const formats = lines[0]?.split(" ").slice(3) ?? [];
  const sends = lines.includes("a=sendonly");
  const useless = (line: string) => {
    if (/^a=(candidate:|end-of-candidates|rtcp:|msid:|rtcp-fb:\d+ goog-remb)/.test(line)) return true;
    const [, format] = /^a=rtcp-fb:(\d+) /.exec(line) ?? [];
    if (format !== undefined && !formats.includes(format)) return true; // Firefox says them all the same
    const [, uri] = /^a=extmap:\S+ (\S+)/.exec(line) ?? [];
    if (uri === dependencyDescriptor) return sends && !hasLayers(codec);
    return uri !== undefined && !extensions.includes(uri);
  };
  return lines
    .filter((line) => !useless(line))
    .flatMap((line) => {
      // Browsers do not offer to ask for lost sound and to send it again, but do both where the answer says so.
      const [, sound] = /^a=rtpmap:(\d+) (?:opus|red)\/48000/i.exec(line) ?? [];
      return sound === undefined ? [line] : [line, `a=rtcp-fb:${sound} nack`];
    })
    .join("\r\n");
}

/** camera are the encodings of a camera as simulcast. */
export const camera: readonly RTCRtpEncodingParameters[] = [
  { rid: "q", scaleResolutionDownBy: 4, maxBitrate: 120_000 },
  { rid: "h", scaleResolutionDownBy: 2, maxBitrate: 400_000 },
  { rid: "f", scaleResolutionDownBy: 1, maxBitrate: 1_500_000 },
];

/**
 * screen is the encoding of a screen: as large as it is, and before the camera. Text must be sharp; ten
 * pictures a second are enough to follow a pointer.
 */
export const screen: readonly RTCRtpEncodingParameters[] = [
  { maxBitrate: 2_500_000, maxFramerate: 10, priority: "high" },
];

/** layered is one stream with three sizes, each for as many kbit/s as the simulcast's. */
const layered = { scalabilityMode: "L3T3_KEY", scaleResolutionDownBy: 1, maxBitrate: 1_800_000 };

interface Encoding extends RTCRtpEncodingParameters {
  codec?: RTCRtpCodec;
  scalabilityMode?: string;
}

/**
 * encodingsOf are the encodings that send a codec: three of a simulcast, or the first alone with all
 * sizes in it. before are those in use; what is not said stays as it is.
 */
export function encodingsOf(
  codec: VideoCodec,
  form: RTCRtpCodec,
  before: readonly RTCRtpEncodingParameters[],
): Encoding[] {
  const simulcast = before.length > 1;
  return before.map((encoding, i) => {
    if (!simulcast) return { ...encoding, codec: form, scalabilityMode: codec === "h264" ? "L1T1" : "L1T3" };
    if (hasLayers(codec)) return { ...encoding, ...layered, active: i === 0, codec: form };
    const scalabilityMode = codec === "h264" ? "L1T1" : "L1T3";
    return { ...encoding, ...camera[i], active: true, codec: form, scalabilityMode };
  });
}

/**
 * sendCodec has a sender send a codec from now on; no offer follows. It reports whether it does. A
 * browser that makes no layers keeps to simulcast, which it makes with VP8: one size for all would be too much
 * for some and too little for others.
 */
export async function sendCodec(sender: RTCRtpSender, codec: VideoCodec): Promise<boolean> {
  const parameters = sender.getParameters();
  const form = parameters.codecs.find(
    (one) => one.mimeType.toLowerCase() === `video/${codec}` && isCommon(one),
  );
  if (form === undefined || parameters.encodings.length === 0) return false;
  const before = parameters.encodings;
  parameters.encodings = encodingsOf(codec, form, before);
  try {
    await sender.setParameters(parameters);
  } catch {
    return false; // the browser cannot change codecs, or not to this one
  }
  const [first]: Encoding[] = sender.getParameters().encodings;
  const layers = before.length > 1 && hasLayers(codec);
  return first?.codec?.mimeType === form.mimeType && (!layers || first.scalabilityMode !== undefined);
}

/**
 * sendEncodings has a sender send those encodings that are needed, and no others. One that has all
 * sizes in it is sent while any is needed; a browser that cannot switch one off sends on.
 */
export async function sendEncodings(sender: RTCRtpSender, needed: readonly boolean[]): Promise<void> {
  const parameters = sender.getParameters();
  const encodings: Encoding[] = parameters.encodings;
  const [first] = encodings;
  if (first === undefined) return;
  const together = encodings.length === 1 || /^L[23]/.test(first.scalabilityMode ?? "");
  let changed = false;
  for (const [i, encoding] of encodings.entries()) {
    const active = together ? i === 0 && needed.includes(true) : (needed[i] ?? true);
    changed ||= encoding.active !== active;
    encoding.active = active;
  }
  if (changed) await sender.setParameters(parameters).catch(() => undefined);
}
