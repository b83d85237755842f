// What people do with the page, by clicking and typing, in Chromium against a real server.

import { readFile } from "node:fs/promises";
import { chromium } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openChromium, startServer } from "./harness.mjs";
import { company, Person } from "./people.mjs";

let server;
let brief; // calls ring for a short while there, for those that nobody answers
let browser;
const briefMs = 6_000;

beforeAll(async () => {
  [server, brief, browser] = await Promise.all([
    startServer({ PRONTO_CONTACT: "help@calls.example", PRONTO_COMPLAINTS: "https://authority.example/" }),
    startServer({ PRONTO_RING_TIMEOUT: `${briefMs}ms` }),
    openChromium(),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await Promise.all([server?.stop(), brief?.stop()]);
});

const here = company(afterEach);

async function come(name, path, options) {
  return here.come(browser, server.url, name, path, options);
}

async function comeBriefly(name, options) {
  return here.come(browser, brief.url, name, undefined, options);
}

/** badge runs in the page before everything else: it notes what is on the icon of an installed page. */
function badge() {
  navigator.setAppBadge = async (count) => {
    window.badge = count;
  };
  navigator.clearAppBadge = async () => {
    window.badge = 0;
  };
}

test("somebody signs in by picking a name, and each tab is its own phone", async () => {
  const ana = await come("ana", "/");
  await ana.sees("as-ana");
  await ana.looksGood("signin");
  await ana.press("as-ana");
  await ana.reads("me", /Ana/);
  await ana.page.reload();
  await ana.reads("me", /Ana/);
  const other = await ana.context.newPage();
  await other.goto(server.url);
  await other.getByTestId("as-bia").waitFor();
  await ana.leaves();
});

test("Ana rings Bia, who answers; they see and hear each other, mute, and hang up", async () => {
  const [ana, bia] = await Promise.all([come("ana"), come("bia")]);
  await Promise.all([ana.sees("contacts"), bia.sees("contacts")]);
  await ana.looksGood("people");
  await bia.looksGood("people");
  await ana.rings("bia");
  await bia.sees("incoming");
  await ana.reads("ring-state", /^Ringing…$/);
  expect(await bia.it("incoming").getAttribute("role")).toBe("alertdialog");
  expect(await bia.page.evaluate(() => document.activeElement?.getAttribute("data-testid"))).toBe("accept");
  await Promise.all([ana.looksGood("outgoing"), bia.looksGood("incoming")]);
  await bia.answers();
  for (const person of [ana, bia]) {
    await person.sees("clock");
    expect(await person.it("stage").getAttribute("data-layout")).toBe("two");
  }
  await ana.receives("bia");
  await bia.receives("ana");
  await ana.looksGood("two");
  await bia.looksGood("two");

  await ana.press("security");
  await ana.reads("call-code", /^(\d{5} ){5}\d{5}$/);
  await ana.looksGood("security");
  await ana.press("compare-bia");
  await ana.sees("safety-qr");
  await ana.looksGood("safety-number");
  await ana.press("safety-same");
  await ana.reads("trust-bia", /You have compared the safety number/);
  await ana.press("security-close");

  await ana.page.keyboard.press("m");
  await bia.page.locator("[data-who=ana] [data-testid=muted]").waitFor();
  await ana.page.keyboard.press("m");
  await bia.page.locator("[data-who=ana] [data-testid=muted]").waitFor({ state: "detached" });
  await ana.page.keyboard.press("v");
  await bia.page.locator("[data-who=ana] video").waitFor({ state: "detached" });
  await ana.page.keyboard.press("v");
  await bia.page.locator("[data-who=ana] video").waitFor();

  await ana.page.keyboard.press("s");
  await bia.reads("notices", /Ana shares their screen\./);
  expect(await bia.it("stage").getAttribute("data-layout")).toBe("spotlight");
  await bia.page.keyboard.press("i");
  await bia.reads("stats-ana", /screen \d+×\d+, \d+ frames decoded/);
  await bia.page.keyboard.press("i");
  await bia.looksGood("spotlight");
  await ana.reads("sharing", /You are sharing your screen\./);
  await ana.looksGood("sharing");
  await ana.press("share");
  await ana.it("sharing").waitFor({ state: "detached" });
  await bia.it("screen").waitFor({ state: "detached" });

  await ana.press("hangup");
  await bia.reads("ended-reason", /The call is over\./);
  await bia.reads("ended-duration", /You talked for \d/);
  await ana.reads("ended-reason", /You left the call\./);
  await bia.looksGood("ended");
  await bia.press("call-again");
  await ana.answers("decline");
  await bia.reads("ended-reason", /Ana declined\./);
  await Promise.all([ana.leaves(), bia.leaves()]);
});

test("a third is called into the call, comes without video and goes; the host ends it for all", async () => {
  const [ana, bia, carlo] = await Promise.all(["ana", "bia", "carlo"].map((name) => come(name)));
  await carlo.sees("contacts");
  await ana.rings("bia");
  await bia.answers();
  await ana.sees("clock");
  await ana.page.keyboard.press("p");
  await ana.sees("invite-carlo");
  await ana.looksGood("add-people");
  await ana.press("invite-carlo");
  await ana.press("invite");
  await bia.reads("notices", /Ana calls Carlo\./);
  await carlo.answers("accept-voice");
  for (const person of [ana, bia]) await person.reads("notices", /Carlo joined\./);
  for (const person of [ana, bia, carlo]) {
    await expect.poll(() => person.page.locator("[data-testid=tile][data-presence=joined]").count()).toBe(3);
    expect(await person.it("stage").getAttribute("data-layout")).toBe("grid");
  }
  const hears = async (person, ...others) => {
    for (const [who, more] of others) await person.receives(who, more);
    await person.looksGood("grid");
  };
  await Promise.all([
    hears(ana, ["bia"], ["carlo", { picture: false }]),
    hears(bia, ["ana"]),
    hears(carlo, ["ana"], ["bia"]),
  ]);
  await carlo.press("hangup");
  for (const person of [ana, bia]) await person.reads("notices", /Carlo left\./);
  expect(await bia.it("end-all").count()).toBe(0);
  await ana.press("add-people");
  await ana.press("invite-carlo");
  await ana.press("invite");
  await carlo.answers("accept-voice");
  await ana.press("end-all");
  for (const person of [ana, bia, carlo]) await person.reads("ended-reason", /The call is over\./);
  await Promise.all([ana.leaves(), bia.leaves(), carlo.leaves()]);
});

test("several contacts are selected and rung together", async () => {
  const [dora, carlo] = await Promise.all([come("dora"), come("carlo")]);
  await carlo.sees("contacts");
  await dora.press("select");
  await dora.press("pick-ana");
  await dora.press("pick-carlo");
  await dora.looksGood("selecting");
  await dora.press("group-voice");
  await dora.sees("outgoing");
  await dora.looksGood("outgoing-group");
  await carlo.answers();
  await dora.receives("carlo", { picture: false });
  await dora.press("hangup");
  await carlo.reads("notices", /Dora left\./);
  await carlo.press("hangup"); // else Ana, whom nobody has stopped calling, is rung in the next story
  await Promise.all([dora.leaves(), carlo.leaves()]);
});

test("Escape declines, and the caller is told", async () => {
  const [carlo, dora] = await Promise.all([come("carlo"), come("dora")]);
  await dora.sees("contacts");
  await carlo.rings("dora", "voice");
  await dora.sees("incoming");
  await expect
    .poll(async () => {
      await dora.page.keyboard.press("Escape");
      return dora.it("incoming").count();
    })
    .toBe(0);
  await carlo.reads("ended-reason", /Dora declined\./);
  await dora.press("nav-recents");
  await dora.reads("recents", /Carlo[\s\S]*Declined/);
  await Promise.all([carlo.leaves(), dora.leaves()]);
});

test("a call that nobody answers is missed, in red and by name", async () => {
  const [ana, dora] = await Promise.all([comeBriefly("ana"), comeBriefly("dora", { script: [badge] })]);
  await dora.sees("contacts");
  await ana.rings("dora", "voice");
  await dora.sees("incoming");
  await expect.poll(() => dora.page.title()).toBe("Ana is calling"); // every other second
  await ana.reads("ended-reason", /No answer from Dora\./);
  await dora.reads("toasts", /Missed call from Ana\./);
  await dora.reads("unseen", /1 missed call/);
  await expect.poll(() => dora.page.evaluate(() => window.badge)).toBe(1);
  await dora.press("nav-recents");
  await expect.poll(() => dora.page.evaluate(() => window.badge)).toBe(0);
  await dora.sees("recents");
  expect(await dora.it("recent").getAttribute("data-outcome")).toBe("missed");
  await dora.looksGood("recents");
  await ana.press("put-away");
  await ana.press("nav-recents");
  await ana.reads("recents", /Dora[\s\S]*No answer/);
  await Promise.all([ana.leaves(), dora.leaves()]);
});

test("one device answers, and the other says which", async () => {
  const [ana, bia, tablet] = await Promise.all([come("ana"), come("bia"), come("bia")]);
  await Promise.all([bia.sees("contacts"), tablet.sees("contacts")]);
  await ana.rings("bia", "voice");
  await Promise.all([bia.sees("incoming"), tablet.sees("incoming")]);
  await bia.answers();
  await tablet.reads("toasts", /Answered on Chrome, Linux\./);
  expect(await tablet.it("incoming").count()).toBe(0);
  await ana.press("hangup");
  await Promise.all([ana.leaves(), bia.leaves(), tablet.leaves()]);
});

test("a call moves to another device of the account, the first says where it went, and it comes back", async () => {
  const [ana, bia, tablet] = await Promise.all([come("ana"), come("bia"), come("bia")]);
  await Promise.all([ana, bia, tablet].map((person) => person.sees("contacts")));
  await ana.rings("bia");
  await Promise.all([bia.answers(), tablet.sees("incoming")]);
  await Promise.all([ana.receives("bia"), bia.receives("ana")]);
  await tablet.reads("elsewhere", /You are in a call with Ana on another device\./);
  await tablet.looksGood("elsewhere");
  await tablet.press("move-here");
  await bia.reads("ended-reason", /^The call continues on .+\.$/);
  await bia.looksGood("moved");
  await Promise.all([ana.receives("bia"), tablet.receives("ana")]);
  await bia.press("move-here");
  await tablet.reads("ended-reason", /^The call continues on .+\.$/);
  await Promise.all([ana.receives("bia"), bia.receives("ana")]);
  await bia.press("hangup");
  await Promise.all([ana.sees("ended"), bia.sees("ended")]);
  await Promise.all([ana.leaves(), bia.leaves(), tablet.leaves()]);
});

test("a server without demo identities says that it needs a token", async () => {
  const plain = await startServer({ PRONTO_DEMO: "false" });
  try {
    const zoe = await Person.come(browser, plain.url, "zoe", "/");
    here.join(zoe);
    await zoe.reads("signin", /This phone needs a key/);
    await zoe.looksGood("demo-off");
    await zoe.leaves(/status of 404/);
  } finally {
    await plain.stop();
  }
});

test("a call taken back stops ringing, and the caller is home again", async () => {
  const [ana, dora] = await Promise.all([come("ana"), come("dora")]);
  await dora.sees("contacts");
  await ana.rings("dora", "voice");
  await dora.sees("incoming");
  await ana.press("hangup");
  await dora.it("incoming").waitFor({ state: "detached" });
  await ana.sees("contacts");
  await Promise.all([ana.leaves(), dora.leaves()]);
});

test("who is blocked hears Calling and then no answer, and nothing rings", async () => {
  const [ana, carlo] = await Promise.all([comeBriefly("ana"), comeBriefly("carlo")]);
  await carlo.press("more-ana");
  await carlo.press("block-ana");
  await carlo.looksGood("confirm-block");
  await carlo.press("confirm-yes");
  await carlo.reads("toasts", /Ana is blocked/);
  const rang = [];
  await carlo.page.exposeFunction("rang", () => rang.push(1));
  await carlo.page.evaluate(() => {
    new MutationObserver(() => document.querySelector("[data-testid=incoming]") && globalThis.rang()).observe(
      document.body,
      { childList: true, subtree: true },
    );
  });
  await ana.rings("carlo", "voice");
  const said = new Set();
  await expect
    .poll(
      async () => {
        for (const text of await ana.page.getByTestId("ring-state").allInnerTexts()) said.add(text);
        return ana.it("ended").count();
      },
      { timeout: 45_000 },
    )
    .toBe(1);
  expect([...said]).toEqual(["Calling…"]);
  await ana.reads("ended-reason", /No answer from Carlo\./);
  expect(rang).toEqual([]);
  await carlo.press("nav-settings");
  await carlo.press("open-blocked");
  await carlo.reads("blocked", /Ana/);
  await carlo.looksGood("blocked");
  await carlo.press("unblock-ana");
  await carlo.reads("toasts", /Ana is no longer blocked/);
  await Promise.all([ana.leaves(), carlo.leaves()]);
});

test("a favourite stands first, and what is deleted from the list of calls is gone, on all devices", async () => {
  const [ana, tablet, bia] = await Promise.all([come("ana"), come("ana"), come("bia")]);
  const first = (person) =>
    person.page.locator("[data-testid=contacts] > li").first().getAttribute("data-testid");
  await Promise.all([bia.sees("contacts"), tablet.sees("contacts")]);
  expect(await first(ana)).not.toBe("contact-dora");
  await ana.press("more-dora");
  await ana.press("favourite-dora");
  for (const person of [ana, tablet])
    await expect.poll(() => first(person), { timeout: 40_000 }).toBe("contact-dora");
  await ana.reads("contact-dora", /Favourite/);
  await ana.looksGood("favourite");
  await tablet.press("more-dora");
  await tablet.press("favourite-dora");
  await expect.poll(() => first(ana), { timeout: 40_000 }).not.toBe("contact-dora");

  await ana.rings("bia", "voice");
  await bia.sees("incoming");
  await ana.press("hangup");
  for (const person of [ana, tablet, bia]) await person.press("nav-recents");
  const calls = (person) => person.page.getByTestId("recent").count();
  await expect.poll(() => calls(ana), { timeout: 40_000 }).toBeGreaterThan(0);
  const before = await calls(ana);
  await expect.poll(() => calls(tablet), { timeout: 40_000 }).toBe(before);
  await ana.press("recent-menu");
  await ana.looksGood("recent-menu");
  await ana.press("delete-call");
  expect(await calls(ana)).toBe(before - 1);
  await ana.looksGood("recent-deleted");
  await ana.press("undo");
  expect(await calls(ana)).toBe(before);
  await ana.press("recent-menu");
  await ana.press("delete-call");
  await expect.poll(() => calls(tablet), { timeout: 40_000 }).toBe(before - 1); // when there is no way back any more
  await ana.page.reload();
  await ana.press("nav-recents");
  await expect.poll(() => calls(ana), { timeout: 40_000 }).toBe(before - 1);
  await expect.poll(() => calls(bia), { timeout: 40_000 }).toBeGreaterThan(0); // his own list is his

  await bia.press("recents-menu");
  await bia.press("delete-all");
  await bia.looksGood("confirm-delete-all");
  await bia.press("confirm-yes");
  await expect.poll(() => calls(bia), { timeout: 40_000 }).toBe(0);
  await bia.page.reload();
  await bia.press("nav-recents");
  await bia.reads("home", /Calls you make and get/);
  await Promise.all([ana.leaves(), tablet.leaves(), bia.leaves()]);
});

test("settings are kept, and contacts are added and removed", async () => {
  const ezio = await come("ezio");
  await ezio.sees("home");
  await ezio.it("add-user").fill("dora");
  await ezio.press("add-contact");
  await ezio.sees("contact-dora");
  await ezio.looksGood("people");
  await ezio.press("more-dora");
  await ezio.press("remove-dora");
  await ezio.it("contact-dora").waitFor({ state: "detached" });
  await ezio.press("nav-settings");
  await ezio.looksGood("settings");
  await ezio.press("open-privacy");
  await ezio.press("who-contacts");
  await ezio.reads("toasts", /Saved\./);
  await ezio.press("hide-address");
  await expect.poll(() => ezio.it("hide-address").isChecked()).toBe(true);
  await ezio.page.reload();
  await ezio.sees("who-contacts");
  expect(await ezio.it("who-contacts").isChecked()).toBe(true);
  expect(await ezio.it("hide-address").isChecked()).toBe(true);
  await ezio.looksGood("privacy");
  await ezio.press("who-everyone");
  await expect.poll(() => ezio.it("who-everyone").isChecked()).toBe(true);
  await ezio.press("back");
  await ezio.press("open-account");
  for (const [name, to] of [
    ["contact", "mailto:help@calls.example"],
    ["complaints", "https://authority.example/"],
  ]) {
    await ezio.sees(`operator-${name}`);
    expect(await ezio.it(`operator-${name}`).getAttribute("href")).toBe(to);
  }
  expect(await ezio.it("operator-privacyNotice").count()).toBe(0);
  const [saved] = await Promise.all([ezio.page.waitForEvent("download"), ezio.press("download-data")]);
  expect(saved.suggestedFilename()).toMatch(/^pronto-data-\d{4}-\d\d-\d\d\.json$/);
  const data = JSON.parse(await readFile(await saved.path(), "utf8"));
  expect(data.account[0]).toMatchObject({ id: "ezio", name: "Ezio" });
  expect(data.privacy[0]).toMatchObject({ whoMayCall: "everyone", hideAddress: true });
  expect(data.calls).toBeInstanceOf(Array);
  await ezio.reads("toasts", /Your data is in your downloads\./);
  await ezio.looksGood("account");
  await ezio.press("sign-out");
  await ezio.sees("as-ana");
  await ezio.leaves();
});

test("a link brings a guest into the call, and leads nowhere once it is revoked", async () => {
  const ana = await come("ana", "/?as=ana#links");
  await ana.press("new-link");
  await ana.press("link-video");
  await ana.it("link-title").fill("Friday planning");
  await ana.press("create-link");
  await ana.sees("link-qr");
  await ana.looksGood("link");
  const address = new URL(await ana.it("link-address").getAttribute("href"));
  const path = address.pathname + address.hash; // the part after # is the key; no server gets it
  expect(address.hash).toMatch(/^#k=[A-Za-z0-9_-]{22}$/);
  const asked = [];
  ana.page.on("request", (request) =>
    asked.push(request.url(), JSON.stringify(request.headers()), request.postData() ?? ""),
  );
  const zoe = await come("zoe", path);
  zoe.page.on("request", (request) =>
    asked.push(request.url(), JSON.stringify(request.headers()), request.postData() ?? ""),
  );
  for (const person of [ana, zoe])
    person.page.on("websocket", (socket) =>
      socket.on("framesent", ({ payload }) => asked.push(String(payload))),
    );
  await zoe.sees("join");
  await zoe.looksGood("join");
  await zoe.it("nickname").fill("Zoe");
  await zoe.press("join-call");
  await zoe.sees("call");
  await ana.press("link-address");
  await ana.sees("join");
  await ana.looksGood("join-as-me");
  await ana.press("join-call");
  await zoe.reads("notices", /Ana joined\./);
  await ana.reads("call", /Friday planning/);
  await ana.reads("tile", /Zoe\s*Guest/);
  await ana.receives("Zoe");
  await zoe.receives("ana");
  await zoe.looksGood("guest");
  expect(asked.length).toBeGreaterThan(10);
  expect(asked.join().includes(address.hash.slice(3))).toBe(false);
  await zoe.page.reload();
  await zoe.sees("call");
  await zoe.receives("ana");
  const owner = await come("ana", "/?as=ana#links");
  await owner.page.getByTestId("link").first().getByRole("link").click();
  await owner.sees("link-elsewhere"); // the key of its address is in the browser that made it
  expect(await owner.it("link-address").count()).toBe(0);
  await owner.looksGood("link-elsewhere");
  await owner.press("revoke-link");
  await owner.press("confirm-yes");
  await zoe.reads("ended-reason", /link of this call was revoked/);
  const late = await come("zoe", path);
  await late.it("nickname").fill("Late");
  await late.press("join-call");
  await late.sees("dead-link");
  await late.looksGood("dead-link");
  const lost = await come("zoe", "/j/AAAAAAAAAAAAAAAAAAAAAA");
  await lost.it("nickname").fill("Lost");
  await lost.press("join-call");
  await lost.sees("dead-link");
  const words = (person) => person.it("dead-link").textContent();
  expect(await words(lost)).toBe(await words(late));
  await Promise.all([
    ana.leaves(),
    zoe.leaves(),
    owner.leaves(),
    late.leaves(/status of 404/),
    lost.leaves(/status of 404/),
  ]);
});

test("a page that is loaded again in a call is in the call again", async () => {
  const [ana, bia] = await Promise.all([come("ana"), come("bia")]);
  await bia.sees("contacts");
  await ana.rings("bia");
  await bia.answers();
  await ana.receives("bia");
  await ana.page.reload();
  await ana.sees("call");
  await ana.receives("bia");
  await bia.receives("ana");
  await bia.press("hangup");
  await ana.reads("ended-reason", /The call is over\./);
  await Promise.all([ana.leaves(), bia.leaves()]);
});

test("the page says that the server is away, and comes back by itself", async () => {
  const ana = await come("ana");
  await ana.sees("contacts");
  await server.kill();
  await ana.reads("connection", /Reconnecting…/);
  await ana.looksGood("reconnecting");
  await server.start();
  await expect
    .poll(() => ana.it("connection").getAttribute("data-state"), { timeout: 20_000 })
    .toBe("online");
  await ana.leaves(/WebSocket|Failed to load resource|ERR_CONNECTION/);
});

test("without a microphone and camera the call goes on, and the page says what to do", async () => {
  const bare = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--use-fake-device-for-media-stream"],
  });
  try {
    const ana = await Person.come(bare, server.url, "ana");
    const bia = await come("bia");
    await bia.sees("contacts");
    await ana.rings("bia");
    await ana.reads("device-problem", /No microphone or camera\.[\s\S]*allow it/);
    await ana.looksGood("device-problem");
    await bia.answers();
    await bia.page.locator("[data-who=ana] [data-testid=muted]").waitFor();
    await ana.receives("bia");
    await ana.press("hangup");
    await Promise.all([ana.leaves(), bia.leaves()]);
  } finally {
    await bare.close();
  }
});

test("somebody is reported in a call, and from the list of calls; whoever runs the server suspends him, and gives him back upon his appeal", async () => {
  const { credentials } = server.newKey("--scope=reports:write");
  const queue = async (path, body) => {
    const answer = await fetch(`${server.url}/v1/reports${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization: `Bearer ${credentials}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    expect(answer.status).toBe(200);
    return answer.json();
  };
  const [bia, ezio] = await Promise.all([come("bia"), come("ezio")]);
  await bia.sees("contacts");
  await ezio.sees("voice-bia");
  await ezio.rings("bia");
  await bia.answers();
  await bia.press("tile-menu-ezio");
  await bia.press("report-ezio");
  await bia.looksGood("report");
  await bia.press("report-harassment");
  await bia.it("report-text").fill("He shouts.");
  await ezio.press("hangup"); // he sees it coming
  await bia.reads("ended-reason", /The call is over\./);
  expect(await bia.it("report-text").inputValue()).toBe("He shouts.");
  await bia.press("report-send");
  await bia.reads("toasts", /Reported\. Thank you/);
  await bia.press("put-away");
  await bia.press("nav-recents");
  await bia.press("recent-menu");
  await bia.press("report-call");
  await bia.press("report-spam");
  await bia.press("report-block");
  await bia.looksGood("report-block");
  await bia.press("report-send");
  await bia.reads("toasts", /Ezio is blocked/);

  const [one] = (await queue("")).items;
  expect(one).toMatchObject({ kind: "user", user: "ezio", reporters: 1, reports: 2 });
  const { filed } = await queue(`/${one.id}`);
  expect(filed.map(({ reporter, text }) => [reporter, text ?? ""])).toEqual([["bia", ""]]);
  await queue(`/${one.id}/decide`, { action: "suspend" });
  await ezio.reads("suspended", /because of what others have reported.*Unwanted calls/s);
  await ezio.looksGood("suspended");
  await ezio.it("appeal-text").fill("We rehearse a play.\nAsk Bia.");
  await ezio.page.keyboard.press("Tab");
  await ezio.page.keyboard.press("Enter");
  await ezio.reads("appeal-state", /You have appealed/);
  await ezio.looksGood("appealed");
  await ezio.page.reload(); // nothing but this is left of the account
  await ezio.reads("appeal-state", /You have appealed/);
  const [waiting] = (await queue("")).items;
  expect(waiting).toMatchObject({
    id: one.id,
    appeal: { state: "open", text: "We rehearse a play.\nAsk Bia." },
  });
  await queue(`/${one.id}/decide`, { action: "lift" });
  await ezio.press("suspended-again");
  await ezio.reads("suspended", /the account is yours again/);
  await ezio.looksGood("given-back");
  await ezio.press("suspended-enter");
  await ezio.sees("voice-bia");
  await Promise.all([bia.leaves(), ezio.leaves()]);
});
