import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { accept, openPage, ring, stage, waitDecoded, waitFor } from "./harness.mjs";

const here = stage({ beforeAll, afterEach, afterAll });

/** everybody waits until all of them hear and see all the others. */
function everybodyDecodes(...all) {
  return everybodyDecodesIn(undefined, ...all);
}

function everybodyDecodesIn(timeoutMs, ...all) {
  return Promise.all(
    all.flatMap((one) =>
      all.filter((other) => other !== one).map((other) => waitDecoded(one, other.user, { timeoutMs })),
    ),
  );
}

/**
 * patienceMs is how long a larger grid may take to open: a browser sets up a decoder and more for each of twenty or more
 * media sections, on a machine that may have much else to do. What counts is that media goes on.
 */
const patienceMs = 100_000;

test("a third joins a call of two: all twelve streams are decoded and nobody dials again", async () => {
  const ana = await here.person("Chromium", "ana");
  const bia = await here.person("Firefox", "bia");
  const carlo = await here.person("Chromium", "carlo");
  const id = await ring(ana, ["bia"]);
  await accept(bia);
  await everybodyDecodes(ana, bia);
  expect(await ana.page.evaluate(() => window.call.topology)).toBe("direct");

  // The sound of the first two must go on while the way changes: look for the longest pause.
  await bia.page.evaluate(() => {
    window.pauseMs = 0;
    const other = window.call.participants.find((p) => !p.self).participant;
    let last = { packets: -1, at: performance.now() };
    window.watch = setInterval(async () => {
      const { participants } = await window.call.stats();
      const packets = participants.find((p) => p.participant === other)?.audio?.packets ?? -1;
      const at = performance.now();
      if (packets !== last.packets) {
        window.pauseMs = Math.max(window.pauseMs, at - last.at);
        last = { packets, at };
      }
    }, 50);
  });
  await ana.page.evaluate(() => window.call.invite(["carlo"]));
  expect(await accept(carlo)).toBe(id);
  const streams = await everybodyDecodes(ana, bia, carlo);
  expect(streams).toHaveLength(6); // of two each
  for (const stream of streams) {
    expect(stream.audio.samples).toBeGreaterThan(0);
    expect(stream.camera.framesDecoded).toBeGreaterThan(0);
  }
  for (const one of [ana, bia, carlo]) {
    const seen = await one.page.evaluate(() => ({
      id: window.call.id,
      topology: window.call.topology,
      ended: window.seen.ended,
      calls: window.pronto.calls.length,
    }));
    expect(seen).toEqual({ id, topology: "sfu", ended: [], calls: 1 });
  }
  const pauseMs = await bia.page.evaluate(() => {
    clearInterval(window.watch);
    return window.pauseMs;
  });
  expect(pauseMs).toBeLessThan(1_000);

  // One leaves; the others go on through the SFU.
  await bia.page.evaluate(() => window.call.leave());
  await waitFor(ana, "two in the call", () => window.call.participants.length === 2);
  await everybodyDecodes(ana, carlo);
});

test("mute, camera and screen of one are seen by the two others through the SFU", async () => {
  const ana = await here.person("Chromium", "ana");
  const bia = await here.person("Firefox", "bia");
  const carlo = await here.person("Firefox", "carlo");
  await ring(ana, ["bia", "carlo"]);
  await Promise.all([accept(bia), accept(carlo)]);
  await everybodyDecodes(ana, bia, carlo);
  const anaIs = (media) => {
    const now = window.call.participants.find((p) => p.user === "ana").media;
    return Object.entries(media).every(([source, on]) => now[source] === on);
  };
  await ana.page.evaluate(() => window.call.setMicrophone(false));
  await ana.page.evaluate(() => window.call.setCamera(false));
  for (const one of [bia, carlo]) await waitFor(one, "mute", anaIs, { microphone: false, camera: false });
  await ana.page.evaluate(() => window.call.shareScreen(true));
  for (const one of [bia, carlo]) {
    await waitFor(one, "a screen", anaIs, { screen: true });
    await waitDecoded(one, "ana", { audio: false, camera: false, screen: true });
  }
  await ana.page.evaluate(() => window.call.shareScreen(false));
  await ana.page.evaluate(() => window.call.setMicrophone(true));
  await ana.page.evaluate(() => window.call.setCamera(true));
  for (const one of [bia, carlo]) {
    await waitFor(one, "all again", anaIs, { microphone: true, camera: true, screen: false });
    await waitDecoded(one, "ana");
  }
});

