// Keys that change all the time: among two and three, all of them real browsers of whom one comes and goes, and among
// eight, of whom six are bots.

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { stage, waitDecoded } from "./harness.mjs";

const here = stage({ beforeAll, afterEach, afterAll });

/** seconds is for how long: short in make test, a minute in make soak. */
const seconds = Number(process.env.REKEY_SECONDS ?? 8);
const long = seconds >= 60;
const staying = 4; // bots; one more, who stays, comes with the one who comes and goes
const stillMs = 500; // how long a picture may stand still

/**
 * watch notes, for each participant's camera, the longest time without a new picture for the decoder. It asks the
 * worker, which costs little: to ask the browser for the statistics of seven tracks so often would hold up the page.
 */
function watch({ page }) {
  return page.evaluate(() => {
    const last = new Map();
    window.pauses = {};
    window.codes = new Set();
    window.clearInterval(window.watching);
    window.watching = setInterval(async () => {
      const counts = await window.call.frames();
      const at = performance.now();
      const there = new Set(window.call.participants.map(({ participant }) => participant));
      window.codes.add(window.call.encryption.code);
      for (const { way, source, participant, passed } of counts) {
        if (way !== "open" || source !== "camera" || passed === 0 || !there.has(participant)) continue;
        const before = last.get(participant);
        if (before !== undefined)
          window.pauses[participant] = Math.max(window.pauses[participant] ?? 0, at - before.at);
        if (before?.passed !== passed) last.set(participant, { passed, at });
      }
    }, 50);
  });
}

/** unwatched is what watch has noted: the longest pause of all, and how many codes there were. */
function unwatched({ page }) {
  return page.evaluate(() => {
    clearInterval(window.watching);
    return { pauseMs: Math.round(Math.max(0, ...Object.values(window.pauses))), codes: window.codes.size };
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

const joinWith = ({ page }, id, media) =>
  page.evaluate(
    ([link, wish]) => {
      window.shownHeight = 180;
      return window.pronto.joinLink(link, wish).then(() => true);
    },
    [id, media],
  );

/** restless joins the call of a link and leaves it again, a second each, and returns how often he has done so. */
function restless({ page }, id, media, forSeconds) {
  return page.evaluate(
    async ([link, wish, ms]) => {
      const second = () => new Promise((resolve) => setTimeout(resolve, 1_000));
      window.shownHeight = 180;
      let times = 0;
      for (const end = performance.now() + ms; performance.now() < end; times++) {
        const call = await window.pronto.joinLink(link, wish);
        await second();
        await call.leave();
        await second();
      }
      return times;
    },
    [id, media, forSeconds * 1_000],
  );
}

test.each([
  ["two", ["ana"]],
  ["three", ["ana", "carlo"]],
])(
  "of %s browsers one comes and goes every second, and nothing of the others stands still or is lost",
  async (_, stay) => {
    const both = { microphone: true, camera: true };
    const none = { microphone: false, camera: false };
    const staying = [];
    for (const user of stay) staying.push(await here.person("Chromium", user));
    const bia = await here.person("Firefox", "bia");
    const link = await here.server.newLink({ title: "Rekey" });
    for (const one of staying) await joinWith(one, link, both);
    const alone = stay.length === 1;
    if (!alone) {
      await waitDecoded(staying[0], "carlo");
      await waitDecoded(staying[1], "ana");
    }
    for (const one of staying) await watch(one);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const still = await Promise.all(staying.map(unwatched));
    for (const one of staying) await watch(one);
    // With two, it is her own picture that must flow while she is there.
    const times = await restless(bia, link, alone ? both : none, seconds);
    const changing = await Promise.all(staying.map(unwatched));
    const after = await Promise.all(staying.map(faults));
    console.log(JSON.stringify({ members: stay.length + 1, times, still, changing, after }));
    expect(times).toBeGreaterThan(seconds / 8);
    for (const i of staying.keys()) {
      expect(changing[i].codes).toBeGreaterThan(times); // each coming has keys of its own, and each going
      expect(after[i].heldMs).toBeLessThan(stillMs + still[i].pauseMs);
      if (long) expect(changing[i].pauseMs).toBeLessThan(stillMs);
      expect({ ...after[i], heldMs: 0 }).toEqual({
        noKey: 0,
        badTag: 0,
        malformed: 0,
        wrongSender: 0,
        heldMs: 0,
      });
    }
    await joinWith(bia, link, both);
    for (const user of stay) await waitDecoded(bia, user); // it goes on
    await waitDecoded(staying[0], "bia");
  },
  (seconds + 120) * 1_000,
);

test(
  "the keys change every second, and no picture stands still for it",
  async () => {
    const ana = await here.person("Chromium", "ana");
    const bia = await here.person("Firefox", "bia");
    const link = await here.server.newLink({ title: "Rekey" });
    for (const one of [ana, bia]) await joinWith(one, link, { microphone: true, camera: true });
    const bots = (members, prefix, ...more) =>
      here.server.run(
        ...["load", "--url", here.server.url, "--scenario", "keys", "--link", link],
        ...["--members", String(members), "--prefix", prefix, ...more],
      );
    const stay = bots(staying + 1, "Bot", "--settle", "1h");
    const everybody = Array.from({ length: staying }, (_, i) => `Bot ${i + 1}`);
    for (const [one, other] of [
      [ana, "bia"],
      [bia, "ana"],
    ]) {
      for (const user of [other, ...everybody]) await waitDecoded(one, user);
    }
    // A machine that has much to do lets pictures stand still by itself: how long, is seen while nothing changes.
    for (const one of [ana, bia]) await watch(one);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const still = await Promise.all([ana, bia].map(unwatched));
    const before = await Promise.all([ana, bia].map(faults));
    for (const one of [ana, bia]) await watch(one);
    const guests = JSON.parse(await bots(2, "Guest", "--every", "1s", "--duration", `${seconds}s`).done);
    const changing = await Promise.all([ana, bia].map(unwatched));
    const after = await Promise.all([ana, bia].map(faults));
    for (const user of ["bia", ...everybody]) await waitDecoded(ana, user); // it goes on
    for (const user of ["ana", ...everybody]) await waitDecoded(bia, user);
    stay.stop();
    const stayed = JSON.parse(await stay.done);
    console.log(JSON.stringify({ still, changing, after, guests, stayed }));
    expect(guests.joins + guests.leaves).toBeGreaterThan(seconds / 2);
    expect([guests.unopened, stayed.unopened]).toEqual([0, 0]);
    for (const i of [0, 1]) {
      expect(changing[i].codes).toBeGreaterThan(seconds / 3);
      // What keys can hold up is held in the worker. A busy machine holds up more: only the long form wants a quiet one.
      expect(after[i].heldMs).toBeLessThan(stillMs + still[i].pauseMs);
      if (long) expect(changing[i].pauseMs).toBeLessThan(stillMs);
      expect({ ...after[i], heldMs: 0 }).toEqual({ ...before[i], heldMs: 0 }); // nothing lost, nothing wrong
    }
  },
  (seconds + 180) * 1_000,
);
