// Links with a lobby, in both browsers: who comes knocks, a host lets him in or not; what opens later, and talks that are booked.

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openChromium, openFirefox, startServer } from "./harness.mjs";
import { company } from "./people.mjs";

let server;
const browsers = {};

beforeAll(async () => {
  // So long before that who offers a talk is reminded of it as soon as it is booked.
  server = await startServer({ PRONTO_REMIND_BEFORE: "168h" });
  browsers.Chromium = await openChromium();
  browsers.Firefox = await openFirefox();
});
afterAll(async () => {
  for (const browser of Object.values(browsers)) await browser.close();
  await server?.stop();
});

const here = company(afterEach);

async function come(browser, name, path, options) {
  return here.come(browsers[browser], server.url, name, path, options);
}

/** makes has Ana make a link, with the terms that fill sets, and returns where it leads. */
async function makes(ana, fill) {
  await ana.sees("contacts");
  await ana.page.evaluate(() => {
    location.hash = "links/new";
  });
  await ana.sees("create-link");
  await fill();
  await ana.press("create-link");
  await ana.sees("link-address");
  const { pathname, hash } = new URL(await ana.it("link-address").getAttribute("href"));
  expect(hash, "the address has the secret").toMatch(/^#k=/);
  return pathname + hash;
}

/** knocks has a guest come and ask to be let in. */
async function knocks(guest) {
  await guest.sees("join");
  await guest.it("nickname").fill("Zoe");
  await guest.press("join-call");
  await guest.sees("join-waiting");
}

test.each([
  ["Chromium", "Firefox"],
  ["Firefox", "Chromium"],
])(
  "a guest in %s knocks at a host's in %s, who says no, then yes; a second no is for good",
  async (by, at) => {
    const ana = await come(at, "ana");
    const path = await makes(ana, async () => {
      await ana.it("link-title").fill("Piano lesson");
      await ana.it("link-lobby").selectOption("everyone");
    });
    await ana.looksGood(`link-lobby-${at}`);
    const zoe = await come(by, "zoe", path);
    await knocks(zoe);
    await zoe.looksGood(`waiting-${by}`);
    await ana.reads("lobby", /1 person wants into “Piano lesson”[\s\S]*Zoe[\s\S]*Guest/);
    await ana.looksGood(`lobby-${at}`);
    await zoe.press("stop-waiting");
    await zoe.sees("join");
    await ana.it("waiter").waitFor({ state: "detached" });

    await knocks(zoe);
    await ana.press("deny");
    await zoe.sees("join-denied");
    await zoe.looksGood(`denied-${by}`);
    await zoe.press("ask-again");

    const carlo = await come(by, "carlo");
    await carlo.sees("contacts");
    await carlo.go(path);
    await carlo.press("join-call");
    await carlo.sees("join-waiting");
    await ana.press("admit");
    await carlo.sees("call");
    await carlo.press("hangup");

    await knocks(zoe);
    await ana.press("deny");
    await zoe.sees("join-denied");
    await zoe.press("ask-again");
    await zoe.sees("join");
    await zoe.it("nickname").fill("Zoe");
    await zoe.press("join-call");
    await zoe.sees("dead-link");
  },
);

test("a host in the call sees who waits there, and one who comes by the host link lets in as well", async () => {
  const ana = await come("Chromium", "ana");
  const path = await makes(ana, async () => {
    await ana.it("link-lobby").selectOption("everyone");
    await ana.press("link-more");
    await ana.page.getByTestId("link-host").check({ force: true });
  });
  const host = new URL(await ana.it("host-address").textContent());
  await ana.looksGood("host-link");
  const carlo = await come("Chromium", "carlo", host.pathname + host.hash);
  await carlo.sees("join");
  await carlo.it("nickname").fill("Carlo");
  await carlo.press("join-call");
  await carlo.sees("call");
  const zoe = await come("Chromium", "zoe", path);
  await knocks(zoe);
  await carlo.sees("admit");
  await carlo.looksGood("lobby-in-call");
  await carlo.press("admit");
  await zoe.sees("call");
  await carlo.it("waiter").waitFor({ state: "detached" });
});

test("a link that opens later says when, and its event goes to a calendar with the whole address", async () => {
  const ana = await come("Chromium", "ana");
  const opens = new Date(Date.now() + 48 * 3_600_000);
  const local = new Date(opens.getTime() - opens.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  const path = await makes(ana, async () => {
    await ana.it("link-title").fill("Concert; in the park, free");
    await ana.it("link-expiry").selectOption("604800");
    await ana.press("link-more");
    await ana.it("link-opens").fill(local);
  });
  const [download] = await Promise.all([ana.page.waitForEvent("download"), ana.press("save-ics")]);
  expect(download.suggestedFilename()).toBe("pronto.ics");
  const parts = [];
  for await (const part of await download.createReadStream()) parts.push(part);
  const lines = Buffer.concat(parts).toString().replaceAll("\r\n ", "").split("\r\n");
  expect(lines).toContain("SUMMARY:Concert\\; in the park\\, free");
  expect(lines).toContain(`URL:${server.url}${path}`);
  expect(lines).toContain(`DTSTART:${`${opens.toISOString().slice(0, 16).replace(/[-:]/g, "")}00Z`}`);
  const zoe = await come("Chromium", "zoe", path);
  await zoe.sees("join");
  await zoe.it("nickname").fill("Zoe");
  await zoe.press("join-call");
  await zoe.sees("join-early");
  await zoe.reads("join-early", /Opens: /);
  await zoe.looksGood("early");
});

test("a guest books a talk in the hours that are offered, and nobody else gets the same", async () => {
  const ana = await come("Chromium", "ana");
  const path = await makes(ana, async () => {
    await ana.it("link-expiry").selectOption("604800");
    await ana.press("link-more");
    await ana.page.getByTestId("link-books").check({ force: true });
    await ana.it("book-from").fill("09:00");
    await ana.it("book-to").fill("10:00");
    await ana.reads("book-count", /2 talks/);
  });
  await ana.reads("bookings", /free[\s\S]*free/);
  const zoe = await come("Chromium", "zoe", path);
  await zoe.sees("join");
  await zoe.it("nickname").fill("Zoe");
  await zoe.press("join-call");
  await zoe.sees("join-books");
  await zoe.looksGood("books");
  await zoe.page.getByTestId("slot").first().check({ force: true });
  await zoe.press("book");
  await zoe.sees("join-booked");
  await zoe.looksGood("booked");
  const talk = await zoe.it("booked-address").getAttribute("href");
  expect(talk).toMatch(/\/j\/[\w-]{20,}#k=/);

  await ana.reads("bookings", /booked[\s\S]*free/); // her page, which was open, has learnt of it
  // Whose link it is is reminded on all pages, and gets there with the key that the guest has.
  await ana.reads("reminder", /^A booked talk begins at .*9:00/);
  expect(await ana.it("join-talk").getAttribute("href")).toBe(talk);
  await ana.looksGood("reminder");
  await ana.press("dismiss-reminder");
  await ana.it("reminders").waitFor({ state: "detached" });
  const dora = await come("Chromium", "dora", path);
  await dora.sees("join");
  await dora.it("nickname").fill("Dora");
  await dora.press("join-call");
  await dora.sees("join-books");
  expect(await dora.page.getByTestId("slot").count()).toBe(1);
});
