// What people take for granted of a telephone: it is heard and seen to ring, a missed call is called back, who must not call does
// not, the display stays on, going back does not hang up, and settings do what they say.

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openChromium, overhear, startServer } from "./harness.mjs";
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

/** at opens a place of the page that is signed in. */
async function at(person, hash) {
  await person.page.evaluate((next) => {
    location.hash = next;
  }, hash);
}

/** listen runs in the page before everything else: it notes which notes are played, and whether something plays still. */
function listen() {
  window.pitches = [];
  const players = new Set();
  const make = AudioContext.prototype.createOscillator;
  AudioContext.prototype.createOscillator = function () {
    const one = make.call(this);
    players.add(this);
    const start = one.start.bind(one);
    one.start = (when) => {
      window.pitches.push(one.frequency.value);
      start(when);
    };
    return one;
  };
  window.sounding = () => [...players].some(({ state }) => state !== "closed");
}

const pitches = (person) => person.page.evaluate(() => window.pitches.map(Math.round));
const sounding = (person) => person.page.evaluate(() => window.sounding());
const icon = (person) => person.page.evaluate(() => document.querySelector("link[rel=icon]").href);
/** moves is whether something on the page moves without end. */
const moves = (person) =>
  person.page.evaluate(() =>
    document.getAnimations().some(({ effect }) => effect.getTiming().iterations === Number.POSITIVE_INFINITY),
  );

test("a call is heard and seen by both, keeps the focus, and is quiet as soon as it is answered", async () => {
  const [ana, bia] = await Promise.all(["ana", "bia"].map((name) => come(name, { script: [listen] })));
  await bia.sees("contacts");
  const calm = await icon(bia);
  await ana.rings("bia", "voice");
  await bia.sees("incoming");
  await expect.poll(() => pitches(bia)).toContain(392); // the tune
  await expect.poll(() => bia.page.title()).toBe("Ana is calling");
  expect(await icon(bia)).not.toBe(calm);
  expect(await moves(bia)).toBe(true);
  await ana.reads("ring-state", /^Ringing…$/);
  await expect.poll(() => pitches(ana)).toContain(425); // the tone of the exchange
  const focused = () =>
    document.activeElement?.closest("[data-testid=incoming], body")?.dataset.testid ?? "browser";
  for (let i = 0; i < 5; i++) {
    await bia.page.keyboard.press("Tab"); // round the dialog, and through the browser's own buttons
    expect(await bia.page.evaluate(focused)).toMatch(/^(incoming|browser)$/);
  }
  expect(
    await bia.page.evaluate(() => document.querySelector("main")?.contains(document.activeElement)),
  ).not.toBe(true);
  await bia.answers();
  await Promise.all([ana.sees("clock"), bia.sees("clock")]);
  for (const person of [ana, bia]) await expect.poll(() => sounding(person)).toBe(false);
  await expect.poll(() => bia.page.title()).not.toMatch(/calling/);
  expect(await icon(bia)).toBe(calm);
  // Who speaks is framed: the browsers' fake microphones beep every second.
  await ana.page.locator("[data-testid=tile][data-who=bia].speaking").waitFor();
  await ana.press("hangup");
  await bia.sees("ended");
});

test("who wants less motion has a title and a picture that stand still", async () => {
  const [ana, bia] = await Promise.all([come("ana"), come("bia", { reducedMotion: "reduce" })]);
  await bia.sees("contacts");
  await ana.rings("bia", "voice");
  await bia.sees("incoming");
  expect(await moves(bia)).toBe(false);
  expect(await bia.page.title()).toBe("Ana is calling");
  await new Promise((resolve) => setTimeout(resolve, 1_200)); // others see it alternate every second
  expect(await bia.page.title()).toBe("Ana is calling");
  await bia.answers("decline");
  await ana.sees("ended");
});

