// What people do outside a call: sign in, link devices, make groups, set hours, choose a language, test the connection.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openChromium, startServer } from "./harness.mjs";
import { leaksIn } from "./leaks.mjs";
import { company, Person } from "./people.mjs";

let server;
let browser;
let mailbox;
const codes = new Map();

/** openMailbox takes the codes that the server sends, as an SMS gateway would. */
async function openMailbox() {
  const http = createServer((request, response) => {
    let text = "";
    request.on("data", (part) => {
      text += part;
    });
    request.on("end", () => {
      const to = /\+\d{7,15}|[\w.]+@[\w.]+/.exec(text)?.[0];
      const code = /"(\d{6})"/.exec(text)?.[1];
      if (to !== undefined && code !== undefined) codes.set(to, code);
      response.writeHead(204).end();
    });
  });
  await new Promise((resolve) => http.listen(0, "127.0.0.1", resolve));
  return http;
}

beforeAll(async () => {
  mailbox = await openMailbox();
  server = await startServer({
    PRONTO_RATING_SHARE: "1",
    PRONTO_CODE_SENDER: "webhook",
    PRONTO_CODE_WEBHOOK: `http://127.0.0.1:${mailbox.address().port}/codes`,
    PRONTO_CODE_WEBHOOK_SECRET: "0123456789abcdef",
    PRONTO_CODE_WEBHOOK_PRIVATE: "true",
  });
  browser = await openChromium();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  mailbox?.close();
});

const here = company(afterEach);

async function come(name, path, options) {
  return here.come(browser, server.url, name, path, options);
}

/** at opens a place of the page that is signed in. */
async function at(person, hash) {
  await person.page.evaluate((next) => {
    location.hash = next;
  }, hash);
}

test("somebody signs in by a code, links a second device, and puts it out again", async () => {
  const zoe = await come("zoe", "/");
  await zoe.it("address").fill("nobody");
  await zoe.press("send-code");
  await zoe.reads("signin", /country code\./);
  await zoe.it("address").fill("+39 06 1234567");
  await zoe.press("send-code");
  await expect.poll(() => codes.get("+39061234567")).toMatch(/^\d{6}$/);
  await zoe.it("code").fill("000000" === codes.get("+39061234567") ? "111111" : "000000");
  await zoe.press("verify");
  await zoe.reads("signin", /wrong/);
  await zoe.it("code").fill(codes.get("+39061234567"));
  await zoe.it("name").fill("Zoe");
  await zoe.press("verify");
  await zoe.reads("me", /Zoe/);
  await zoe.page.reload();
  await zoe.reads("me", /Zoe/);

  await at(zoe, "#settings/linked");
  await zoe.press("show-code");
  const code = (await zoe.it("shown-code").innerText()).trim();
  expect(code).toMatch(/^[\w-]{22}$/);
  await zoe.looksGood("linked-code");
  const tablet = await come("zoe", `/#link/${code}`);
  await tablet.press("link-device");
  await tablet.reads("signin", /let this device in/);
  await zoe.reads("pending", /wants into your account/);
  await zoe.press("confirm-device");
  await tablet.reads("me", /Zoe/);
  await expect.poll(() => zoe.page.getByTestId("device").count()).toBe(2);
  await tablet.page.close();
  const other = zoe.page.getByTestId("device").filter({ hasText: /Chrome/ });
  await other.last().getByTestId("revoke-device").click();
  await zoe.press("confirm-yes");
  await expect.poll(() => zoe.page.getByTestId("device").count()).toBeLessThan(2);
  await zoe.context.close();
});

