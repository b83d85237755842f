import { expect, test } from "vitest";
import { camera, encodingsOf, screen, sendEncodings, slim } from "../src/codecs.ts";

const dd = "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";
const offer = [
  "v=0",
  "m=video 9 UDP/TLS/RTP/SAVPF 96 97",
  "a=sendonly",
  "a=candidate:1 1 udp 1 10.0.0.1 9 typ host",
  "a=rtcp:9 IN IP4 0.0.0.0",
  "a=extmap:1 urn:ietf:params:rtp-hdrext:toffset",
  "a=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid",
  `a=extmap:13/sendonly ${dd}`,
  "a=rtpmap:96 VP8/90000",
  "a=rtcp-fb:96 goog-remb",
  "a=rtcp-fb:96 nack",
  "a=rtcp-fb:123 nack",
  "a=ssrc:1 cname:x",
  "",
].join("\r\n");

test("an offer keeps what the SFU reads and nothing else", () => {
  expect(slim(offer, "vp8").split("\r\n")).toEqual([
    "v=0",
    "m=video 9 UDP/TLS/RTP/SAVPF 96 97",
    "a=sendonly",
    "a=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid",
    "a=rtpmap:96 VP8/90000",
    "a=rtcp-fb:96 nack",
    "a=ssrc:1 cname:x",
    "",
  ]);
});

test("dependency descriptors are sent with codecs in layers only, and taken in always", () => {
  expect(slim(offer.replace("sendonly", "recvonly"), "vp8")).toContain(dd);
  expect(slim(offer, "h264")).not.toContain(dd);
  for (const codec of ["vp9", "av1"] as const) expect(slim(offer, codec)).toContain(dd);
});

test("a codec with layers goes in one encoding, another in three", () => {
  const form = (mimeType: string) => ({ mimeType, clockRate: 90_000 });
  const av1 = encodingsOf("av1", form("video/AV1"), camera);
  expect(av1.map(({ active, rid }) => [rid, active])).toEqual([
    ["q", true],
    ["h", false],
    ["f", false],
  ]);
  expect(av1[0]).toMatchObject({ scalabilityMode: "L3T3_KEY", scaleResolutionDownBy: 1 });
  const vp8 = encodingsOf("vp8", form("video/VP8"), av1);
  expect(vp8.map(({ active, scaleResolutionDownBy }) => [active, scaleResolutionDownBy])).toEqual([
    [true, 4],
    [true, 2],
    [true, 1],
  ]);
  expect(encodingsOf("h264", form("video/H264"), av1)[2]?.scalabilityMode).toBe("L1T1");
});

test("a screen is one encoding in full size, before the camera", () => {
  const [only, ...more] = encodingsOf("vp9", { mimeType: "video/VP9", clockRate: 90_000 }, screen);
  expect(more).toEqual([]);
  expect(only).toMatchObject({ scalabilityMode: "L1T3", maxFramerate: 10, priority: "high" });
  expect(only?.scaleResolutionDownBy).toBeUndefined();
});

test("encodings that nobody needs are not sent; one with all sizes is sent while any is needed", async () => {
  const sender = (encodings: RTCRtpEncodingParameters[]) => {
    const set: RTCRtpEncodingParameters[][] = [];
    const fake = {
      getParameters: () => ({ encodings: encodings.map((one) => ({ ...one })) }),
      setParameters: (parameters: RTCRtpSendParameters) => {
        encodings = parameters.encodings;
        set.push(encodings);
        return Promise.resolve();
      },
    } as unknown as RTCRtpSender;
    return { fake, set, active: () => encodings.map((one) => one.active) };
  };
  const simulcast = sender(camera.map((one) => ({ ...one, active: true })));
  await sendEncodings(simulcast.fake, [true, false, false]);
  expect(simulcast.active()).toEqual([true, false, false]);
  await sendEncodings(simulcast.fake, [true, false, true]);
  expect(simulcast.active()).toEqual([true, false, true]);
  await sendEncodings(simulcast.fake, [true, false, true]);
  expect(simulcast.set).toHaveLength(2); // what is so already is not said again

  const form = { mimeType: "video/AV1", clockRate: 90_000 };
  const layered = sender(encodingsOf("av1", form, camera));
  await sendEncodings(layered.fake, [false, false, true]);
  expect(layered.active()).toEqual([true, false, false]);
  await sendEncodings(layered.fake, [false, false, false]);
  expect(layered.active()).toEqual([false, false, false]);
});

test("lost sound is asked for", () => {
  const section = [
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 63",
    "a=rtpmap:111 opus/48000/2",
    "a=rtpmap:63 red/48000/2",
    "",
  ];
  expect(slim(["v=0", ...section].join("\r\n"), "vp8").split("\r\n")).toEqual([
    "v=0",
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 63",
    "a=rtpmap:111 opus/48000/2",
    "a=rtcp-fb:111 nack",
    "a=rtpmap:63 red/48000/2",
    "a=rtcp-fb:63 nack",
    "",
  ]);
});