test("a missed call is called back from the list, which says how long a talk was", async () => {
  const [ana, bia] = await Promise.all([come("ana"), come("bia")]);
  await bia.sees("contacts");
  await ana.rings("bia", "voice");
  await bia.sees("incoming");
  await ana.press("hangup");
  await bia.press("nav-recents");
  await expect.poll(() => bia.it("recent").getAttribute("data-outcome")).toBe("missed");
  await bia.press("only-missed");
  await bia.press("voice-back");
  await ana.answers();
  await ana.reads("clock", /0:0[1-9]/);
  await ana.press("hangup");
  await bia.sees("ended");
  await bia.press("put-away");
  await expect.poll(() => bia.it("recent").getAttribute("data-outcome")).toBe("answered");
  await bia.reads("recent", /Ana[\s\S]*Outgoing[\s\S]*Voice · [\s\S]*· 0:\d\d/);
});

test("nobody may call, strangers are silenced, and presence is hidden, as the settings say", async () => {
  const [ana, bia, ezio] = await Promise.all([come("ana"), come("bia"), come("ezio")]);
  await bia.reads("contact-ana", /Online/);
  await at(ana, "#settings/privacy");
  await ana.sees("presence");
  const before = await ana.it("presence").inputValue();
  await ana.it("presence").selectOption("nobody");
  await expect.poll(() => bia.it("contact-ana").innerText()).not.toMatch(/Online/);
  await ana.press("silence-unknown");
  await ana.reads("toasts", /Saved\./);
  await ezio.sees("voice-ana");
  await ezio.press("voice-ana");
  await ezio.reads("ring-state", /^Calling…$/);
  await at(ana, "#settings/why");
  await ana.reads("decisions", /Ezio/);
  expect(await ana.it("incoming").count()).toBe(0);
  await ezio.press("hangup");
  await at(ana, "#recents");
  await expect.poll(() => ana.it("recent").getAttribute("data-outcome")).toBe("missed");
  await ana.reads("recent", /Ezio/);

  await at(ana, "#settings/privacy");
  await ana.press("silence-unknown");
  await ana.press("who-nobody");
  await expect.poll(() => ana.it("who-nobody").isChecked()).toBe(true);
  await bia.rings("ana", "voice");
  await bia.reads("ring-state", /^Calling…$/);
  await at(ana, "#settings/why");
  await ana.reads("decisions", /Bia/);
  expect(await ana.it("incoming").count()).toBe(0);
  await bia.press("hangup");
  await at(ana, "#settings/privacy");
  await ana.press("who-everyone");
  await expect.poll(() => ana.it("who-everyone").isChecked()).toBe(true);
  await ana.it("presence").selectOption(before);
  await expect.poll(() => ana.it("presence").inputValue()).toBe(before);
  await bia.sees("contacts");
  await bia.reads("contact-ana", /Online/); // without a reload, and after other settings were changed meanwhile
  await bia.rings("ana", "voice");
  await ana.answers("decline");
  await bia.sees("ended");
});

test("who wants no other call while in one is busy to others, and finds it as missed", async () => {
  const [ana, bia, carlo] = await Promise.all([come("ana"), come("bia"), come("carlo")]);
  await at(ana, "#settings/privacy");
  await ana.sees("reject-in-call");
  if (!(await ana.it("reject-in-call").isChecked())) await ana.press("reject-in-call"); // else a try before was cut short
  await expect.poll(() => ana.it("reject-in-call").isChecked()).toBe(true);
  await ana.looksGood("privacy-settings");
  await bia.rings("ana", "voice");
  await ana.answers();
  await bia.sees("clock");
  await carlo.press("voice-ana");
  await carlo.reads("ended-reason", /Busy: Ana, in another call\./);
  await carlo.looksGood("busy");
  expect(await ana.it("incoming").count()).toBe(0);
  await ana.press("hangup");
  await ana.press("put-away");
  await at(ana, "#recents");
  await expect.poll(() => ana.it("recent").first().getAttribute("data-outcome")).toBe("missed");
  await ana.reads("recents", /Carlo/);
  await at(ana, "#settings/why");
  await ana.reads("decisions", /Carlo[\s\S]*told that you were busy\. You were in a call/);
  await at(ana, "#settings/privacy");
  await ana.press("reject-in-call");
  await expect.poll(() => ana.it("reject-in-call").isChecked()).toBe(false);
});

