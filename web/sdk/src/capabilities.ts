import { allCodecs } from "./codecs.ts";
import type { AudioCodec, Capabilities } from "./wire.gen.ts";

const sounds: readonly AudioCodec[] = ["opus", "g722", "pcmu", "pcma"];

/** capabilities are what this browser can do, by which the server knows whom we can talk to; undefined where that cannot be told. */
export function capabilities(): Capabilities | undefined {
  const { RTCRtpReceiver: receiver, navigator } = globalThis;
  const known = <T extends string>(kind: "audio" | "video", all: readonly T[]): T[] => {
    const text = JSON.stringify(receiver?.getCapabilities?.(kind) ?? "").toLowerCase();
    return all.filter((codec) => text.includes(`${kind}/${codec}"`));
  };
  const audio = known("audio", sounds);
  if (audio.length === 0) return undefined;
  return {
    audio,
    video: known("video", allCodecs),
    simulcast: true,
    screen: "getDisplayMedia" in (navigator.mediaDevices ?? {}),
    battery: "getBattery" in navigator,
  };
}
