// Every screen outside a call, in both browsers, on a phone and on a desk, light and dark, in three languages: nothing for
// axe to find, nothing cut off, nothing too small for a finger.

import { afterAll, beforeAll, test } from "vitest";
import { openChromium, openFirefox, startServer } from "./harness.mjs";
import { Person } from "./people.mjs";

const phone = { width: 360, height: 740 };
const desk = { width: 1440, height: 900 };
const places = [
  "people",
  "people/bia",
  "recents",
  "groups",
  "groups/new",
  "links",
  "links/new",
  "settings",
  ...["profile", "privacy", "blocked", "quiet", "alerts", "media", "quality"].map(
    (name) => `settings/${name}`,
  ),
  ...["look", "keys", "linked", "why", "test", "account"].map((name) => `settings/${name}`),
];

let server;
const browsers = {};

beforeAll(async () => {
  server = await startServer({ PRONTO_CODE_SENDER: "log" });
  browsers.Chromium = await openChromium();
  browsers.Firefox = await openFirefox();
});
afterAll(async () => {
  for (const browser of Object.values(browsers)) await browser.close();
  await server?.stop();
});

/** choose puts what somebody has chosen where the page keeps it. It runs before the page, and in Firefox in the empty one before it. */
function choose(prefs) {
  if (location.protocol === "http:") localStorage.setItem("pronto.prefs", JSON.stringify(prefs));
}

test.each([
  ["Chromium", "phone", phone, "light", "it"],
  ["Chromium", "phone", phone, "dark", "pt-BR"],
  ["Chromium", "desk", desk, "light", "pt-BR"],
  ["Chromium", "desk", desk, "dark", "en"],
  ["Firefox", "phone", phone, "light", "pt-BR"],
  ["Firefox", "phone", phone, "dark", "it"],
  ["Firefox", "desk", desk, "light", "it"],
  ["Firefox", "desk", desk, "dark", "en"],
])(
  "all screens are as they should be in %s, %s, %o %s, %s",
  async (name, size, viewport, theme, language) => {
    const look = { viewport, hasTouch: false, script: [choose, { theme, language }] };
    const dora = await Person.come(browsers[name], server.url, "dora", "/", look);
    const mark = `${name}-${size}-${theme}`;
    await dora.sees("as-dora");
    await dora.looksGood(`signin-${mark}`);
    await dora.press("link-this");
    await dora.sees("device-code");
    await dora.looksGood(`link-this-${mark}`);
    await dora.go("/?as=dora");
    await dora.sees("contacts");
    await dora.page.evaluate(() => document.fonts.ready);
    for (const place of places) {
      await dora.page.evaluate((hash) => {
        location.hash = hash;
      }, place);
      const heading = place.includes("/") ? ".opened h1" : ".list h1";
      await dora.page.locator(heading).waitFor();
      await dora.looksGood(`${place.replace("/", "-")}-${mark}`);
    }
    await dora.leaves();
  },
);