test("of two tabs of an account one is the phone; the other waits, takes the call over, and gives it back, without a new call", async () => {
  const zoe = await come("zoe", "/");
  await zoe.it("address").fill("+39 06 7654321");
  await zoe.press("send-code");
  await expect.poll(() => codes.get("+39067654321")).toMatch(/^\d{6}$/);
  await zoe.it("code").fill(codes.get("+39067654321"));
  await zoe.it("name").fill("Zoe");
  await zoe.press("verify");
  await zoe.reads("me", /Zoe/);
  const ana = await come("ana");
  await ana.sees("contacts");
  await zoe.it("add-user").fill("ana");
  await zoe.press("add-contact");
  await zoe.rings("ana");
  await ana.answers();
  const other = ana.page.locator("[data-testid=tile]:not([data-who=self])");
  const who = await other.getAttribute("data-who");
  await ana.receives(who);
  await zoe.page.keyboard.press("c");
  await zoe.it("chat-text").fill("Sono nella prima scheda");
  await zoe.page.keyboard.press("Enter");
  await zoe.reads("chat-lines", /prima scheda/);

  const second = here.join(new Person(server.url, "zoe", zoe.context, await zoe.context.newPage()));
  await second.go("/");
  await second.sees("other-tab");
  await second.looksGood("other-tab");
  await second.press("use-here");
  await second.receives("ana");
  await ana.receives(who);
  await second.press("chat");
  await second.reads("chat-lines", /prima scheda/);
  await zoe.sees("other-tab");
  expect(await zoe.it("call").count()).toBe(0);

  await second.page.close();
  await zoe.receives("ana"); // by itself
  await ana.receives(who);
  await ana.press("hangup");
  await ana.reads("ended-reason", /You left the call/);
  await ana.press("put-away");
  await ana.press("nav-recents");
  await expect.poll(() => ana.page.locator("[data-testid=recent]", { hasText: "Zoe" }).count()).toBe(1);
  await zoe.sees("ended");
  await Promise.all([ana.leaves(), zoe.leaves()]);
});

/** changes is what an integrator's server says of an account. */
async function changes(user, change) {
  const { credentials } = server.newKey();
  const answer = await fetch(`${server.url}/v1/users/${user}`, {
    method: "PATCH",
    headers: { authorization: `Bearer ${credentials}`, "content-type": "application/json" },
    body: JSON.stringify(change),
  });
  expect(answer.status).toBe(200);
}

test("a group is made, rings its members, and its call stays open to join; who is a program is labelled throughout", async () => {
  const [ana, bia, carlo] = await Promise.all([come("ana"), come("bia"), come("carlo")]);
  await Promise.all([bia.sees("contacts"), carlo.sees("contacts")]);
  await Promise.all(["ana", "bia"].map((user) => changes(user, { automated: true })));
  await ana.press("nav-groups");
  await ana.press("new-group");
  await ana.it("group-name").fill("Sunday football");
  await ana.press("member-bia");
  await ana.press("member-carlo");
  await ana.press("create-group");
  await ana.reads("members", /Bia\s*Bot/);
  await ana.looksGood("group");
  await ana.press("group-ring-voice");
  await Promise.all([bia, carlo].map((person) => person.reads("incoming", /from Ana\s*Bot/)));
  await Promise.all([bia.looksGood("bot-rings"), carlo.looksGood("bot-rings")]);
  await bia.answers();
  await carlo.answers("decline");
  await ana.sees("clock");
  await carlo.press("nav-groups");
  await carlo.reads("groups", /in a call/);
  await carlo.press("join-group");
  await carlo.sees("stage");
  await ana.reads("notices", /Carlo joined\./);
  const captions = (person) =>
    person.page.locator("[data-who=ana] .tag, [data-who=bia] .tag").allInnerTexts();
  await expect.poll(() => captions(carlo)).toEqual(["Bot", "Bot"]);
  expect(await captions(ana)).toEqual(["Bot"]);
  await carlo.looksGood("bots");
  await Promise.all(["ana", "bia"].map((user) => changes(user, { automated: false })));
  await Promise.all([ana, bia, carlo].map((person) => person.press("hangup")));
  await ana.sees("ended");
  await ana.press("put-away");
  await at(ana, "#groups");
  await ana.page.getByTestId("group").first().getByRole("link").click();
  await ana.press("rename-group");
  await ana.it("new-name").fill("Monday football");
  await ana.press("rename-yes");
  await ana.press("leave-group");
  await ana.press("confirm-yes");
  await ana.reads("toasts", /You left “Monday football”/);
});

