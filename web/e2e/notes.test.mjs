// What becomes of a call that nobody answered: a note is left, from one browser to the other, and opened once.

import { chromium } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openChromium, openFirefox, startServer } from "./harness.mjs";
import { company } from "./people.mjs";

let server;
const browsers = {};

beforeAll(async () => {
  [server, browsers.Chromium, browsers.Firefox] = await Promise.all([
    startServer({ PRONTO_RING_TIMEOUT: "4s" }),
    openChromium(),
    openFirefox(),
  ]);
});
afterAll(async () => {
  for (const browser of Object.values(browsers)) await browser.close();
  await server?.stop();
});

const here = company(afterEach);

/** tabsTo moves the focus by the keyboard alone to what has a test id. */
async function tabsTo(person, testid) {
  const focused = () => person.page.evaluate(() => document.activeElement?.dataset.testid);
  for (let presses = 0; (await focused()) !== testid; presses++) {
    if (presses === 30) throw new Error(`the keyboard does not get ${person.name} to ${testid}`);
    await person.page.keyboard.press("Tab");
  }
}

/** takesNotes has somebody switch notes on. */
async function takesNotes(person) {
  await person.sees("contacts");
  await person.page.evaluate(() => {
    location.hash = "settings/privacy";
  });
  await person.sees("take-notes");
  if (!(await person.it("take-notes").isChecked())) await person.press("take-notes"); // else a try before was cut short
  await expect.poll(() => person.it("take-notes").isChecked(), { timeout: 30_000 }).toBe(true);
}

/** records waits until a note has lasted for some seconds. */
const records = (person, seconds) => person.reads("note-elapsed", new RegExp(`^0:0[${seconds}-9] `));

/** isAskedBefore has somebody begin to leave a note that was not sent, and stay when he is asked whether it may be lost. */
async function isAskedBefore(person, leave) {
  await leave();
  await person.reads("confirm", /has not been sent/);
  await person.looksGood("note-unsent");
  await person.page.keyboard.press("Escape");
  await person.it("confirm").waitFor({ state: "detached" });
}

/** triesToClose has somebody close the tab, and stay when the browser asks. */
async function triesToClose({ page }) {
  const [question] = await Promise.all([
    page.waitForEvent("dialog", { timeout: 45_000 }),
    page.close({ runBeforeUnload: true }),
  ]);
  expect(question.type()).toBe("beforeunload");
  await question.dismiss();
}

/** hears waits until a note plays, and tells how long it is, in seconds. */
async function hears(person) {
  await person.sees("note-player");
  const player = person.it("note-player");
  await expect
    .poll(() => player.evaluate(({ currentTime }) => currentTime), { timeout: 30_000 })
    .toBeGreaterThan(0.5);
  return player.evaluate(({ duration, error }) => (error === null ? duration : error.message));
}

test("who is not reached is left a note: recorded and sent by keyboard in one browser, opened once in another, and so the other way", async () => {
  const [bia, ana] = await Promise.all([
    here.come(browsers.Chromium, server.url, "bia"),
    here.come(browsers.Firefox, server.url, "ana"),
  ]);
  for (const person of [ana, bia]) await takesNotes(person);
  await bia.looksGood("notes-settings");
  await ana.press("nav-people");
  const other = await here.come(browsers.Chromium, server.url, "bia");
  for (const person of [bia, other]) await person.press("nav-recents");

  await ana.rings("bia", "voice");
  await ana.reads("ended-reason", /No answer from Bia\./);
  await ana.sees("note");
  await ana.looksGood("note-offer");
  await tabsTo(ana, "note-voice");
  await ana.page.keyboard.press("Enter");
  await records(ana, 2);
  await ana.looksGood("note-recording");
  await tabsTo(ana, "note-stop");
  await ana.page.keyboard.press("Enter");
  await ana.sees("note-player");
  await ana.looksGood("note-recorded");
  await triesToClose(ana);
  await tabsTo(ana, "note-send");
  await ana.page.keyboard.press("Enter");
  await ana.reads("note-sent", /Bia finds your note/);
  await ana.looksGood("note-sent");

  for (const person of [bia, other]) await person.reads("heard-note", /Ana left you a note\.\s*Play/);
  expect(await bia.it("play-note").getAttribute("aria-label")).toMatch(/^Play the note from Ana, \d/);
  await bia.looksGood("note-waiting");
  await bia.press("play-note");
  const seconds = await hears(bia);
  expect(seconds).toBeGreaterThan(1.5);
  expect(seconds).toBeLessThan(30);
  await bia.reads("heard-note", /First contact with this person[\s\S]*deleted from the server/);
  await bia.looksGood("note-opened");
  await bia.seesAll("note-opened");
  await other.it("heard-note").waitFor({ state: "detached" });
  const [file] = await Promise.all([bia.page.waitForEvent("download"), bia.press("save-note")]);
  expect(file.suggestedFilename()).toMatch(/^Ana-\d{4}-\d\d-\d\d-\d{4}\.webm$/);

  await ana.press("put-away");
  await bia.press("nav-people");
  await bia.rings("ana", "video");
  await bia.press("note-video");
  await records(bia, 1);
  await bia.looksGood("note-filming");
  await bia.press("note-stop");
  await bia.sees("note-player");
  await isAskedBefore(bia, () => bia.press("put-away"));
  await isAskedBefore(bia, () => bia.page.evaluate(() => history.back()));
  await triesToClose(bia);
  await bia.press("note-send");
  await bia.sees("note-sent");
  await ana.press("nav-recents");
  await ana.press("play-note");
  expect(await hears(ana)).toBeLessThan(30);
  expect(await ana.it("note-player").evaluate(({ videoWidth }) => videoWidth)).toBeGreaterThan(0);
  await ana.reads("note-trust", /First contact|Known/);
  await Promise.all([ana, bia, other].map((person) => person.leaves()));
});

test("a call that was taken back is followed by a note from the list; without a microphone the page says what to do, and of who takes none it says so", async () => {
  const bare = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--use-fake-device-for-media-stream"], // and nobody says that it may be used
  });
  try {
    const [dora, carlo] = await Promise.all([
      here.come(browsers.Chromium, server.url, "dora"),
      here.come(bare, server.url, "carlo"),
    ]);
    await takesNotes(dora);
    for (const user of ["dora", "ezio"]) {
      await carlo.press("nav-people");
      await carlo.rings(user, "voice");
      await carlo.press("hangup");
      await carlo.press("nav-recents");
      await expect
        .poll(() => carlo.page.getByTestId("recent").count(), { timeout: 30_000 })
        .toBe(user === "dora" ? 1 : 2);
      await carlo.press("recent-menu");
      await carlo.press("leave-note");
      await carlo.sees("note-dialog");
      if (user === "ezio") await carlo.reads("note-refused", /ezio takes no notes now\./);
      else {
        await carlo.press("note-voice");
        await carlo.reads("note-problem", /does not let this page use it\.[\s\S]*allow it/);
      }
      await carlo.looksGood(`note-dialog-${user}`);
      await carlo.page.keyboard.press("Escape");
      await carlo.it("note-dialog").waitFor({ state: "detached" });
    }
    await Promise.all([carlo.leaves(), dora.leaves()]);
  } finally {
    await bare.close();
  }
});
