// That everything of a screen is to be seen and reached: by the keyboard, whatever lies over it, and with text twice as large.

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openChromium, startServer } from "./harness.mjs";
import { company } from "./people.mjs";

let server;
let browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), openChromium()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const here = company(afterEach);

async function come(name, options = {}, path = undefined) {
  return here.come(browser, server.url, name, path, options);
}

/** hiddenFocus runs in the page: it names what has the focus if nothing of it is to be seen, because something lies over it (WCAG 2.4.11). */
function hiddenFocus() {
  const one = document.activeElement;
  if (one === null || one === document.body) return "";
  const { left, right, top, bottom } = one.getBoundingClientRect();
  const across = [left + 3, (left + right) / 2, right - 3];
  const down = [top + 3, (top + bottom) / 2, bottom - 3];
  const seen = across.some((x) => down.some((y) => one.contains(document.elementFromPoint(x, y))));
  const label = one.querySelector("input") ?? one.closest("label"); // a switch has its box above itself
  return seen || label?.contains(document.elementFromPoint(across[1], down[1]))
    ? ""
    : one.outerHTML.slice(0, 160);
}

/** walks goes round by Tab, and returns what it passes, in names for tests; nothing of it may be hidden. */
async function walks({ page }, steps) {
  const passed = [];
  for (let i = 0; i < steps; i++) {
    await page.keyboard.press("Tab");
    expect(await page.evaluate(hiddenFocus)).toBe("");
    passed.push(await page.evaluate(() => document.activeElement?.dataset.testid ?? ""));
  }
  return passed;
}

const focused = (person) => person.page.evaluate(() => document.activeElement?.dataset.testid ?? "");

test("on a phone the keyboard is never where nothing is to be seen: at rest, beneath the chat, beneath the statistics", async () => {
  const [ana, bia] = await Promise.all([come("ana"), come("bia", { viewport: { width: 360, height: 560 } })]);
  await bia.sees("contacts");
  expect(await walks(bia, 30)).toEqual(expect.arrayContaining(["nav-people", "add-user", "video-ana"]));
  await ana.rings("bia");
  await bia.answers();
  await Promise.all([ana.sees("clock"), bia.sees("clock")]);

  await bia.it("chat").focus();
  await bia.page.keyboard.press("Enter");
  await expect.poll(() => focused(bia)).toBe("chat-text");
  const inChat = await walks(bia, 12);
  expect(inChat).toEqual(expect.arrayContaining(["chat-close", "chat-lines", "chat-text", "chat-send"]));
  expect(inChat.filter((name) => !name.startsWith("chat-") && name !== "")).toEqual([]);
  await bia.it("chat-text").focus();
  await bia.page.keyboard.press("Escape");
  await bia.it("chat-panel").waitFor({ state: "detached" });
  await expect.poll(() => focused(bia)).toBe("chat");
  expect(await walks(bia, 20)).toEqual(expect.arrayContaining(["microphone", "hangup", "security"]));

  // Held sideways there is room for both; upright again, what was reached there is covered.
  await bia.press("chat");
  await bia.page.setViewportSize({ width: 900, height: 560 });
  await expect.poll(() => bia.page.locator("[inert]").count()).toBe(0);
  await bia.it("hangup").focus();
  await bia.page.setViewportSize({ width: 360, height: 560 });
  await expect.poll(() => focused(bia)).toMatch(/^chat-/);
  await bia.press("chat-close");
  await expect.poll(() => bia.page.locator("[inert]").count()).toBe(0);

  await bia.press("call-more");
  await bia.press("more-statistics");
  await bia.sees("statistics");
  const measured = await walks(bia, 20);
  expect(measured).toEqual(expect.arrayContaining(["statistics-close", "microphone", "hangup"]));
  expect(measured).not.toContain("selfview");
  await bia.it("statistics-close").focus();
  await bia.page.keyboard.press("Escape");
  await bia.it("statistics").waitFor({ state: "detached" });
  await expect.poll(() => focused(bia)).toBe("call-more");
  expect(await walks(bia, 20)).toContain("selfview");
});

test("who waits at a link is shown beside what has the focus, not over it", async () => {
  const link = await server.newLink({ title: "Piano lesson", lobby: "everyone" });
  const ana = await come("ana", { viewport: { width: 360, height: 640 } });
  await ana.sees("contacts");
  await ana.it("select").focus();
  const zoe = await come("zoe", {}, `/j/${link}`);
  await zoe.it("nickname").fill("Zoe");
  await zoe.press("join-call");
  await ana.sees("waiter");
  expect(await ana.page.evaluate(hiddenFocus)).toBe("");
  expect(await focused(ana)).toBe("select");
  await walks(ana, 30);
  await ana.press("deny");
  await zoe.sees("join-denied");
});

/** enlarge makes text twice as large, as a browser's own setting does. */
function enlarge() {
  addEventListener("DOMContentLoaded", () => {
    document.documentElement.style.fontSize = "200%";
  });
}

test("with text twice as large the first screen and a call are whole on a phone (WCAG 1.4.4)", async () => {
  const large = { viewport: { width: 360, height: 740 }, script: [enlarge] };
  const [ana, carlo] = await Promise.all([come("ana"), come("carlo", large)]);
  await carlo.sees("contacts");
  await carlo.seesAll("home");
  await carlo.page.evaluate(() => scrollTo(0, 0));
  await carlo.looksGood("large-home");
  await ana.rings("carlo");
  await carlo.answers();
  await carlo.sees("clock");
  await carlo.seesAll("in call");
  await carlo.looksGood("large-call");
  await ana.press("hangup");
  await carlo.sees("ended");
});
