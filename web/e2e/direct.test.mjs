import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { accept, participantOf, ring, stage, waitDecoded, waitFor } from "./harness.mjs";

const here = stage({ beforeAll, afterEach, afterAll }, { PRONTO_RING_TIMEOUT: "4s" });

/** watchConnections notes, in a page, what it opens: devices, connections, and the kinds of their candidates. */
function watchConnections() {
  window.opened = [];
  const media = navigator.mediaDevices;
  const open = media.getUserMedia.bind(media);
  media.getUserMedia = (wish) => {
    window.opened.push(...(wish.audio ? ["microphone"] : []), ...(wish.video ? ["camera"] : []));
    return open(wish);
  };
  const Connection = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Connection {
    constructor(configuration) {
      super(configuration);
      window.opened.push(`connection for ${configuration.iceTransportPolicy}`);
      this.addEventListener("icecandidate", ({ candidate }) => {
        if (candidate?.type) window.opened.push(candidate.type);
      });
    }
  };
}

async function inCall(a, b, kind = "video") {
  const ana = await here.person(a, "ana");
  const bia = await here.person(b, "bia");
  await ring(ana, ["bia"], { kind });
  await accept(bia);
  return { ana, bia };
}

/** silence waits until two readings 300 ms apart do not differ: nothing comes from a participant any more. */
function silence(person, id) {
  return waitFor(
    person,
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
    await silence(bia, id);
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

test("a request to switch to video turns on nobody's camera, and who is on hold sends nothing", async () => {
  const { ana, bia } = await inCall("Chromium", "Firefox", "voice");
  await waitDecoded(bia, "ana", { camera: false });
  await ana.page.evaluate(() => window.call.conduct.proposeKind("video"));
  await waitFor(bia, "the request", () => window.call.conduct.proposal?.kind === "video");
  await bia.page.evaluate(() => window.call.conduct.answerKind(true));
  await waitFor(ana, "the answer", () => window.call.conduct.proposal === undefined);
  const opens = () => [window.call.local.camera, window.call.local.tracks.camera !== undefined];
  for (const one of [ana, bia]) expect(await one.page.evaluate(opens)).toEqual([false, false]);

  const id = await participantOf(bia, "ana");
  const shown = ([p, on]) =>
    (window.call.participants.find((x) => x.participant === p).onHold ?? false) === on;
  await ana.page.evaluate(() => window.call.conduct.hold(true));
  await waitFor(bia, "the hold", shown, [id, true]);
  expect(await ana.page.evaluate(() => window.call.local.tracks.microphone)).toBeUndefined();
  await silence(bia, id);
  await ana.page.evaluate(() => window.call.conduct.hold(false));
  await waitFor(bia, "the end of it", shown, [id, false]);
  await waitDecoded(bia, "ana", { camera: false });
});

test.each(["Chromium", "Firefox"])("strangers speak through the relay alone, in %s", async (name) => {
  const ana = await here.person(name, "ana");
  const ezio = await here.person("Chromium", "ezio");
  for (const one of [ana, ezio]) await one.page.evaluate(watchConnections);
  await ring(ana, ["ezio"], { kind: "voice" });
  await waitFor(ana, "ringing", () => window.call.participants.some((p) => p.presence === "ringing"));
  // Until he answers his browser opens nothing: no microphone, no connection, no way to find out where he is.
  expect(await ezio.page.evaluate(() => window.opened)).toEqual([]);
  await accept(ezio);
  for (const [one, other] of [
    [ana, "ezio"],
    [ezio, "ana"],
  ]) {
    const { path } = await waitDecoded(one, other, { camera: false });
    expect(path).toBe("relay");
    const opened = await one.page.evaluate(() => window.opened);
    expect(opened.filter((what) => what !== "relay").sort()).toEqual(["connection for relay", "microphone"]);
    expect(opened).toContain("relay"); // the only kind of candidate
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