test.each(["Chromium", "Firefox"])(
  "a larger grid opens more slots in %s, and media goes on",
  async (name) => {
    const ana = await here.person(name, "ana");
    const bia = await here.person("Chromium", "bia");
    await ana.page.evaluate(() => {
      const Connection = window.RTCPeerConnection;
      window.connections = [];
      window.RTCPeerConnection = class extends Connection {
        constructor(configuration) {
          super(configuration);
          window.connections.push(this);
        }
      };
    });
    await ring(ana, ["bia", "carlo"]);
    await accept(bia);
    await everybodyDecodesIn(patienceMs, ana, bia);
    for (const [pictures, sections] of [
      [10, 4 + 6 + 16],
      [30, 4 + 6 + 25],
    ]) {
      await ana.page.evaluate((count) => {
        const items = []; // beside the one who is there
        while (items.length + 1 < count)
          items.push({ participant: `p${90 + items.length}`, source: "camera", height: 90 });
        window.showAlso(items);
      }, pictures);
      await waitFor(
        ana,
        `${sections} media sections`,
        (count) => {
          const [connection] = window.connections;
          const answered = (connection.currentRemoteDescription?.sdp.match(/^m=/gm) ?? []).length;
          return answered === count;
        },
        sections,
        patienceMs,
      );
      await everybodyDecodesIn(patienceMs, ana, bia);
    }
    expect(await ana.page.evaluate(() => window.connections.length)).toBe(1);
  },
  6 * patienceMs,
);

test.each(["Chromium", "Firefox"])(
  "a larger grid opens in %s although an answer is lost on the way",
  async (name) => {
    const context = await here.browsers[name].newContext();
    const page = await context.newPage();
    let lost = 0;
    await page.routeWebSocket(/\/v1\/ws$/, (ws) => {
      const upstream = ws.connectToServer();
      upstream.onMessage((text) => {
        const frame = JSON.parse(text);
        const larger = frame.type === "negotiated" && frame.body.sdp.match(/^m=/gm).length === 4 + 6 + 16;
        if (!larger || lost > 0) return ws.send(text);
        lost++;
        const body = { code: "unavailable", detail: "a test keeps the answer" };
        ws.send(JSON.stringify({ type: "problem", id: frame.id, body }));
      });
    });
    const ana = { page, context, user: "ana", faults: [] };
    here.joins(ana);
    await openPage(page, here.server.url, "ana");
    const bia = await here.person("Chromium", "bia");
    await page.evaluate(() => {
      const set = RTCPeerConnection.prototype.setRemoteDescription;
      window.sections = 0;
      RTCPeerConnection.prototype.setRemoteDescription = async function (description) {
        await set.call(this, description);
        window.sections = (description.sdp.match(/^m=/gm) ?? []).length;
      };
    });
    await ring(ana, ["bia", "carlo"]);
    await accept(bia);
    await everybodyDecodesIn(patienceMs, ana, bia);
    for (const [pictures, sections] of [
      [10, 4 + 6 + 16],
      [20, 4 + 6 + 25],
    ]) {
      await page.evaluate((count) => {
        const items = []; // beside the one who is there
        while (items.length + 1 < count)
          items.push({ participant: `p${90 + items.length}`, source: "camera", height: 90 });
        window.showAlso(items);
      }, pictures);
      await waitFor(
        ana,
        `${sections} media sections`,
        (count) => window.sections === count,
        sections,
        patienceMs,
      );
      await everybodyDecodesIn(patienceMs, ana, bia);
    }
    expect(lost).toBe(1);
  },
  6 * patienceMs,
);

test("guests of a link meet through the SFU, and its revocation ends the call", async () => {
  const ana = await here.person("Chromium", "ana");
  const { link, secret } = await ana.page.evaluate(() =>
    window.pronto.links.create({ kind: "video", title: "Salon" }),
  );
  const zoe = await here.person("Firefox", "Zoe", link);
  expect(await zoe.page.evaluate(() => window.pronto.me)).toEqual({ name: "Zoe" });
  for (const one of [ana, zoe]) {
    await one.page.evaluate(
      ([id, key]) => window.pronto.joinLink(id, { camera: true, secret: key }).then(() => true),
      [link, secret],
    );
  }
  await everybodyDecodes(ana, zoe);
  const door = ([id, key]) => window.pronto.links.lookAt(id, key).then(({ title }) => title);
  expect(await zoe.page.evaluate(door, [link, secret])).toBe("Salon");
  await ana.page.evaluate((id) => window.pronto.links.revoke(id), link);
  for (const one of [ana, zoe])
    await waitFor(one, "the end", () => window.seen.ended[0]?.reason === "revoked");
});

test("a first offer that the server cannot answer at the moment is followed by one of a new connection", async () => {
  const context = await here.browsers.Chromium.newContext();
  const page = await context.newPage();
  let refused = 0;
  await page.routeWebSocket(/\/v1\/ws$/, (ws) => {
    const upstream = ws.connectToServer();
    ws.onMessage((text) => {
      const frame = JSON.parse(text);
      if (frame.type !== "negotiate" || refused > 0) return upstream.send(text);
      refused++;
      const body = { code: "unavailable", detail: "a test keeps it from the server" };
      ws.send(JSON.stringify({ type: "problem", id: frame.id, body }));
    });
  });
  const ana = { page, context, user: "ana", faults: [] };
  here.joins(ana);
  await openPage(page, here.server.url, "ana");
  const bia = await here.person("Chromium", "bia");
  const carlo = await here.person("Chromium", "carlo");
  await ring(ana, ["bia", "carlo"]); // through the SFU from the start
  await accept(bia);
  await accept(carlo);
  await everybodyDecodes(ana, bia, carlo);
  expect(refused).toBe(1);
});