test("quiet hours keep a call from ringing, and the settings say why", async () => {
  const [bia, dora] = await Promise.all([come("bia"), come("dora")]);
  await at(dora, "#settings/quiet");
  await dora.press("quiet");
  await dora.sees("range");
  const zone = await dora.page.evaluate(() => Intl.DateTimeFormat().resolvedOptions().timeZone);
  expect(zone).not.toBe("");
  await dora.it("to-0").fill(await dora.it("from-0").inputValue()); // the whole day
  await dora.reads("toasts", /Saved\./);
  await bia.sees("contacts");
  await bia.rings("dora", "voice");
  await bia.reads("ring-state", /^Calling…$/);
  await bia.press("hangup");
  await at(dora, "#settings/why");
  await dora.reads("decisions", /Bia[\s\S]*quiet hours/);
  await dora.looksGood("why");
  await at(dora, "#settings/quiet");
  await dora.press("quiet");
  await dora.it("range").waitFor({ state: "detached" });
  await Promise.all([bia.leaves(), dora.leaves()]);
});

test("who takes no calls has no call buttons, but says how else to be reached", async () => {
  const dora = (change) => changes("dora", change);
  await dora({ noCalls: true, noCallsText: "Write to me." });
  const bia = await come("bia");
  await bia.sees("voice-carlo");
  await bia.it("voice-dora").waitFor({ state: "detached" });
  await at(bia, "#people/dora");
  await bia.reads("person-closed", /^Write to me\.$/);
  expect(await bia.it("person-voice").count()).toBe(0);
  await bia.looksGood("closed");
  await dora({ noCalls: false, noCallsText: "" });
  await at(bia, "#people/carlo");
  await bia.sees("person-voice");
  await at(bia, "#people/dora");
  await bia.it("person-closed").waitFor({ state: "detached" });
  await bia.sees("person-voice");
  await bia.leaves();
});

test("who has talked is told how long, what it used, a code for help, and may say how it was, once", async () => {
  const [ana, ezio] = await Promise.all([come("ana"), come("ezio")]);
  await ezio.sees("others");
  await ezio.sees("voice-ana");
  await ana.sees("contacts");
  await ezio.rings("ana", "voice");
  await ana.answers();
  await ezio.receives("ana", { picture: false });
  await ezio.reads("clock", /0:0[4-9]|0:[1-5]\d/); // the bytes are counted every other second
  await ezio.press("hangup");
  await ezio.reads("ended-data", /Data: [\d.,]+ k?B?.* sent, /);
  await ezio.reads("support", /\w{4,}/);
  await ezio.it("stars-2").check({ force: true });
  await ezio.press("reason-echo");
  await ezio.looksGood("rating");
  await ezio.press("send-rating");
  await ezio.reads("rated", /Thank you/);
  await ezio.press("put-away");
  await at(ezio, "#settings/quality");
  await ezio.reads("usage", /\d/);
  await ezio.looksGood("usage");
  const used = await ezio.it("usage").innerText();
  await ezio.it("passphrase").fill("correct horse");
  const [saved] = await Promise.all([ezio.page.waitForEvent("download"), ezio.press("save-backup")]);
  const backup = await saved.path();
  await ana.press("put-away");
  await at(ana, "#settings/quality"); // another device, with as much of its own
  await ana.it("passphrase").fill("another horse");
  await ana.it("backup-file").setInputFiles(backup);
  await ana.reads("toasts", /another passphrase/);
  await ana.it("passphrase").fill("correct horse");
  await ana.it("backup-file").setInputFiles(backup);
  await ana.reads("toasts", /Restored/);
  await ana.reads("usage", /2, /);
  expect(used).toMatch(/1, /);
  await ezio.it("reports").click({ force: true });
  expect(await ezio.page.evaluate(() => JSON.parse(localStorage.getItem("pronto.prefs")).reports)).toBe(
    false,
  );
  await at(ezio, "#settings/test");
  const [diagnosis] = await Promise.all([ezio.page.waitForEvent("download"), ezio.press("save-diagnostics")]);
  const told = readFileSync(await diagnosis.path(), "utf8");
  expect(JSON.parse(told)).toMatchObject({ version: 1, connection: "online", telemetry: false });
  expect(leaksIn(told)).toEqual([]);
  await ana.context.close();
  await ezio.leaves();
});

test("the page speaks the browser's language, or the one that was chosen", async () => {
  const ana = await come("ana", "/?as=ana", { locale: "pt-BR" });
  await ana.page.getByRole("heading", { name: "Pessoas" }).waitFor();
  expect(await ana.page.evaluate(() => document.documentElement.lang)).toBe("pt-BR");
  await at(ana, "#settings/look");
  await ana.press("language-it");
  await ana.page.getByRole("heading", { name: "Lingua e colori" }).waitFor();
  await ana.page.reload();
  await ana.page.getByRole("heading", { name: "Lingua e colori" }).waitFor();
  await ana.press("theme-dark");
  await expect
    .poll(() =>
      ana.page.evaluate(
        () => getComputedStyle(document.body).colorScheme || document.documentElement.dataset.theme,
      ),
    )
    .toBe("dark");
  await ana.leaves();
});

