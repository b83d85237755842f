import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { accept, participantOf, ring, stage, waitDecoded, waitFor } from "./harness.mjs";

const here = stage({ beforeAll, afterEach, afterAll }, { PRONTO_RING_TIMEOUT: "4s" });

async function inCall(a, b, kind = "video") {
  const ana = await here.person(a, "ana");
  const bia = await here.person(b, "bia");
  await ring(ana, ["bia"], { kind });
  await accept(bia);
  return { ana, bia };
}

describe.each([
  ["Chromium", "Chromium"],
  ["Firefox", "Firefox"],
  ["Chromium", "Firefox"],
  ["Firefox", "Chromium"],
])("%s calls %s", (a, b) => {
  test("sound and picture are decoded at both ends, peer to peer", async () => {
    const { ana, bia } = await inCall(a, b);
    const [atAna, atBia] = await Promise.all([waitDecoded(ana, "bia"), waitDecoded(bia, "ana")]);
    expect(atAna.path).toBe("host");
    expect(atBia.path).toBe("host");
    for (const one of [ana, bia]) {
      await waitFor(one, "an active call", () => window.call.phase === "active");
      expect(await one.page.evaluate(() => window.call.topology)).toBe("direct");
    }
  });

  test("muting stops the sound, and the other sees it; unmuting brings it back", async () => {
    const { ana, bia } = await inCall(a, b);
    await waitDecoded(bia, "ana");
    await ana.page.evaluate(() => window.call.setMicrophone(false));
    const id = await participantOf(bia, "ana");
    await waitFor(
      bia,
      "the mute",
      (p) => !window.call.participants.find((x) => x.participant === p).media.microphone,
      id,
    );
    const packets = (p) =>
      window.call.stats().then((s) => s.participants.find((x) => x.participant === p).audio.packets);
    // No two readings 300 ms apart differ: nothing comes any more.
    await waitFor(
      bia,
      "silence",
      async (p) => {
        const read = () =>
          window.call.stats().then((s) => s.participants.find((x) => x.participant === p).audio.packets);
        const before = await read();
        await new Promise((resolve) => setTimeout(resolve, 300));
        return (await read()) === before;
      },
      id,
    );
    const muted = await bia.page.evaluate(packets, id);
    await ana.page.evaluate(() => window.call.setMicrophone(true));
    await waitDecoded(bia, "ana");
    expect(await bia.page.evaluate(packets, id)).toBeGreaterThan(muted);
  });

  test("the camera goes off, light included, and on again", async () => {
    const { ana, bia } = await inCall(a, b);
    await waitDecoded(bia, "ana");
    const track = await ana.page.evaluateHandle(() => window.call.local.tracks.camera);
    await ana.page.evaluate(() => window.call.setCamera(false));
    expect(await track.evaluate((t) => t.readyState)).toBe("ended");
    const id = await participantOf(bia, "ana");
    await waitFor(bia, "the camera off", (p) => !window.call.media(p).camera, id);
    await ana.page.evaluate(() => window.call.setCamera(true));
    await waitFor(bia, "the camera on", (p) => window.call.media(p).camera, id);
    await waitDecoded(bia, "ana");
  });
});

test("a screen is shared in Chromium and seen in Firefox, and sharing ends", async () => {
  const { ana, bia } = await inCall("Chromium", "Firefox", "voice");
  await waitDecoded(bia, "ana", { camera: false });
  await ana.page.evaluate(() => window.call.shareScreen(true));
  await waitDecoded(bia, "ana", { camera: false, screen: true });
  await ana.page.evaluate(() => window.call.shareScreen(false));
  const id = await participantOf(bia, "ana");
  await waitFor(bia, "the end of sharing", (p) => !window.call.media(p).screen, id);
});

test("a voice call gains a camera", async () => {
  const { ana, bia } = await inCall("Firefox", "Chromium", "voice");
  await waitDecoded(ana, "bia", { camera: false });
  expect(await bia.page.evaluate(() => window.call.local.tracks.camera)).toBeUndefined();
  await bia.page.evaluate(() => window.call.setCamera(true));
  await waitDecoded(ana, "bia");
});

test.each(["Chromium", "Firefox"])("strangers speak through the relay alone, in %s", async (name) => {
  const ana = await here.person(name, "ana");
  const ezio = await here.person("Chromium", "ezio");
  await ring(ana, ["ezio"], { kind: "voice" });
  await accept(ezio);
  for (const [one, other] of [
    [ana, "ezio"],
    [ezio, "ana"],
  ]) {
    const { path } = await waitDecoded(one, other, { camera: false });
    expect(path).toBe("relay");
  }
});

test("who hangs up ends the call for both, with its length", async () => {
  const { ana, bia } = await inCall("Chromium", "Firefox");
  await waitDecoded(ana, "bia");
  await bia.page.evaluate(() => window.call.leave());
  for (const one of [ana, bia]) {
    const [ended] = await waitFor(one, "the end", () => window.seen.ended.length > 0 && window.seen.ended);
    expect(ended.reason).toBe("hangup");
    expect(ended.durationMs).toBeGreaterThan(0);
    expect(await one.page.evaluate(() => window.call.local.tracks.microphone)).toBeUndefined();
  }
});

test("a declined call ends as declined, an unanswered one as not answered", async () => {
  const ana = await here.person("Chromium", "ana");
  const bia = await here.person("Firefox", "bia");
  await ring(ana, ["bia"]);
  await waitFor(bia, "the ring", () => window.pronto.incoming.length > 0);
  await waitFor(ana, "ringing", () => window.call.participants.some((p) => p.presence === "ringing"));
  await bia.page.evaluate(() => window.pronto.incoming[0].decline());
  await waitFor(ana, "the end", () => window.seen.ended[0]?.reason === "declined");
  await ring(ana, ["bia"]);
  await waitFor(bia, "the second ring", () => window.pronto.incoming.length > 0);
  await waitFor(ana, "no answer", () => window.seen.ended[1]?.reason === "noAnswer");
  await waitFor(bia, "silence", () => window.pronto.incoming.length === 0);
});

test("the first of two devices to answer has the call; the other stops ringing", async () => {
  const ana = await here.person("Chromium", "ana");
  const bia = await here.person("Chromium", "bia");
  const again = await here.person("Firefox", "bia");
  await ring(ana, ["bia"]);
  await waitFor(again, "the ring", () => {
    window.pronto.incoming[0]?.on("stopped", (why) => {
      window.stopped = why;
    });
    return window.pronto.incoming.length > 0;
  });
  await accept(bia);
  const stopped = await waitFor(again, "the stop", () => window.stopped);
  expect(stopped).toEqual({ reason: "answeredElsewhere", device: "bia's test page" });
});
