// The banners of a call: each is raised by its cause, and goes when that is over.

import { chromium } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openChromium, startServer } from "./harness.mjs";
import { company, part } from "./people.mjs";

let server;
let browser;

beforeAll(async () => {
  server = await startServer();
  browser = await openChromium();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const here = company(afterEach);

async function come(name, options = {}, from = browser) {
  const person = await here.come(from, server.url, name, undefined, options);
  await person.sees("contacts");
  return person;
}

async function talking(options = {}, from = browser) {
  const [ana, bia] = await Promise.all([come("ana", options, from), come("bia")]);
  await ana.rings("bia");
  await bia.answers();
  await Promise.all([ana.sees("clock"), bia.sees("clock")]);
  return [ana, bia];
}

const gone = (person, testid) => person.it(testid).waitFor({ state: "detached", timeout: 60_000 });
const sees = (person, testid) => person.sees(testid, 60_000);

/**
 * handles runs in the page before everything else: it gives the test a hand on devices, as a person has one on a switch or a
 * plug, and on what the page sends. The page does not know of it.
 */
function handles() {
  const media = navigator.mediaDevices;
  const open = media.getUserMedia.bind(media);
  const gains = [];
  const mouths = [];
  window.gain = 1;
  window.tracks = [];
  media.getUserMedia = async (constraints) => {
    const stream = await open(constraints);
    const [microphone] = stream.getAudioTracks();
    if (microphone !== undefined) {
      // The microphone's own switch: what comes out of it is silence while it is off.
      const context = new AudioContext();
      const gain = context.createGain();
      gain.gain.value = window.gain;
      const voice = context.createOscillator();
      voice.frequency.value = 200; // Hz
      const mouth = context.createGain();
      mouth.gain.value = 0;
      voice.connect(mouth).connect(gain);
      voice.start();
      mouths.push(mouth);
      const out = context.createMediaStreamDestination();
      context
        .createMediaStreamSource(new MediaStream([microphone]))
        .connect(gain)
        .connect(out);
      gains.push(gain);
      stream.removeTrack(microphone);
      stream.addTrack(out.stream.getAudioTracks()[0]);
    }
    window.tracks.push(...stream.getTracks());
    return stream;
  };
  window.setGain = (value) => {
    window.gain = value;
    for (const { gain } of gains) gain.value = value;
  };
  /** speak is somebody who speaks without a pause, or stops. */
  window.speak = (on) => {
    for (const { gain } of mouths) gain.value = on ? 0.3 : 0;
  };
  /** unplug ends the newest track of a kind, as the browser does when its device is gone. */
  window.unplug = (kind) => {
    const track = window.tracks.findLast((one) => one.kind === kind && one.readyState === "live");
    track.stop();
    track.dispatchEvent(new Event("ended"));
  };
  const connections = [];
  const Real = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(...args) {
      super(...args);
      connections.push(this);
    }
  };
  /** sendSound stops and starts the packets of our sound, while the microphone stays on. */
  window.sendSound = async (active) => {
    for (const connection of connections)
      for (const sender of connection.getSenders()) {
        if (sender.track?.kind !== "audio") continue;
        const parameters = sender.getParameters();
        for (const encoding of parameters.encodings) encoding.active = active;
        await sender.setParameters(parameters);
      }
  };
  window.limits = false;
  const stats = Real.prototype.getStats;
  Real.prototype.getStats = async function (...args) {
    const report = await stats.apply(this, args);
    if (!window.limits) return report;
    return new Map(
      [...report].map(([id, one]) => [
        id,
        one.type === "outbound-rtp" && one.kind === "video"
          ? { ...one, qualityLimitationReason: "cpu" }
          : one,
      ]),
    );
  };
  const battery = Object.assign(new EventTarget(), { level: 0.5, charging: false });
  navigator.getBattery = async () => battery;
  window.setBattery = (level, charging) => {
    Object.assign(battery, { level, charging });
    battery.dispatchEvent(new Event("levelchange"));
  };
}

test("a camera that goes away is told, and comes back by its button", async () => {
  const [ana, bia] = await talking({ script: [handles] });
  await ana.page.evaluate(() => window.unplug("video"));
  await ana.reads("device-problem", /No camera\./);
  await ana.looksGood("camera-lost");
  await bia.page.locator("[data-who=ana] video").waitFor({ state: "detached" });
  await ana.press("camera");
  await gone(ana, "device-problem");
  await bia.page.locator("[data-who=ana] video").waitFor();
  await part(ana, bia);
});

/** shutter runs in the page before everything else: window.stands has the camera give no frames, until it is opened anew. */
function shutter() {
  const media = navigator.mediaDevices;
  const open = media.getUserMedia.bind(media);
  media.getUserMedia = async (constraints) => {
    const stream = await open(constraints);
    for (const camera of stream.getVideoTracks()) {
      window.stands = false;
      const processor = new MediaStreamTrackProcessor({ track: camera });
      const generator = new MediaStreamTrackGenerator({ kind: "video" });
      const gate = new TransformStream({
        transform(frame, out) {
          if (window.stands) frame.close();
          else out.enqueue(frame);
        },
      });
      processor.readable
        .pipeThrough(gate)
        .pipeTo(generator.writable)
        .catch(() => camera.stop()); // the page has stopped the generator
      stream.removeTrack(camera);
      stream.addTrack(generator);
    }
    return stream;
  };
}

test("a camera that stands still is told, and starts again by itself or by its button", async () => {
  const [ana, bia] = await talking({ script: [shutter] });
  await bia.receives("ana");
  const stand = (on) =>
    ana.page.evaluate((stands) => {
      window.stands = stands;
    }, on);
  await stand(true);
  await ana.reads("alert-frozen", /Your camera gives no picture any more/);
  await ana.looksGood("alert-frozen");
  await stand(false);
  await gone(ana, "alert-frozen");
  await stand(true);
  await sees(ana, "alert-frozen");
  await ana.press("restart-camera");
  await gone(ana, "alert-frozen");
  await bia.receives("ana");
  await part(ana, bia);
});

/** sockets runs in the page before everything else: window.pull takes a loudspeaker out, as its plug does, or puts it back. */
function sockets() {
  const media = navigator.mediaDevices;
  const list = media.enumerateDevices.bind(media);
  const pulled = new Set();
  media.enumerateDevices = async () => (await list()).filter(({ deviceId }) => !pulled.has(deviceId));
  window.pull = (id, out) => {
    if (out) pulled.add(id);
    else pulled.delete(id);
    media.dispatchEvent(new Event("devicechange"));
  };
}

test("a loudspeaker that goes away is told, sound comes by the system's own, and goes back to it when it is there again", async () => {
  const [ana, bia] = await talking({ script: [sockets] });
  const sink = () => ana.it("sound-bia").evaluate(({ sinkId }) => sinkId);
  await ana.press("call-more");
  await ana.press("open-devices");
  const speaker = await ana
    .it("choose-speaker")
    .evaluate((menu) => [...menu.options].map(({ value }) => value).find((value) => value !== ""));
  expect(speaker).toMatch(/./);
  await ana.it("choose-speaker").selectOption(speaker);
  await ana.press("devices-close");
  await expect.poll(sink).toBe(speaker);
  expect(await ana.it("alert-speaker").count()).toBe(0);
  const pull = (out) => ana.page.evaluate(([id, is]) => window.pull(id, is), [speaker, out]);
  await pull(true);
  await ana.reads("alert-speaker", /Your loudspeaker was unplugged\./);
  await ana.looksGood("alert-speaker");
  await expect.poll(sink).toBe("");
  await pull(false);
  await gone(ana, "alert-speaker");
  await expect.poll(sink).toBe(speaker);
  await pull(true);
  await sees(ana, "alert-speaker");
  await ana.it("alert-speaker").getByRole("button").last().click(); // he has read it: the system's own is his choice now
  await gone(ana, "alert-speaker");
  expect(await sink()).toBe("");
  await part(ana, bia);
});

test("speaking while muted, a microphone without sound, and one that was unplugged", async () => {
  const [ana, bia] = await talking({ script: [handles] });
  await ana.page.keyboard.press("m");
  await bia.page.locator("[data-who=ana] [data-testid=muted]").waitFor();
  await ana.page.evaluate(() => window.speak(true));
  await ana.reads("alert-muted", /You are speaking, and your microphone is off\./);
  await ana.looksGood("alert-muted");
  await ana.page.evaluate(() => window.speak(false));
  await gone(ana, "alert-muted"); // he has stopped
  await ana.page.evaluate(() => window.speak(true));
  await ana.press("unmute");
  await gone(ana, "alert-muted");
  await ana.page.evaluate(() => window.speak(false));
  await bia.page.locator("[data-who=ana] [data-testid=muted]").waitFor({ state: "detached" });

  await ana.page.evaluate(() => window.setGain(0));
  await sees(ana, "alert-silent");
  await ana.looksGood("alert-silent");
  await ana.press("choose-devices");
  await ana.sees("choose-microphone");
  await ana.looksGood("devices");
  await ana.press("devices-close");
  await ana.page.evaluate(() => window.setGain(1));
  await gone(ana, "alert-silent");

  await ana.page.evaluate(() => window.unplug("audio"));
  await ana.reads("alert-replaced", /Your microphone was unplugged\. Now in use: ./);
  await ana.looksGood("alert-replaced");
  await bia.receives("ana");
  await gone(ana, "alert-replaced");
  await part(ana, bia);
});

test("who sends no sound although his microphone is on is told that they cannot hear him, and they see it", async () => {
  const [ana, bia] = await talking({ script: [handles] });
  await bia.receives("ana");
  await ana.page.evaluate(() => window.sendSound(false));
  await sees(ana, "alert-not-heard");
  await bia.page.locator("[data-who=ana] [data-testid=not-heard]").waitFor();
  await bia.looksGood("not-heard");
  await ana.page.evaluate(() => window.sendSound(true));
  await gone(ana, "alert-not-heard");
  await bia.page.locator("[data-who=ana] [data-testid=not-heard]").waitFor({ state: "detached" });
  await part(ana, bia);
});

test("a low battery and a machine that is too slow", async () => {
  const [ana, bia] = await talking({ script: [handles] });
  await ana.page.evaluate(() => window.setBattery(0.04, false));
  await ana.reads("alert-battery", /Your battery is nearly empty\./);
  await bia.page.locator("[data-who=ana] [data-testid=battery]").waitFor();
  await ana.page.evaluate(() => window.setBattery(0.04, true));
  await gone(ana, "alert-battery");
  await bia.page.locator("[data-who=ana] [data-testid=battery]").waitFor({ state: "detached" });

  await ana.page.evaluate(() => {
    window.limits = true;
  });
  await sees(ana, "alert-cpu");
  await ana.looksGood("alert-cpu");
  await ana.page.evaluate(() => {
    window.limits = false;
  });
  await gone(ana, "alert-cpu");
  await part(ana, bia);
});

test("a permission that is taken back and given again costs no call", async () => {
  const own = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--use-fake-device-for-media-stream",
      "--autoplay-policy=no-user-gesture-required",
    ],
  });
  try {
    const [ana, bia] = await talking({ permissions: ["microphone", "camera"] }, own);
    await bia.receives("ana");
    await ana.context.clearPermissions();
    await ana.reads("device-problem", /No camera\.|No microphone/);
    await bia.page.locator("[data-who=ana] video").waitFor({ state: "detached" });
    await ana.receives("bia");
    await ana.context.grantPermissions(["microphone", "camera"]);
    await gone(ana, "device-problem");
    await bia.page.locator("[data-who=ana] video").waitFor();
    await bia.receives("ana");
    await part(ana, bia);
  } finally {
    await own.close();
  }
});