test("everything is reached by keyboard, the focus is never lost, and letters act only if they may", async () => {
  const ana = await come("ana");
  await ana.sees("contacts");
  const focus = () => ana.page.evaluate(() => document.activeElement?.textContent ?? "");
  await ana.page.locator("[data-testid=contact-bia] a").focus();
  await ana.page.keyboard.press("Enter");
  await ana.sees("person");
  await expect.poll(focus).toBe("Bia");
  await ana.page.goBack();
  await expect.poll(focus).toMatch(/^B?Bia/);
  await ana.page.locator("[data-testid=more-bia]").focus();
  await ana.page.keyboard.press("Enter");
  await ana.sees("remove-bia");
  await ana.page.keyboard.press("Tab");
  await ana.page.keyboard.press("Escape");
  await ana.it("remove-bia").waitFor({ state: "hidden" });
  expect(await ana.page.evaluate(() => document.activeElement?.getAttribute("data-testid"))).toBe("more-bia");
  await at(ana, "#settings/keys");
  await ana.press("single-keys");
  await at(ana, "#people");
  const bia = await come("bia");
  await bia.sees("contacts");
  await ana.rings("bia", "voice");
  await bia.sees("incoming");
  await expect
    .poll(async () => {
      await bia.page.keyboard.press("Control+Enter");
      return bia.it("incoming").count();
    })
    .toBe(0);
  await ana.sees("clock");
  await ana.page.keyboard.press("m");
  await ana.press("call-more"); // takes longer than the key would
  await ana.sees("open-devices");
  expect(await ana.it("microphone").getAttribute("data-on")).toBe("true");
  await ana.page.keyboard.press("Escape");
  await ana.press("hangup");
});

test("the connection test tries this server's own ways, and its report names nobody", async () => {
  const ana = await come("ana", "/?as=ana#settings/test");
  await ana.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await ana.press("run-test");
  await ana.page.waitForFunction(
    () => document.querySelector("[data-testid=test-lines]")?.getAttribute("data-running") === "false",
    undefined,
    { timeout: 90_000 },
  );
  for (const line of ["server", "microphone", "camera", "encryption", "media", "relayUDP", "relayTCP"])
    expect([line, await ana.it(`test-${line}`).getAttribute("data-grade")]).toEqual([
      line,
      expect.stringMatching(/^(good|fair)$/),
    ]);
  await ana.looksGood("test-done");
  await ana.press("copy-report");
  await ana.reads("toasts", /Report copied/);
  const report = await ana.page.evaluate(() => navigator.clipboard.readText());
  expect(report).toMatch(/relayTCP: (good|fair) \d+ ms/);
  expect(report).not.toMatch(/\d+\.\d+\.\d+\.\d+:|ana|Ana|cal_|lnk_/);
  await ana.leaves();
});

test("before joining by a link one sees and hears oneself, and what is open goes into the call", async () => {
  const ana = await come("ana", "/?as=ana#links/new");
  await ana.press("create-link");
  await ana.sees("link-qr");
  const { pathname, hash } = new URL(await ana.it("link-address").getAttribute("href"));
  const zoe = await come("zoe", pathname + hash);
  await zoe.sees("join");
  await zoe.page.locator("[data-testid=open-preview], [data-testid=preview] video").first().waitFor();
  if (await zoe.it("open-preview").isVisible()) await zoe.press("open-preview");
  await zoe.page.locator("[data-testid=preview] video").waitFor();
  await expect
    .poll(() => zoe.it("meter").getAttribute("aria-valuenow").then(Number), { timeout: 20_000 })
    .toBeGreaterThan(0);
  await zoe.looksGood("preview");
  await zoe.press("with-microphone");
  await zoe.it("nickname").fill("Zoe");
  await zoe.press("join-call");
  await zoe.sees("call");
  await expect.poll(() => zoe.it("microphone").getAttribute("data-on")).toBe("false");
  await expect.poll(() => zoe.it("camera").getAttribute("data-on")).toBe("true");
  // No page sets a cookie: neither that of who is signed in, nor a link's, before the call and in it.
  for (const { context } of [ana, zoe]) expect(await context.cookies()).toEqual([]);
  await zoe.press("hangup");
  await zoe.leaves();
});

