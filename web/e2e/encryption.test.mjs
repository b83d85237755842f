// End-to-end encryption in real browsers: every frame is sealed, all are opened, and keys change without a frozen picture.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  accept,
  leave,
  openChromium,
  openFirefox,
  openPage,
  participantOf,
  ring,
  signIn,
  startServer,
  waitDecoded,
  waitFor,
} from "./harness.mjs";

let server;
const browsers = {};
let people = [];

beforeAll(async () => {
  server = await startServer({ PRONTO_ENCRYPTION: "required" });
  browsers.Chromium = await openChromium();
  browsers.Firefox = await openFirefox();
});

afterEach(async () => {
  for (const one of people) await leave(one);
  people = [];
});

afterAll(async () => {
  for (const browser of Object.values(browsers)) await browser.close();
  await server?.stop();
});

async function person(browser, user, link = "") {
  const one = await signIn(browsers[browser], server.url, user, link);
  people.push(one);
  return one;
}

/** encrypted waits until all have the keys of exactly these members, and the same code. */
async function encrypted(...all) {
  for (const one of all) {
    await waitFor(
      one,
      `keys for ${all.length}`,
      (count) => {
        const { state, members, warnings } = window.call.encryption;
        return state === "on" && members.length === count && warnings.length === 0;
      },
      all.length,
    );
  }
  const end = Date.now() + 10_000;
  for (;;) {
    const codes = await Promise.all(all.map((one) => one.page.evaluate(() => window.call.encryption.code)));
    if (new Set(codes).size === 1) return codes[0];
    if (Date.now() > end) throw new Error(`codes differ: ${codes}`);
  }
}

/** frames sums up what was sealed and opened, and what was not. */
async function frames({ page }) {
  const counts = await page.evaluate(() => window.call.frames());
  const sum = (way) =>
    counts
      .filter((one) => one.way === way)
      .reduce(
        (all, { passed, faults }) => {
          for (const [fault, number] of Object.entries(faults)) all[fault] = (all[fault] ?? 0) + number;
          return { ...all, passed: all.passed + passed };
        },
        { passed: 0 },
      );
  return { sealed: sum("seal"), opened: sum("open") };
}

/** wrong are the frames that were not what they said: none may ever be. The network may double some, which are played once. */
function wrong({ opened }) {
  const { badTag = 0, malformed = 0, wrongSender = 0 } = opened;
  return { badTag, malformed, wrongSender };
}

const nothingWrong = { badTag: 0, malformed: 0, wrongSender: 0 };

function everybodyDecodes(...all) {
  return Promise.all(
    all.flatMap((one) => all.filter((other) => other !== one).map((other) => waitDecoded(one, other.user))),
  );
}

describe.each([
  ["Chromium", "Chromium"],
  ["Firefox", "Firefox"],
  ["Chromium", "Firefox"],
  ["Firefox", "Chromium"],
])("%s calls %s", (a, b) => {
  test("all frames are sealed and opened, and both see the same code", async () => {
    const ana = await person(a, "ana");
    const bia = await person(b, "bia");
    await ring(ana, ["bia"], { kind: "video" });
    await accept(bia);
    expect(await encrypted(ana, bia)).toMatch(/^(\d{5} ){5}\d{5}$/);
    await everybodyDecodes(ana, bia);
    for (const one of [ana, bia]) {
      const counts = await frames(one);
      expect(counts.sealed.passed).toBeGreaterThan(20);
      expect(counts.opened.passed).toBeGreaterThan(20);
      expect(wrong(counts)).toEqual(nothingWrong);
    }
  });
});
