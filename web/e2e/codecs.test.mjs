// Codecs other than VP8 through the SFU: layers, changes of codec, a screen.

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { accept, participantOf, ring, stage, waitDecoded, waitFor } from "./harness.mjs";

const { person } = stage({ beforeAll, afterEach, afterAll });

/** unseen is how those answer who only look: what they would send costs the machine as much as what is tested. */
const unseen = { camera: false };

/** watch has the page keep its connections and its offers, and tell what comes in of somebody. */
function watch(one, { only } = {}) {
  return one.page.evaluate((codec) => {
    const Connection = window.RTCPeerConnection;
    window.connections = [];
    window.offers = 0;
    window.RTCPeerConnection = class extends Connection {
      constructor(configuration) {
        super(configuration);
        window.connections.push(this);
      }
      setRemoteDescription(description) {
        window.offers++;
        return super.setRemoteDescription(description);
      }
    };
    if (codec !== undefined) {
      const all = RTCRtpReceiver.getCapabilities.bind(RTCRtpReceiver);
      RTCRtpReceiver.getCapabilities = (kind) => {
        const codecs = all(kind).codecs.filter(
          (c) => kind === "audio" || [codec, "video/rtx"].includes(c.mimeType),
        );
        return { ...all(kind), codecs };
      };
    }
    /** incoming is what comes in as somebody's camera or screen. */
    window.incoming = async (participant, source) => {
      const track = window.call.media(participant)[source];
      for (const connection of window.connections) {
        for (const receiver of connection.getReceivers()) {
          if (receiver.track !== track) continue;
          const reports = [...(await receiver.getStats()).values()];
          const inbound = reports.find((r) => r.type === "inbound-rtp");
          if (inbound === undefined) continue;
          const mimeType = reports.find((r) => r.id === inbound.codecId)?.mimeType;
          return { mimeType, frames: inbound.framesDecoded ?? 0, height: inbound.frameHeight ?? 0 };
        }
      }
      return { frames: 0, height: 0 };
    };
    /** pauses notes the longest time in which no frame of somebody was decoded, until it is asked for. */
    window.watchPauses = (participant, source) => {
      let last = { frames: -1, at: performance.now() };
      window.pauseMs = 0;
      const timer = setInterval(async () => {
        const { frames } = await window.incoming(participant, source);
        const at = performance.now();
        window.pauseMs = Math.max(window.pauseMs, at - last.at);
        if (frames !== last.frames) last = { frames, at };
      }, 50);
      window.stopPauses = () => {
        clearInterval(timer);
        return Math.round(window.pauseMs);
      };
    };
  }, only);
}

/** holdCodecs has a page never hear from the server what all can decode. */
function holdCodecs() {
  const { parse } = JSON;
  JSON.parse = (...from) => {
    const value = parse(...from);
    return value?.type === "codecs" ? { ...value, body: { ...value.body, generation: 0 } } : value;
  };
}

/** decodes waits until somebody's picture comes in a codec, at a height, and goes on. */
function decodes(one, participant, codec, height, source = "camera") {
  return waitFor(
    one,
    `${source} in ${codec} at ${height}`,
    async ([who, mimeType, wanted, what]) => {
      const now = await window.incoming(who, what);
      const before = window.decodedBefore ?? now;
      window.decodedBefore = now;
      const fits = wanted === undefined ? now.height > 0 : now.height === wanted;
      return fits && now.mimeType?.toLowerCase() === `video/${mimeType}` && now.frames > before.frames;
    },
    [participant, codec, height, source],
    40_000,
  );
}