test("somebody's new name is seen by others", async () => {
  const [ana, bia] = await Promise.all([come("ana"), come("bia")]);
  await bia.reads("contact-ana", /Ana/);
  await at(ana, "#settings/profile");
  await ana.it("profile-name").fill("Anna Maria");
  await ana.press("save-profile");
  await ana.reads("me", /Anna Maria/);
  await bia.page.reload();
  await bia.reads("contact-ana", /Anna Maria/);
  await at(ana, "#people");
  await ana.rings("bia", "voice");
  await bia.reads("incoming", /Anna Maria/); // by the new name, from the page that was there before
  await bia.answers("decline");
  await ana.press("put-away");
  await at(ana, "#settings/profile");
  await ana.it("profile-name").fill("Ana");
  await ana.press("save-profile");
  await ana.reads("me", /Ana/);
});

test("who hides his address speaks through the relay", async () => {
  const [ana, bia] = await Promise.all([come("ana"), come("bia")]);
  await bia.sees("contacts");
  const way = async () => {
    await ana.rings("bia", "voice");
    await bia.answers();
    await ana.receives("bia", { picture: false });
    await bia.receives("ana", { picture: false });
    await ana.page.keyboard.press("i");
    await ana.reads("stats-path", /path (host|srflx|relay)/);
    const text = await ana.it("stats-path").innerText();
    await ana.press("hangup");
    for (const person of [ana, bia]) await person.press("put-away");
    return text;
  };
  expect(await way()).not.toMatch(/relay/);
  await at(ana, "#settings/privacy");
  await ana.press("hide-address");
  await ana.reads("toasts", /Saved\./);
  await at(ana, "#people");
  expect(await way()).toBe("path relay");
  await at(ana, "#settings/privacy");
  await ana.press("hide-address");
  await expect.poll(() => ana.it("hide-address").isChecked()).toBe(false);
});

/** watchDisplay runs in the page before everything else: it notes whether the page keeps the display on. */
function watchDisplay() {
  window.kept = 0;
  const keep = async () => {
    window.kept++;
    return { release: async () => void window.kept-- };
  };
  Object.defineProperty(navigator, "wakeLock", { value: { request: keep } });
}

test("the display stays on while a call lasts, and going back asks before it hangs up", async () => {
  const ana = await come("ana", { script: [watchDisplay] });
  const bia = await come("bia");
  await bia.sees("contacts");
  await at(ana, "#recents");
  await at(ana, "#people");
  await ana.rings("bia", "voice");
  await bia.answers();
  await ana.sees("clock");
  expect(await ana.page.evaluate(() => window.kept)).toBe(1);
  await ana.page.goBack();
  await ana.reads("confirm", /Leave the call\?/);
  await ana.looksGood("back-asks");
  await ana.page.keyboard.press("Escape");
  await ana.it("confirm").waitFor({ state: "detached" });
  await ana.receives("bia", { picture: false });
  await ana.page.goBack();
  await ana.press("confirm-yes");
  await bia.sees("ended");
  await ana.press("put-away");
  await ana.sees("contacts");
  await expect.poll(() => ana.page.evaluate(() => window.kept)).toBe(0);
  await expect.poll(() => ana.page.evaluate(() => location.hash)).toBe("#people");
  await ana.page.goBack(); // the call has left nothing in the way
  await expect.poll(() => ana.page.evaluate(() => location.hash)).toBe("#recents");
});

