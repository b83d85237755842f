// Encrypted frames of every codec, sent by both browsers and opened by both: all of them, and none wrongly.

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { accept, participantOf, ring, stage, waitDecoded, waitFor } from "./harness.mjs";

const { person } = stage({ beforeAll, afterEach, afterAll }, { PRONTO_ENCRYPTION: "required" });

/** cases are who sends what: a camera must come in sizes, which Firefox makes with VP8 only, but its screen comes in any codec. */
const cases =
  process.env.E2E_LONG === undefined
    ? [
        ["Chromium", "av1", "av1"],
        ["Firefox", "vp9", "vp8"],
      ]
    : ["vp8", "vp9", "av1"].flatMap((codec) => [
        ["Chromium", codec, codec],
        ["Firefox", codec, "vp8"],
      ]);

/** unseen is how those answer who only look: what they would send costs the machine as much as what is tested. */
const unseen = { camera: false };

/** keepConnections has the page keep its connections, so that what comes in can be looked at. */
function keepConnections({ page }) {
  return page.evaluate(() => {
    const Connection = window.RTCPeerConnection;
    window.connections = [];
    window.RTCPeerConnection = class extends Connection {
      constructor(configuration) {
        super(configuration);
        window.connections.push(this);
      }
    };
    /** incoming is what comes in as somebody's picture. */
    window.incoming = async (participant, source) => {
      const track = window.call.media(participant)[source];
      for (const connection of window.connections)
        for (const receiver of connection.getReceivers()) {
          if (track === undefined || receiver.track !== track) continue;
          const reports = [...(await receiver.getStats()).values()];
          const inbound = reports.find((r) => r.type === "inbound-rtp");
          const mimeType = reports.find((r) => r.id === inbound?.codecId)?.mimeType?.toLowerCase();
          return { mimeType, frames: inbound?.framesDecoded ?? 0, height: inbound?.frameHeight ?? 0 };
        }
      return { frames: 0, height: 0 };
    };
  });
}

/** paintScreen gives the page a screen to share: Firefox shares none without a person's click. */
function paintScreen({ page }) {
  return page.evaluate(() => {
    navigator.mediaDevices.getDisplayMedia = async () => {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [640, 360];
      const context = canvas.getContext("2d");
      let n = 0;
      setInterval(() => {
        context.fillStyle = `hsl(${n++ % 360} 80% 50%)`;
        context.fillRect((7 * n) % 600, (3 * n) % 330, 40, 30);
      }, 50);
      return canvas.captureStream(20);
    };
  });
}

/** comes waits until thirty more frames of a picture were decoded in a codec, at a height if one is named. */
async function comes(one, participant, source, codec, height) {
  const now = () => one.page.evaluate(([who, what]) => window.incoming(who, what), [participant, source]);
  await waitFor(
    one,
    `${source} in ${codec}${height === undefined ? "" : ` at ${height}`}`,
    async ([who, what, mimeType, wanted]) => {
      const is = await window.incoming(who, what);
      return is.mimeType === mimeType && is.frames > 0 && (wanted === undefined || is.height === wanted);
    },
    [participant, source, `video/${codec}`, height],
    60_000,
  );
  const { frames } = await now();
  await waitFor(
    one,
    `thirty frames of ${source} in ${codec}`,
    async ([who, what, most]) => (await window.incoming(who, what)).frames > most,
    [participant, source, frames + 30],
    60_000,
  );
}

/**
 * became tells what has become of somebody's frames, by source. What was sealed before one came is dropped without a fault: so
 * two of these are compared.
 */
async function became(one, participant) {
  const sums = {};
  for (const c of await one.page.evaluate(() => window.call.frames())) {
    if (c.way !== "open" || c.participant !== participant) continue;
    sums[c.source] ??= { frames: 0, opened: 0, faults: {} };
    const sum = sums[c.source];
    sum.frames += c.frames;
    sum.opened += c.passed + c.empty;
    for (const [fault, n] of Object.entries(c.faults)) sum.faults[fault] = (sum.faults[fault] ?? 0) + n;
  }
  return sums;
}

function expectAllOpened(one, before, after) {
  for (const source of ["microphone", "camera", "screen"]) {
    const was = before[source] ?? { frames: 0, opened: 0 };
    const is = after[source];
    const [came, opened] = [is.frames - was.frames, is.opened - was.opened];
    expect(came, `${source} that came to ${one.user}`).toBeGreaterThan(30);
    expect({ opened, faults: is.faults }, `${source} at ${one.user}`).toEqual({ opened: came, faults: {} });
  }
}

test.each(cases)(
  "%s's frames in %s are all opened by both browsers, at every size",
  async (sender, videoCodec, cameraCodec) => {
    const ana = await person(sender, "ana", "", { videoCodec });
    const bia = await person("Chromium", "bia");
    const carlo = await person("Firefox", "carlo");
    for (const one of [ana, bia, carlo]) await keepConnections(one);
    await paintScreen(ana);
    await ring(ana, ["bia", "carlo"]);
    await Promise.all([accept(bia, unseen), accept(carlo, unseen)]);
    await Promise.all([waitDecoded(bia, "ana"), waitDecoded(carlo, "ana")]);
    const viewers = await Promise.all(
      [bia, carlo].map(async (one) => {
        const id = await participantOf(one, "ana");
        return { one, id, before: await became(one, id) };
      }),
    );
    for (const height of [720, 180])
      await Promise.all(
        viewers.map(async ({ one, id }) => {
          await one.page.evaluate((h) => window.showAt(h), height);
          await comes(one, id, "camera", cameraCodec, height);
        }),
      );
    await ana.page.evaluate(() => window.call.shareScreen(true));
    await Promise.all(viewers.map(({ one, id }) => comes(one, id, "screen", videoCodec)));
    for (const { one, id, before } of viewers) expectAllOpened(one, before, await became(one, id));
  },
  240_000,
);