test.each(["vp9", "av1"])(
  "%s in layers is decoded by both browsers at every size, without a pause at a switch and without an offer",
  async (videoCodec) => {
    const ana = await person("Chromium", "ana", "", { videoCodec });
    const bia = await person("Chromium", "bia");
    const carlo = await person("Firefox", "carlo");
    for (const one of [ana, bia, carlo]) await watch(one);
    await ring(ana, ["bia", "carlo"]);
    await Promise.all([accept(bia, unseen), accept(carlo, unseen)]);
    await Promise.all([waitDecoded(bia, "ana"), waitDecoded(carlo, "ana")]);
    for (const one of [bia, carlo]) {
      const id = await participantOf(one, "ana");
      await one.page.evaluate(() => window.showAt(720));
      await decodes(one, id, videoCodec, 720);
      // A machine that has much to do pauses by itself: how long, is seen while nothing is switched.
      await one.page.evaluate((who) => window.watchPauses(who, "camera"), id);
      const { frames } = await one.page.evaluate((who) => window.incoming(who, "camera"), id);
      await waitFor(
        one,
        "sixty frames",
        async ([who, most]) => (await window.incoming(who, "camera")).frames > most,
        [id, frames + 60],
      );
      const still = await one.page.evaluate(() => window.stopPauses());
      await one.page.evaluate((who) => window.watchPauses(who, "camera"), id);
      for (const height of [180, 720, 360, 180]) {
        await one.page.evaluate((h) => window.showAt(h), height);
        await decodes(one, id, videoCodec, height);
      }
      expect(await one.page.evaluate(() => window.stopPauses())).toBeLessThan(1_000 + still);
    }
    for (const one of [ana, bia, carlo]) expect(await one.page.evaluate(() => window.offers)).toBe(1);
  },
  120_000,
);

test("a call begins with the codec that its people could all decode the last time", async () => {
  const ana = await person("Chromium", "ana", "", { videoCodec: "vp9" });
  const bia = await person("Chromium", "bia");
  const carlo = await person("Chromium", "carlo");
  await watch(bia);
  for (const time of ["first", "second"]) {
    if (time === "second") await ana.page.evaluate(holdCodecs);
    await ring(ana, ["bia", "carlo"]);
    for (const one of [bia, carlo]) await accept(one, unseen);
    await decodes(bia, await participantOf(bia, "ana"), "vp9");
    await ana.page.evaluate(() => window.call.end());
    for (const one of [ana, bia, carlo])
      await waitFor(one, "the end", () => window.pronto.calls.length === 0);
    await bia.page.evaluate(() => delete window.decodedBefore);
  }
}, 120_000);

test("who cannot decode a codec has all senders change to one that he can, and back when he leaves", async () => {
  const ana = await person("Chromium", "ana", "", { videoCodec: "vp9" });
  const bia = await person("Firefox", "bia");
  const carlo = await person("Chromium", "carlo");
  for (const one of [ana, bia]) await watch(one);
  await watch(carlo, { only: "video/VP8" });
  await ring(ana, ["bia", "carlo"]);
  await accept(bia, unseen);
  const id = await participantOf(bia, "ana");
  await decodes(bia, id, "vp9");
  await bia.page.evaluate((who) => window.watchPauses(who, "camera"), id);
  await accept(carlo, unseen);
  await decodes(carlo, id, "vp8");
  await decodes(bia, id, "vp8");
  await carlo.page.evaluate(() => window.call.leave());
  await decodes(bia, id, "vp9");
  // The sender's browser stops one encoder and makes another: that takes longer than a change of layers.
  expect(await bia.page.evaluate(() => window.stopPauses())).toBeLessThan(3_000);
  for (const one of [ana, bia]) expect(await one.page.evaluate(() => window.offers)).toBe(1);
}, 120_000);

test.each(["vp9", "av1"])(
  "a screen in %s comes in full size to both browsers, beside the camera",
  async (videoCodec) => {
    const ana = await person("Chromium", "ana", "", { videoCodec });
    const bia = await person("Chromium", "bia");
    const carlo = await person("Firefox", "carlo");
    for (const one of [ana, bia, carlo]) await watch(one);
    await ring(ana, ["bia", "carlo"]);
    await Promise.all([accept(bia, unseen), accept(carlo, unseen)]);
    await waitDecoded(bia, "ana");
    await ana.page.evaluate(() => window.call.shareScreen(true));
    const own = await waitFor(ana, "a screen to send", () => {
      const { screen } = window.call.local.tracks;
      return screen?.getSettings().height;
    });
    for (const one of [bia, carlo]) {
      const id = await participantOf(one, "ana");
      await decodes(one, id, videoCodec, own, "screen");
      await decodes(one, id, videoCodec, undefined, "camera");
    }
  },
  120_000,
);