test("a link gets another name, is copied and shared, and leads nowhere once it was used as often as it may be", async () => {
  const share = () => {
    navigator.share = async (data) => {
      window.shared = data;
    };
  };
  const ana = await come("ana", { script: [share] }, "/?as=ana#links/new");
  await ana.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await ana.it("link-title").fill("Piano");
  await ana.it("link-uses").selectOption("1");
  await ana.press("create-link");
  await ana.sees("link-qr");
  await ana.press("rename-link");
  await ana.looksGood("rename-link");
  await ana.it("new-name").fill("Violin");
  await ana.press("rename-yes");
  await ana.page.getByRole("heading", { name: "Violin" }).waitFor();
  const address = await ana.it("link-address").getAttribute("href");
  await ana.press("copy-link");
  await ana.reads("toasts", /copied/i);
  expect(await ana.page.evaluate(() => navigator.clipboard.readText())).toBe(address);
  await ana.press("share-link");
  expect(await ana.page.evaluate(() => window.shared)).toEqual({ title: "Violin", url: address });
  const path = new URL(address).pathname + new URL(address).hash;
  const zoe = await come("zoe", {}, path);
  await zoe.it("nickname").fill("Zoe");
  await zoe.press("join-call");
  await zoe.reads("call", /Violin/);
  const late = await come("zoe", {}, path);
  await late.it("nickname").fill("Late");
  await late.press("join-call");
  await late.sees("dead-link");
  await ana.reads("link-page", /joined 1 of 1 times[\s\S]*Everybody it was for has joined/);
  await ana.looksGood("link-spent");
  await ana.press("open-link"); // as its host
  await ana.press("join-call");
  await zoe.receives("ana");
  await zoe.press("hangup");
});

/** refuse runs in the page before everything else: microphone and camera are not to be had, for a reason. */
function refuse([name, state]) {
  const { mediaDevices, permissions } = navigator;
  if (name === "insecure") Object.defineProperty(navigator, "mediaDevices", { value: undefined });
  else
    mediaDevices.getUserMedia = async () => {
      throw new DOMException("refused", name);
    };
  const query = permissions.query.bind(permissions);
  permissions.query = async (what) =>
    ["microphone", "camera"].includes(what.name) ? Object.assign(new EventTarget(), { state }) : query(what);
}

let open; // a link

test.each([
  ["NotAllowedError", "denied", /Open the lock or camera sign beside the address/],
  ["NotAllowedError", "prompt", /choose Allow when your browser asks/],
  ["NotFoundError", "granted", /Plug one in or pick one/],
  ["NotReadableError", "granted", /Another program is using it/],
  ["insecure", "prompt", /Open this page by https/],
])(
  "a device that is not there for %s (%s) is told with the next step, and joining goes on",
  async (name, state, text) => {
    open ??= await server.newLink({ title: "Open" });
    const zoe = await come("zoe", { script: [refuse, [name, state]] }, `/j/${open}`);
    if (state !== "granted") await zoe.press("open-preview"); // nobody is asked before he has pressed
    await zoe.reads("preview-problem", text);
    await zoe.looksGood(`refused-${name}-${state}`);
    await zoe.it("nickname").fill("Zoe");
    await zoe.press("join-call");
    await zoe.sees("call");
    await zoe.press("hangup");
  },
);

test("more than nine in a call have a second page", { timeout: 180_000 }, async () => {
  const link = await server.newLink({ title: "Eleven" });
  const bots = ["One", "Two"].map((prefix) =>
    server.run(
      ...["load", "--url", server.url, "--scenario", "keys", "--link", link, "--prefix", prefix],
      ...["--members", "6", "--settle", "1h"],
    ),
  );
  try {
    const ana = await come("ana", {}, `/j/${link}`);
    await ana.it("nickname").fill("Ana");
    await ana.press("join-call");
    const tiles = () => ana.page.locator("[data-testid=stage] [data-testid=tile]").count();
    await expect.poll(tiles, { timeout: 60_000 }).toBe(9);
    const next = ana.page.getByRole("button", { name: /next/i });
    await next.click();
    await expect.poll(tiles).toBe(2);
    await ana.looksGood("second-page");
    await ana.page.getByRole("button", { name: /previous/i }).click();
    await expect.poll(tiles).toBe(9);
    await ana.press("hangup");
  } finally {
    for (const one of bots) one.stop();
    await Promise.allSettled(bots.map(({ done }) => done));
  }
});

