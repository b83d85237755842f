import { afterEach, expect, test, vi } from "vitest";
import { capabilities } from "../src/capabilities.ts";

afterEach(() => vi.unstubAllGlobals());

/** browser stands for one that knows these codecs. */
function browser(audio: readonly string[], video: readonly string[], navigator: object): void {
  const known = { audio, video };
  vi.stubGlobal("RTCRtpReceiver", {
    getCapabilities: (kind: "audio" | "video") => ({
      codecs: known[kind].map((name) => ({ mimeType: `${kind}/${name}`, clockRate: 90_000 })),
    }),
  });
  vi.stubGlobal("navigator", navigator);
}

test("what the browser can do is told in the protocol's words, and what the protocol does not know is left out", () => {
  browser(["opus", "red", "G722", "PCMU", "telephone-event"], ["VP8", "rtx", "VP9", "H264", "AV1", "H265"], {
    mediaDevices: { getDisplayMedia: () => undefined },
    getBattery: () => undefined,
  });
  expect(capabilities()).toEqual({
    audio: ["opus", "g722", "pcmu"],
    video: ["vp8", "vp9", "av1", "h264"],
    simulcast: true,
    screen: true,
    battery: true,
  });
});

test("a telephone without screen sharing says so", () => {
  browser(["opus"], ["VP8"], {});
  expect(capabilities()).toMatchObject({ audio: ["opus"], video: ["vp8"], screen: false, battery: false });
});

test("where it cannot be told nothing is", () => {
  expect(capabilities()).toBeUndefined();
  browser([], [], {});
  expect(capabilities()).toBeUndefined();
  vi.stubGlobal("RTCRtpReceiver", {});
  expect(capabilities()).toBeUndefined();
});