test("a page that slept, and one whose network was away, are in the same call afterwards, and nobody has dialled", async () => {
  const [ana, bia] = await talking();
  await bia.receives("ana");
  const devtools = await bia.context.newCDPSession(bia.page);
  await devtools.send("Page.setWebLifecycleState", { state: "frozen" });
  await new Promise((resolve) => setTimeout(resolve, 12_000)); // longer than the server waits for an answer
  await devtools.send("Page.setWebLifecycleState", { state: "active" });
  await bia.receives("ana");
  await ana.receives("bia");

  await bia.context.setOffline(true);
  await bia.page.evaluate(() => dispatchEvent(new Event("offline")));
  await bia.reads("call", /Reconnecting…/, 60_000);
  await bia.context.setOffline(false);
  await bia.receives("ana");
  await ana.receives("bia");
  await ana.press("hangup");
  await bia.sees("ended");
  await ana.press("put-away");
  await ana.press("nav-recents");
  const recent = ana.page.getByTestId("recent");
  await expect.poll(() => recent.first().getAttribute("data-outcome")).toBe("answered");
  await part(ana, bia);
});

test("what people write is read by those in the call, and the server cannot read it", async () => {
  const [ana, bia] = await talking();
  const sent = [];
  await bia.page.evaluate(() => undefined);
  ana.page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => sent.push(String(payload))));
  await ana.page.reload(); // so that the frames of its socket are seen
  await ana.receives("bia");
  await ana.page.keyboard.press("c");
  await ana.it("chat-text").fill("Vediamoci alle otto, mh?");
  await ana.page.keyboard.press("Enter");
  await ana.reads("chat-lines", /You[\s\S]*Vediamoci alle otto, mh\?/);
  await bia.reads("unread", /1/);
  await bia.press("chat");
  await bia.reads("chat-lines", /Ana[\s\S]*Vediamoci alle otto, mh\?/);
  await bia.it("chat-text").fill("<b>ok</b>");
  await bia.press("chat-send");
  await ana.reads("chat-lines", /Bia[\s\S]*<b>ok<\/b>/);
  await Promise.all([ana.looksGood("chat"), bia.looksGood("chat")]);
  await bia.page.keyboard.press("Escape");
  await gone(bia, "chat-panel");
  expect(await bia.page.evaluate(() => document.activeElement?.getAttribute("data-testid"))).toBe("chat");
  expect(sent.filter((frame) => frame.includes('"say"')).length).toBe(1);
  expect(sent.join().includes("Vediamoci")).toBe(false);

  // Who loads the page again has what was written before; when the call is over, nobody has it.
  const written = await ana.page.locator("[data-testid=chat-lines] time").allInnerTexts();
  expect(written).toHaveLength(2);
  for (const time of written) expect(time).toMatch(/^\d{1,2}:\d{2}/);
  await ana.page.reload();
  await ana.receives("bia");
  await ana.press("chat");
  await ana.reads("chat-lines", /You[\s\S]*Vediamoci alle otto, mh\?[\s\S]*Bia[\s\S]*<b>ok<\/b>/);
  expect(await ana.page.locator("[data-testid=chat-lines] time").allInnerTexts()).toEqual(written);
  await ana.it("chat-text").fill("E ora?");
  await ana.page.keyboard.press("Enter");
  await bia.reads("unread", /1/);
  await ana.page.keyboard.press("Escape");
  await bia.press("hangup");
  await ana.sees("ended");
  for (const { page } of [ana, bia])
    expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage }))).not.toMatch(/otto|ora/);
  await part(ana, bia);
});