test("who is muted speaks for as long as he holds the space bar; not when it writes, presses a button, or single keys are off", async () => {
  const [ana, bia] = await Promise.all([come("ana"), come("bia")]);
  await bia.sees("contacts");
  await ana.rings("bia", "voice");
  await bia.answers();
  await Promise.all([ana.sees("clock"), bia.sees("clock")]);
  const { keyboard } = ana.page;
  const mark = bia.page.locator("[data-who=ana] [data-testid=muted]");
  const muted = () => mark.waitFor();
  const heard = () => mark.waitFor({ state: "detached" });
  const isOn = () => ana.it("microphone").getAttribute("data-on");
  await ana.press("microphone"); // which has the focus now, but by a click
  await muted();
  await keyboard.down(" ");
  await heard();
  await bia.page.locator("[data-testid=tile][data-who=ana].speaking").waitFor();
  await keyboard.up(" ");
  await muted();
  expect(await isOn()).toBe("false");
  await keyboard.down(" ");
  await heard();
  await ana.page.evaluate(() => dispatchEvent(new Event("blur"))); // another window is in front, and has the key's end
  await muted();
  await keyboard.up(" ");

  await ana.it("chat").focus();
  await keyboard.press("Tab");
  await keyboard.press("Shift+Tab"); // back by keys: now it presses
  await keyboard.down(" ");
  await keyboard.up(" ");
  await ana.sees("chat-panel");
  expect(await isOn()).toBe("false");
  await ana.it("chat-text").fill("");
  await keyboard.type("a b");
  expect(await ana.it("chat-text").inputValue()).toBe("a b");
  expect(await isOn()).toBe("false");
  await ana.press("chat-close");

  await keyboard.press("?");
  await ana.reads("key-list", /Space\s*Speak while it is held/);
  await ana.looksGood("key-help");
  await keyboard.down(" ");
  await keyboard.up(" "); // closes the dialog, whose button has the focus
  await ana.it("key-help").waitFor({ state: "detached" });
  expect(await isOn()).toBe("false");

  await ana.page.evaluate(() => localStorage.setItem("pronto.prefs", JSON.stringify({ singleKeys: false })));
  await ana.page.reload();
  await ana.sees("clock");
  await keyboard.down(" ");
  await ana.press("call-more"); // takes longer than the key would
  await ana.sees("open-devices");
  expect(await isOn()).toBe("false");
  await keyboard.up(" ");
  await bia.press("hangup");
  await ana.sees("ended");
});

/** measure runs in the page before everything else: it measures the pictures of calls. */
function measure() {
  const connections = [];
  const Real = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(...how) {
      super(...how);
      connections.push(this);
    }
  };
  /** pictures are how many lines the largest has that goes out, and that comes in. */
  window.pictures = async () => {
    const lines = { out: 0, in: 0 };
    for (const one of connections.filter(({ connectionState }) => connectionState === "connected"))
      for (const { type, kind, active, frameHeight = 0 } of (await one.getStats()).values()) {
        if (kind !== "video") continue;
        if (type === "inbound-rtp") lines.in = Math.max(lines.in, frameHeight);
        if (type === "outbound-rtp" && active) lines.out = Math.max(lines.out, frameHeight);
      }
    return lines;
  };
}

