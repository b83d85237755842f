// Keys that change all the time, among eight: two real browsers, and six bots of whom one comes and goes.

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { participantOf, stage, waitDecoded, waitFor } from "./harness.mjs";

const here = stage({ beforeAll, afterEach, afterAll });

/** seconds is for how long: short in make test, a minute in make soak. */
const seconds = Number(process.env.REKEY_SECONDS ?? 12);
const bots = 6;
const stayMs = 500; // how long a picture may stand still

/** watch notes, for each participant, the longest time without a new picture. */
function watch({ page }) {
  return page.evaluate(() => {
    const last = new Map();
    window.pauses = {};
    window.codes = new Set();
    const look = async () => {
      const { participants } = await window.call.stats();
      const at = performance.now();
      window.codes.add(window.call.encryption.code);
      for (const { participant, camera } of participants) {
        if (camera === undefined) continue;
        const before = last.get(participant);
        if (before !== undefined)
          window.pauses[participant] = Math.max(window.pauses[participant] ?? 0, at - before.at);
        if (before?.frames !== camera.framesDecoded)
          last.set(participant, { frames: camera.framesDecoded, at });
      }
    };
    clearInterval(window.watching);
    window.watching = setInterval(look, 50);
  });
}

/** unwatched is what watch has noted: the longest pause of all, and how many codes there were. */
function unwatched({ page }) {
  return page.evaluate(() => {
    clearInterval(window.watching);
    return { pauseMs: Math.round(Math.max(...Object.values(window.pauses))), codes: window.codes.size };
  });
}

/** faults sums up what was not opened, by reason, and how long frames were held for their keys at most. */
async function faults({ page }) {
  const sum = { noKey: 0, badTag: 0, malformed: 0, wrongSender: 0, heldMs: 0 };
  for (const { way, heldMs, faults } of await page.evaluate(() => window.call.frames())) {
    if (way !== "open") continue;
    sum.heldMs = Math.max(sum.heldMs, Math.round(heldMs));
    for (const [fault, number] of Object.entries(faults)) if (fault in sum) sum[fault] += number;
  }
  return sum;
}

test(
  "the keys change every second, and no picture stands still for it",
  async () => {
    const ana = await here.person("Chromium", "ana");
    const bia = await here.person("Firefox", "bia");
    const { link } = await ana.page.evaluate(() =>
      window.pronto.createLink({ kind: "video", title: "Rekey" }),
    );
    for (const { page } of [ana, bia]) {
      await page.evaluate((id) => {
        window.shownHeight = 180;
        return window.pronto.joinLink(id, { microphone: true, camera: true }).then(() => true);
      }, link);
    }
    await Promise.all([waitDecoded(ana, "bia"), waitDecoded(bia, "ana")]);
    const stillMs = 8_000;
    const load = here.server.run(
      "load",
      ...["--url", here.server.url, "--scenario", "keys", "--members", String(bots), "--link", link],
      ...["--every", "1s", "--settle", `${stillMs}ms`, "--duration", `${seconds}s`],
    );
    load.catch(() => undefined); // it is awaited below
    for (const one of [ana, bia]) {
      await waitFor(
        one,
        "the bots' keys",
        (n) => window.call.encryption.members.length >= n,
        bots + 1,
        60_000,
      );
      for (let bot = 1; bot < bots; bot++) await participantOf(one, `Guest ${bot}`);
      await Promise.all(
        Array.from({ length: bots - 1 }, (_, i) => waitDecoded(one, `Guest ${i + 1}`, { audio: false })),
      );
    }
    // A machine that has much to do lets pictures stand still by itself: how long, is seen while nothing changes.
    const keysOf = () => ana.page.evaluate(() => window.call.encryption.code);
    for (const one of [ana, bia]) await watch(one);
    const code = await keysOf();
    await waitFor(ana, "a change of keys", (now) => window.call.encryption.code !== now, code, 60_000);
    const still = await Promise.all([ana, bia].map(unwatched));
    const before = await Promise.all([ana, bia].map(faults));
    for (const one of [ana, bia]) await watch(one);
    const report = JSON.parse(await load.finally(() => undefined));
    const changing = await Promise.all([ana, bia].map(unwatched));
    const after = await Promise.all([ana, bia].map(faults));
    console.log(JSON.stringify({ still, changing, after, report }));
    expect(report.joins + report.leaves).toBeGreaterThan(seconds / 2);
    expect(report.unopened).toBe(0);
    for (const i of [0, 1]) {
      expect(changing[i].pauseMs).toBeLessThan(Math.max(stayMs, still[i].pauseMs + 300));
      expect({ ...after[i], heldMs: 0 }).toEqual({ ...before[i], heldMs: 0 }); // nothing lost, nothing wrong
    }
  },
  (seconds + 120) * 1_000,
);
