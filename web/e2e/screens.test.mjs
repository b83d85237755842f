// Every screen outside a call, in both browsers, on a phone and on a desk, light and dark, in three languages: nothing for
// axe to find, nothing cut off, nothing too small for a finger.

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openChromium, openFirefox, startServer } from "./harness.mjs";
import { company, Person } from "./people.mjs";

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
  browsers.large = await openFirefox({ "font.size.variable.x-western": 32 }); // of 16, in its own settings
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

const here = company(afterEach);

/** listen keeps the page's sockets in window.sockets, beside what choose does. */
function listen(prefs) {
  if (location.protocol === "http:") localStorage.setItem("pronto.prefs", JSON.stringify(prefs));
  const Real = window.WebSocket;
  window.sockets = [];
  window.WebSocket = class extends Real {
    constructor(...args) {
      super(...args);
      window.sockets.push(this);
    }
  };
}

/** expired is what the server says after a quarter of an hour, which is too long to wait for here. */
function expired(link) {
  const data = JSON.stringify({ type: "knockAnswered", body: { link, answer: "expired" } });
  window.sockets.at(-1).dispatchEvent(new MessageEvent("message", { data }));
}

test.each([
  ["Chromium", "phone", phone, "light", "it"],
  ["Chromium", "desk", desk, "dark", "pt-BR"],
  ["Firefox", "phone", phone, "dark", "pt-BR"],
  ["Firefox", "desk", desk, "light", "it"],
])(
  "all screens of a link are as they should be in %s, %s, %o %s, %s",
  async (name, size, viewport, theme, language) => {
    const look = { viewport, hasTouch: false, script: [listen, { theme, language }] };
    const come = (who, path) => here.come(browsers[name], server.url, who, path, look);
    const good = (person, screen) => person.looksGood(`${screen}-${name}-${size}-${theme}`);
    const ana = await come("ana", "/?as=ana");
    await ana.sees("contacts");

    /** makes has Ana make a link, with the terms that fill sets, and returns where it leads. */
    const makes = async (fill) => {
      await ana.page.evaluate(() => {
        location.hash = "links/new";
      });
      await ana.sees("create-link");
      await ana.it("link-expiry").selectOption("604800");
      await ana.press("link-more");
      await fill();
      await ana.press("create-link");
      await ana.sees("link-address");
      const { pathname, hash } = new URL(await ana.it("link-address").getAttribute("href"));
      return pathname + hash;
    };
    /** asks has a guest come and press Join. */
    const asks = async (path) => {
      const zoe = await come("zoe", path);
      await zoe.sees("join");
      await zoe.it("nickname").fill("Zoe");
      await zoe.press("join-call");
      return zoe;
    };

    const lobby = await makes(async () => {
      await ana.it("link-lobby").selectOption("everyone");
      await good(ana, "terms");
    });
    await good(ana, "link");
    const zoe = await asks(lobby);
    await zoe.sees("join-waiting");
    await good(zoe, "waiting");
    await ana.sees("waiter");
    await good(ana, "lobby");
    await ana.press("deny");
    await zoe.sees("join-denied");
    await good(zoe, "denied");
    expect((await zoe.it("toasts").innerText()).trim()).toBe(""); // that the page is left alone is no news
    await zoe.press("ask-again");
    await zoe.it("nickname").fill("Zoe");
    await zoe.press("join-call");
    await zoe.sees("join-waiting");
    await zoe.page.evaluate(expired, new URL(lobby, server.url).pathname.slice("/j/".length));
    await zoe.sees("join-unanswered");
    await good(zoe, "unanswered");
    await ana.press("deny"); // to the server she waits still
    await ana.it("waiter").waitFor({ state: "detached" });
    await zoe.context.close();

    const opens = new Date(Date.now() + 48 * 3_600_000).toISOString().slice(0, 16);
    const later = await asks(await makes(() => ana.it("link-opens").fill(opens)));
    await later.sees("join-early");
    await good(later, "early");
    await later.context.close();

    const booking = await makes(async () => {
      await ana.page.getByTestId("link-books").check({ force: true });
      await ana.it("book-from").fill("09:00");
      await ana.it("book-to").fill("10:00");
      await good(ana, "terms-books");
    });
    await good(ana, "link-books");
    const guest = await asks(booking);
    await guest.sees("join-books");
    await good(guest, "books");
    await guest.page.getByTestId("slot").first().check({ force: true });
    await guest.press("book");
    await guest.sees("join-booked");
    await good(guest, "booked");
  },
);

/** enlarge makes text twice as large, as a browser's own setting does, besides what choose does. */
function enlarge(prefs) {
  if (location.protocol !== "http:") return;
  localStorage.setItem("pronto.prefs", JSON.stringify(prefs));
  addEventListener("DOMContentLoaded", () => {
    document.documentElement.style.fontSize = "200%";
  });
}

test.each([
  ["a phone held sideways", { viewport: { width: 640, height: 360 } }, "it"],
  ["a desk of 1280 px at 200 % zoom", { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 }, "it"],
  ["the narrowest page (WCAG 1.4.10)", { viewport: { width: 320, height: 640 } }, "pt-BR"],
  ["a phone with text twice as large (1.4.4)", { viewport: phone, script: enlarge }, "it"],
  ["another with text twice as large", { viewport: phone, script: enlarge }, "pt-BR"],
  ["Firefox set to text twice as large", { viewport: phone, browser: "large" }, "it"],
])(
  "on %s nothing is cut off or covered, at rest and in a call",
  async (name, { browser = "Chromium", script = choose, ...size }, language) => {
    const look = { ...size, hasTouch: false, script: [script, { theme: "light", language }] };
    const dora = await here.come(browsers[browser], server.url, "dora", "/", look);
    const good = async (screen) => {
      await dora.page.evaluate(() => scrollTo(0, 0));
      await dora.looksGood(`${name.replaceAll(/\W+/g, "-")}-${screen}`);
      await dora.seesAll(`${name}: ${screen}`);
    };
    await dora.sees("as-dora");
    await good("signin");
    await dora.go("/?as=dora");
    await dora.sees("contacts");
    for (const place of places) {
      await dora.page.evaluate((hash) => {
        location.hash = hash;
      }, place);
      await dora.page.locator(place.includes("/") ? ".opened h1" : ".list h1").waitFor();
      await good(place.replace("/", "-"));
    }
    await dora.page.evaluate(() => {
      location.hash = "people";
    });
    const ana = await here.come(browsers.Chromium, server.url, "ana");
    await ana.sees("contacts");
    await dora.rings("ana");
    await good("outgoing");
    await ana.answers("decline");
    await dora.sees("ended");
    await good("ended");
    await dora.press("put-away");
    await ana.rings("dora");
    await dora.sees("incoming");
    if (script === choose && browser === "Chromium") {
      const all = await dora.it("incoming").evaluate((box) => box.scrollHeight <= box.clientHeight);
      expect(all, "all answers are to be seen at once").toBe(true);
    }
    await good("incoming");
    await dora.answers();
    await dora.sees("clock");
    await good("call");
    await dora.page.keyboard.press("c");
    await dora.sees("chat-panel");
    await good("chat");
    await dora.press("chat-close");
    await dora.press("call-more");
    await dora.press("open-devices");
    await dora.sees("devices-dialog");
    await good("devices");
    await dora.press("devices-close");
    await dora.press("call-more");
    await good("more");
    await dora.page.keyboard.press("Escape");
    await dora.page.keyboard.press("p");
    await dora.sees("invite");
    await good("add");
    await dora.page.keyboard.press("Escape");
    await ana.press("hangup");
    await dora.sees("ended");
  },
);