test("the first screen can be used within a second", async () => {
  const ana = await come("ana"); // has the browser warm
  await ana.sees("contacts");
  const times = [];
  for (let i = 0; i < 3; i++) {
    const page = await ana.context.newPage();
    await page.goto(`${server.url}/?as=bia`);
    await page.getByTestId("contacts").waitFor();
    times.push(
      await page.evaluate(() => {
        const [paint] = performance.getEntriesByName("first-contentful-paint");
        return Math.max(
          paint?.startTime ?? 0,
          performance.getEntriesByName("pronto-home")[0]?.startTime ?? Number.NaN,
        );
      }),
    );
    await page.close();
  }
  const best = Math.min(...times);
  console.log(`home interactive: ${times.map(Math.round).join(", ")} ms`);
  expect(best).toBeLessThanOrEqual(1000);
});

test("the search that each server of these tests goes through finds what it should", () => {
  const ready = {
    time: "2026-11-30T10:00:00Z",
    msg: "pronto is ready",
    page: "http://192.0.2.1:80",
    turn: "192.0.2.1:3478",
  };
  expect(
    leaksIn(`${JSON.stringify(ready)}\n{"time":"2026-11-30T10:00:00Z","msg":"a call rings","afterMs":12}`),
  ).toEqual([]);
  for (const more of [
    ...[
      "Ana has come",
      "cal_0123456789",
      "eyJhbGciOiJIUzI1NiJ9",
      "192.0.2.7",
      "2001:db8::1:2",
      "candidate:1 1 udp",
      "x#k=abc",
    ],
  ]) {
    expect(leaksIn(JSON.stringify({ ...ready, who: more }))).toHaveLength(1);
    expect(leaksIn(JSON.stringify({ msg: `something listens for ${more}` }))).toHaveLength(1);
    expect(leaksIn(`pronto_calls{label="${more}"} 1`)).toHaveLength(1);
  }
});

test("terms that are required are asked for, let calls ring, and are in nobody's way once accepted", async () => {
  const asking = await startServer({
    PRONTO_TERMS_VERSION: "2026-02",
    PRONTO_TERMS_URL: "/terms",
    PRONTO_TERMS_REQUIRED: "true",
  });
  try {
    const [ana, bia] = [
      await here.come(browser, asking.url, "ana"),
      await here.come(browser, asking.url, "bia"),
    ];
    const acceptAt = (person) => person.it("terms-question").getByTestId("accept-terms").click();
    await ana.sees("terms-question");
    expect(await ana.it("terms-question").getByTestId("terms-link").getAttribute("href")).toBe(
      `${asking.url}/terms`,
    );
    await ana.looksGood("terms-question");
    await ana.press("terms-later");
    await ana.reads("terms", /To call, accept/);
    await ana.looksGood("terms");
    await ana.press("voice-bia"); // asks again, and rings nobody
    await acceptAt(ana);
    await ana.page.getByTestId("terms").waitFor({ state: "detached" });

    await bia.sees("terms-question");
    await bia.press("terms-later");
    await ana.rings("bia", "voice");
    await bia.sees("incoming");
    const asked = async () => {
      if (await bia.it("terms-question").isVisible()) return true;
      await bia.it("accept").click({ timeout: 2000 }); // one in the dialog's first moment is not meant
      return bia.it("terms-question").isVisible();
    };
    await expect.poll(asked, { timeout: 30_000 }).toBe(true);
    await acceptAt(bia);
    await bia.page.getByTestId("terms-question").waitFor({ state: "detached" });
    await bia.answers();
    await ana.receives(
      await ana.page.locator("[data-testid=tile]:not([data-who=self])").getAttribute("data-who"),
      {
        picture: false,
      },
    );
    await ana.page.reload();
    await ana.sees("call");
    expect(await ana.page.getByTestId("terms-question").count()).toBe(0);
    await Promise.all([ana.context.close(), bia.context.close()]);
  } finally {
    await asking.stop();
  }
});
