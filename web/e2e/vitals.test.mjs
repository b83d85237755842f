// How quick the page is in a call, and what it costs. From the press on Accept to the other's picture: on a machine that does
// nothing else half a second is the aim (PICTURE_MS=500); one that runs other tests beside has more time. What a page of nine
// needs of the processor beyond a page that only decodes the same pictures. What a call of MINUTES leaves in memory, 2 if not set.

import { afterAll, beforeAll, expect, test } from "vitest";
import { leave, openChromium, signIn, startServer, waitFor } from "./harness.mjs";
import { Person, part } from "./people.mjs";

const pictureMs = Number(process.env.PICTURE_MS ?? 1_500);
const heardMs = 100; // until a press is answered
const minutes = Number(process.env.MINUTES ?? 2);
const mostGrowth = 10e6; // bytes
const cpuSeconds = 20; // that are measured
const mostCores = 0.6; // of one core, beyond an empty page that decodes the same
const pictures = 8; // of as many bots

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

/** guardMs is a little longer than the dialog of a call ignores presses, so that the first one counts. */
const guardMs = 700;

/**
 * timePicture runs in the page before everything else: it times, after the press on Accept, when the page says that it was
 * heard, and the first frame of somebody else.
 */
function timePicture() {
  let pressedMs;
  addEventListener("click", ({ target }) => {
    if (target instanceof Element && target.closest("[data-testid=accept]") !== null)
      pressedMs ??= performance.now();
  });
  const look = () => {
    const said = document.querySelector("[data-testid=answering]")?.textContent ?? "";
    if (pressedMs !== undefined && said !== "") window.saidMs ??= performance.now() - pressedMs;
    const video = document.querySelector("[data-testid=tile]:not([data-who=self]) video");
    if (pressedMs !== undefined && video !== null && video.videoWidth > 0 && video.readyState >= 2) {
      window.pictureMs = performance.now() - pressedMs;
      return;
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/**
 * timeBarePicture is what the browsers alone need, with nothing of ours: two empty pages, of which one has its camera
 * ready, as who rings has. From the other's wish for a camera to the first frame of the first, in ms.
 */
async function timeBarePicture(context) {
  const [calling, called] = await Promise.all([context.newPage(), context.newPage()]);
  await Promise.all([calling, called].map((page) => page.goto(`${server.url}/robots.txt`)));
  const meet = async (answers) => {
    const between = new BroadcastChannel("bare");
    const connection = new RTCPeerConnection();
    connection.onicecandidate = ({ candidate }) => between.postMessage({ candidate: candidate?.toJSON() });
    const say = async () => {
      await connection.setLocalDescription();
      between.postMessage({ description: connection.localDescription.toJSON() });
    };
    const add = async () => {
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: true,
        video: { width: 640, height: 360 },
      });
      for (const track of stream.getTracks()) connection.addTrack(track, stream);
    };
    const early = [];
    between.onmessage = async ({ data: { description, candidate } }) => {
      if (candidate && !connection.remoteDescription) early.push(candidate);
      else if (candidate) await connection.addIceCandidate(candidate);
      if (!description) return;
      await connection.setRemoteDescription(description);
      for (const candidate of early.splice(0)) await connection.addIceCandidate(candidate);
      if (description.type === "offer") await say();
    };
    if (!answers) return add();
    const beganMs = performance.now();
    await add();
    await say();
    const video = document.body.appendChild(document.createElement("video"));
    video.muted = video.autoplay = true;
    const shown = new Promise((resolve) => video.requestVideoFrameCallback(resolve));
    connection.ontrack = ({ track, streams: [stream] }) => {
      if (track.kind === "video") video.srcObject = stream;
    };
    await shown;
    return performance.now() - beganMs;
  };
  await calling.evaluate(meet, false);
  const tookMs = await called.evaluate(meet, true);
  await Promise.all([calling.close(), called.close()]);
  return Math.round(tookMs);
}

test("the other's picture is there soon after the press on Accept", async () => {
  const tries = [];
  const heard = [];
  const bare = [];
  const empty = await browser.newContext({ permissions: ["camera", "microphone"] });
  for (let i = 0; i < 6 && !tries.some((ms) => ms <= pictureMs); i++) {
    const [ana, bia] = await Promise.all([
      Person.come(browser, server.url, "ana"),
      Person.come(browser, server.url, "bia", undefined, { script: [timePicture] }),
    ]);
    await bia.sees("contacts");
    await ana.rings("bia");
    await bia.sees("incoming");
    await new Promise((resolve) => setTimeout(resolve, guardMs));
    await bia.press("accept");
    await expect
      .poll(() => bia.page.evaluate(() => window.pictureMs), { timeout: 30_000 })
      .toBeGreaterThan(0);
    tries.push(Math.round(await bia.page.evaluate(() => window.pictureMs)));
    heard.push(Math.round(await bia.page.evaluate(() => window.saidMs)));
    await part(ana, bia);
    bare.push(await timeBarePicture(empty));
  }
  await empty.close();
  console.log(
    `accept to “Connecting”: ${heard.join(", ")} ms; to picture: ${tries.join(", ")} ms; two empty pages: ${bare.join(", ")} ms`,
  );
  expect(Math.min(...heard)).toBeLessThanOrEqual(heardMs);
  expect(Math.min(...tries)).toBeLessThanOrEqual(pictureMs);
});

/** cores is what a browser uses for a while, all its processes together: 1 is one core. */
async function cores(browser) {
  const session = await browser.newBrowserCDPSession();
  const used = async () => {
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
  };
  const [before, sinceMs] = [await used(), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, cpuSeconds * 1_000));
  const cores = (await used()) - before;
  await session.detach();
  return cores / ((performance.now() - sinceMs) / 1_000);
}

