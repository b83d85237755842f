// Bots, which are written in Go, and browsers in one encrypted call: two implementations of
// the keys and of what is sealed with them.

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import {
  accept,
  leave,
  openChromium,
  openFirefox,
  participantOf,
  ring,
  signIn,
  startServer,
  waitDecoded,
  waitFor,
} from "./harness.mjs";

const bot = "echo"; // it answers everybody

let server;
const browsers = {};
let people = [];

beforeAll(async () => {
  server = await startServer({ PRONTO_ENCRYPTION: "required", PRONTO_LOG_LEVEL: "info" }, [
    "demo",
    "--bots",
    "0",
    "--groups",
    "0",
  ]);
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

async function person(browser, user) {
  const one = await signIn(browsers[browser], server.url, user);
  people.push(one);
  return one;
}

/** encrypted waits until somebody has the keys of so many, and of nobody else. */
function encrypted(one, count) {
  return waitFor(
    one,
    `keys for ${count}`,
    (want) => {
      const { state, members, warnings } = window.call.encryption;
      return state === "on" && members.length === want && warnings.length === 0;
    },
    count,
  );
}

/** wrong counts the frames that were not what they said. */
async function wrong({ page }) {
  const counts = await page.evaluate(() => window.call.frames());
  return counts
    .flatMap(({ faults }) => [faults.badTag ?? 0, faults.malformed ?? 0, faults.wrongSender ?? 0])
    .reduce((sum, n) => sum + n, 0);
}

test.each(["Chromium", "Firefox"])(
  "%s is understood by a bot, and sees and hears itself come back",
  async (browser) => {
    const ana = await person(browser, "ana");
    await ring(ana, [bot], { kind: "video" });
    await encrypted(ana, 2);
    await waitDecoded(ana, bot); // what the bot has opened and sealed anew
    expect(await wrong(ana)).toBe(0);
  },
);

test("a bot and both browsers open each other's frames in a call of three", async () => {
  const ana = await person("Chromium", "ana");
  const bia = await person("Firefox", "bia");
  await ring(ana, [bot, "bia"], { kind: "video" });
  await accept(bia);
  await Promise.all([encrypted(ana, 3), encrypted(bia, 3)]);
  await participantOf(bia, bot);
  await Promise.all([
    waitDecoded(ana, bot),
    waitDecoded(bia, bot),
    waitDecoded(ana, "bia"),
    waitDecoded(bia, "ana"),
  ]);
  const codes = await Promise.all(
    [ana, bia].map(({ page }) => page.evaluate(() => window.call.encryption.code)),
  );
  expect(codes[0]).toBe(codes[1]);
  expect(await wrong(ana)).toBe(0);
  expect(await wrong(bia)).toBe(0);
});