test("who saves data has small pictures both ways, and who wants no reports sends none; others have theirs as before", async () => {
  const [ana, bia, carlo] = await Promise.all(
    ["ana", "bia", "carlo"].map((name) => come(name, { script: [measure] })),
  );
  for (const { page } of [ana, bia, carlo]) await page.evaluate(overhear);
  await Promise.all([bia.sees("contacts"), carlo.sees("contacts")]);
  await at(ana, "#settings/quality");
  await ana.press("data-saver");
  await ana.press("reports");
  await expect.poll(() => ana.it("reports").isChecked()).toBe(false);
  expect(await ana.it("data-saver").isChecked()).toBe(true);
  await at(ana, "#people");
  await ana.rings("bia");
  await bia.answers();
  await ana.sees("clock");
  await ana.page.keyboard.press("p");
  await ana.press("invite-carlo");
  await ana.press("invite");
  await carlo.answers("accept-voice");
  const pictures = ({ page }) => page.evaluate(() => window.pictures());
  const small = 180;
  const poll = (look) => expect.poll(look, { timeout: 60_000 });
  await poll(async () => (await pictures(carlo)).in).toBeGreaterThan(small); // of Bia, on a desk
  expect((await pictures(bia)).out).toBeGreaterThan(small);
  await ana.receives("bia");
  await carlo.receives("ana");
  const saved = await pictures(ana);
  for (const lines of [saved.in, saved.out]) {
    expect(lines).toBeGreaterThan(0);
    expect(lines).toBeLessThanOrEqual(small);
  }
  const sent = ({ page }) => page.evaluate(() => [...new Set(window.sent)]);
  await poll(() => sent(bia)).toEqual(expect.arrayContaining(["reportConnection", "reportQuality"]));
  await ana.press("hangup");
  await ana.sees("ended");
  await bia.press("hangup");
  await poll(() => sent(bia)).toContain("reportEnd");
  expect(await sent(ana)).toContain("mediaFlows");
  expect((await sent(ana)).filter((type) => type.startsWith("report"))).toEqual([]);
});

test("a link says until when it is good; after that nobody comes in by it, and who is in stays", async () => {
  const ana = await come("ana", {}, "/?as=ana#links/new");
  await ana.it("link-expiry").selectOption("3600");
  await ana.press("create-link");
  await ana.sees("link-address");
  const until = await ana.page.evaluate(() =>
    [3_590_000, 3_600_000].map((ms) =>
      new Date(Date.now() + ms).toLocaleTimeString("en", { hour: "numeric", minute: "2-digit" }),
    ),
  );
  await ana.reads("link-page", new RegExp(`until .*(${until.join("|")})`));

  const link = await server.newLink({ title: "Supper" });
  const [zoe, late] = [await come("zoe", {}, `/j/${link}`), await come("zoe", {}, `/j/${link}`)];
  await zoe.it("nickname").fill("Zoe");
  await zoe.press("join-call");
  await zoe.sees("call");
  await late.it("nickname").fill("Late");
  const { credentials } = server.newKey();
  const answer = await fetch(`${server.url}/v1/links/${link}`, {
    method: "PATCH",
    headers: { authorization: `Bearer ${credentials}`, "content-type": "application/json" },
    body: JSON.stringify({ expiresAt: new Date(Date.now() + 5_000).toISOString() }),
  });
  expect(answer.status).toBe(200);
  await at(ana, "#links");
  await ana.page.reload();
  await ana.page.locator("[data-testid=link].dead", { hasText: /Supper[\s\S]*until/ }).waitFor(); // by itself
  await at(ana, `#links/${link}`);
  await ana.reads("link-page", /Nobody can join by this link any more/);
  expect(await ana.it("revoke-link").count()).toBe(0);
  await late.press("join-call");
  await late.sees("dead-link");
  expect(await zoe.it("call").count()).toBe(1);
  await zoe.press("hangup");
});

test("a page that can be installed offers it, once", async () => {
  const ana = await come("ana", {}, "/?as=ana#settings/alerts");
  await ana.sees("notify-state");
  expect(await ana.it("install").count()).toBe(0);
  const kept = await ana.page.evaluate(() => {
    window.prompted = 0;
    const offer = new Event("beforeinstallprompt", { cancelable: true });
    offer.prompt = async () => void window.prompted++;
    return !dispatchEvent(offer);
  });
  expect(kept).toBe(true); // else the browser would ask at once
  await ana.sees("install");
  await ana.looksGood("install");
  await ana.press("install");
  await ana.it("install").waitFor({ state: "detached" });
  expect(await ana.page.evaluate(() => window.prompted)).toBe(1);
});