test("a page of nine costs little more than to decode what is on it", { timeout: 240_000 }, async () => {
  const link = await server.newLink({ title: "Nine" });
  const bots = ["One", "Two"].map((prefix) =>
    server.run(
      ...["load", "--url", server.url, "--scenario", "keys", "--link", link, "--prefix", prefix],
      ...["--members", "5", "--settle", "1h"],
    ),
  );
  try {
    // Ten seconds after the last change, a page that only decodes; then, in its place, the page itself.
    const bare = await signIn(browser, server.url, "ana");
    await bare.page.evaluate(async (id) => {
      window.shownHeight = 270;
      await window.pronto.joinLink(id, { microphone: false, camera: false });
    }, link);
    const decoding = async (many) => {
      const { participants } = await window.call.stats();
      const sizes = participants.flatMap(({ camera }) => (camera?.framesDecoded > 0 ? [camera.height] : []));
      return sizes.length === many ? sizes : undefined;
    };
    const heights = await waitFor(bare, "all pictures", decoding, pictures, 60_000);
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    const empty = await cores(browser);
    await leave(bare);

    const ana = await Person.come(browser, server.url, "ana", `/j/${link}`);
    await ana.it("nickname").fill("Ana");
    await ana.press("join-call");
    await ana.sees("stage");
    const shown = () =>
      [...document.querySelectorAll("[data-testid=tile] video")].filter((one) => one.videoWidth > 0).length;
    await expect.poll(() => ana.page.evaluate(shown), { timeout: 60_000 }).toBeGreaterThanOrEqual(pictures);
    await ana.page.keyboard.press("v"); // our own camera is no part of it
    await expect.poll(() => ana.page.locator("[data-testid=tile]").count()).toBe(9);
    await expect.poll(() => ana.page.evaluate(shown), { timeout: 60_000 }).toBe(pictures);
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    await ana.looksGood("nine");
    const full = await cores(browser);
    await part(ana);
    console.log(
      `nine tiles, ${pictures} pictures of ${heights.join(", ")} lines: ${full.toFixed(2)} cores; an empty page that decodes them ${empty.toFixed(2)}; ratio ${(full / empty).toFixed(2)}`,
    );
    expect(full - empty).toBeLessThanOrEqual(mostCores);
  } finally {
    for (const one of bots) one.stop();
    await Promise.allSettled(bots.map(({ done }) => done));
  }
});

test("a call leaves the page's memory as it was", { timeout: 120_000 + minutes * 60_000 }, async () => {
  const [ana, bia] = await Promise.all([
    Person.come(browser, server.url, "ana"),
    Person.come(browser, server.url, "bia"),
  ]);
  await bia.sees("contacts");
  await ana.rings("bia");
  await bia.answers();
  await ana.receives("bia");
  const devtools = await ana.context.newCDPSession(ana.page);
  const heap = async () => {
    await devtools.send("HeapProfiler.collectGarbage");
    return (await devtools.send("Runtime.getHeapUsage")).usedSize;
  };
  await new Promise((resolve) => setTimeout(resolve, 15_000)); // what is made once is made by then
  const before = await heap();
  const at = [before];
  for (let minute = 0; minute < minutes; minute++) {
    await new Promise((resolve) => setTimeout(resolve, 60_000));
    at.push(await heap());
  }
  console.log(`heap, minute by minute: ${at.map((bytes) => `${(bytes / 1e6).toFixed(2)} MB`).join(", ")}`);
  expect(at.at(-1) - before).toBeLessThanOrEqual(mostGrowth);
  await part(ana, bia);
});
