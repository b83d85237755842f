// How people hear of calls while nobody looks at the page, or it is closed: all the way in Firefox, with a push service on this
// machine; in Chromium, which subscribes at its maker's only, from the service worker on.

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openChromium, openFirefox, startServer } from "./harness.mjs";
import { company, Person } from "./people.mjs";
import { PushService } from "./pushservice.mjs";

const service = new PushService();
let server;
const browsers = {};

beforeAll(async () => {
  await service.start();
  [server, browsers.Chromium, browsers.Firefox] = await Promise.all([
    startServer({ PRONTO_PUSH: "true", PRONTO_PUSH_PRIVATE: "true" }),
    openChromium(),
    openFirefox({
      "dom.push.enabled": true,
      "dom.push.connection.enabled": true,
      "dom.push.serverURL": service.socketURL,
      "dom.push.testing.allowInsecureServerURL": true,
      "dom.push.testing.ignorePermission": true,
      "permissions.default.desktop-notification": 1,
      "alerts.useSystemBackend": false, // there is no desktop here
    }),
  ]);
});
afterAll(async () => {
  for (const browser of Object.values(browsers)) await browser.close();
  await server?.stop();
  await service.stop();
});

const here = company(afterEach);

async function come(browser, name, path, options) {
  return here.come(browsers[browser], server.url, name, path, options);
}

/** alerts opens the settings of notifications. */
async function alerts(person) {
  await person.sees("contacts");
  await person.page.evaluate(() => {
    location.hash = "settings/alerts";
  });
  await person.sees("notify-state");
}

/** beside opens something of the server's that is not the page: from there one sees what is notified, and rings nobody. */
async function beside(person) {
  const page = await person.context.newPage();
  await page.goto(`${server.url}/sw.js`);
  return page;
}

/** notes are the notifications that are to be seen. */
function notes(page) {
  return page.evaluate(async () => {
    const worker = await navigator.serviceWorker.getRegistration("/");
    const all = (await worker?.getNotifications()) ?? [];
    return all.map(({ title, body, tag, data, actions = [] }) => ({
      ...{ title, body, tag, type: data.type },
      actions: actions.map(({ action }) => action), // none in Firefox
    }));
  });
}

/**
 * noting has a page count what it has notified of: Chromium loses a notification that is asked for while it is being shown,
 * four in ten of those that are asked for all the time. It runs before the page.
 */
function noting() {
  globalThis.told = 0;
  const show = ServiceWorkerRegistration.prototype.showNotification;
  ServiceWorkerRegistration.prototype.showNotification = async function (...args) {
    await show.apply(this, args);
    globalThis.told++;
  };
}

const told = new WeakMap();

/** looksLater has the notifications of a page looked for only when it has shown them, from its next loading on. */
async function looksLater({ page }) {
  told.set(page, 0);
  await page.addInitScript(noting);
}

/** shows waits until there is one notification, of a type, and returns it. */
async function shows(page, type) {
  let seen;
  if (told.has(page)) {
    told.set(page, told.get(page) + 1);
    await expect
      .poll(() => page.evaluate(() => globalThis.told), { timeout: 40_000 })
      .toBeGreaterThanOrEqual(told.get(page));
  } else await new Promise((resolve) => setTimeout(resolve, 500)); // what is on its way is shown by then
  await expect
    .poll(
      async () => {
        seen = await notes(page);
        return seen.map((note) => note.type).join();
      },
      { timeout: 40_000, interval: 500 },
    )
    .toBe(type);
  return seen[0];
}

test("Firefox: a closed page hears of a ring, that it was missed, and that it is over; by no name", async () => {
  const bia = await come("Firefox", "bia", undefined, { locale: "it-IT" });
  await alerts(bia);
  await bia.reads("notify-state", /solo in questa pagina/);
  await bia.press("notify");
  await bia.reads("notify-state", /A Pronto chiuso le chiamate arrivano/, 40_000);
  await bia.looksGood("alerts-on");
  const watch = await beside(bia);
  await bia.page.close();

  const ana = await come("Chromium", "ana");
  await ana.sees("contacts");
  await ana.rings("bia");
  const ring = await shows(watch, "incoming");
  expect(ring).toMatchObject({ title: "Videochiamata in arrivo", body: "Apri Pronto per rispondere." });
  expect(JSON.stringify(ring)).not.toMatch(/ana/i);
  expect(service.posts.at(-1)).toMatchObject({ urgency: "high", status: 201 });
  expect(service.posts.at(-1).ttl).toBeLessThanOrEqual(45);
  await ana.press("hangup");
  const missed = await shows(watch, "missed");
  expect(missed.title).toBe("Videochiamata persa");
  expect(missed.tag, "it takes the ring's place").toBe(ring.tag);

  // Answered on another device: the ring is taken back, and nothing was missed.
  const laptop = await come("Chromium", "bia");
  await laptop.sees("contacts");
  await ana.sees("contacts");
  await ana.rings("bia", "voice");
  await expect
    .poll(async () => (await notes(watch)).map((note) => note.type).sort(), { timeout: 40_000 })
    .toEqual(["incoming", "missed"]);
  await laptop.answers();
  await expect
    .poll(async () => (await notes(watch)).map((note) => note.type).sort(), { timeout: 40_000 })
    .toEqual(["cancel", "missed"]);
  await ana.press("hangup");

  // The page takes up the call log and clears what was notified.
  const again = await bia.context.newPage();
  await again.goto(`${server.url}/?as=bia`);
  await again.getByTestId("contacts").waitFor();
  await expect.poll(async () => (await notes(watch)).length, { timeout: 40_000 }).toBe(0);
  await ana.leaves();
});

test("Firefox: a subscription that has ended is dropped, and made again when the page is opened", async () => {
  const dora = await come("Firefox", "dora");
  await alerts(dora);
  await dora.press("notify");
  await dora.reads("notify-state", /While Pronto is closed/, 40_000);
  const watch = await beside(dora);
  await dora.page.close();
  service.endAll();
  const carlo = await come("Chromium", "carlo");
  await carlo.sees("contacts");
  await carlo.rings("dora");
  await expect.poll(() => service.posts.at(-1)?.status, { timeout: 40_000 }).toBe(410);
  await carlo.press("hangup");
  const posted = service.posts.length;
  await carlo.sees("contacts");
  await carlo.rings("dora");
  await carlo.reads("ring-state", /Calling/);
  await carlo.press("hangup");
  await carlo.sees("contacts");

  // Firefox learns of it by its own ways; here the page's subscription is ended as it would be then.
  await watch.evaluate(async () => {
    const worker = await navigator.serviceWorker.getRegistration("/");
    await (await worker.pushManager.getSubscription())?.unsubscribe();
  });
  expect(service.posts.length, "nothing is posted to it any more").toBe(posted);
  const again = await dora.context.newPage();
  await again.goto(`${server.url}/?as=dora#settings/alerts`);
  await expect
    .poll(() => again.getByTestId("notify-state").textContent(), { timeout: 40_000 })
    .toMatch(/While Pronto is closed/);
  await again.getByTestId("notify").click();
  await expect
    .poll(() => again.getByTestId("notify-state").textContent(), { timeout: 40_000 })
    .toMatch(/on this page only/);
});

/** chromiumWorker is a page's service worker, and what delivers pushes to it. */
async function chromiumWorker(person) {
  const session = await person.context.newCDPSession(person.page);
  let registrationId;
  session.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
    registrationId = registrations.find(({ isDeleted }) => !isDeleted)?.registrationId ?? registrationId;
  });
  await session.send("ServiceWorker.enable");
  await person.page.evaluate(() => navigator.serviceWorker.ready);
  await expect.poll(() => registrationId, { timeout: 20_000 }).toBeDefined();
  const worker = person.context.serviceWorkers()[0] ?? (await person.context.waitForEvent("serviceworker"));
  return {
    worker,
    deliver: (message) =>
      session.send("ServiceWorker.deliverPushMessage", {
        origin: `${server.url}/`,
        registrationId,
        data:
          typeof message === "string" ? message : JSON.stringify({ v: 1, kind: "video", exp: 0, ...message }),
      }),
  };
}

/** stub is a push service that answers at once: Chromium's own is not on this machine. */
function stub() {
  const bytes = (length, first) => Uint8Array.from({ length }, (_, i) => (i === 0 ? first : i)).buffer;
  PushManager.prototype.subscribe = async () => {
    const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
    const point = await crypto.subtle.exportKey("raw", pair.publicKey);
    return {
      endpoint: "https://push.example/1",
      getKey: (name) => (name === "auth" ? bytes(16, 1) : point),
    };
  };
}

/** click presses a notification; who is asked to open or come to the front says so in the worker's opened. */
function click(worker, tag, action = "") {
  return worker.evaluate(
    async ([tag, action]) => {
      globalThis.opened = [];
      globalThis.clients.openWindow = async (url) => globalThis.opened.push(url);
      const [notification] = await globalThis.registration.getNotifications({ tag });
      globalThis.dispatchEvent(new NotificationEvent("notificationclick", { notification, action }));
    },
    [tag, action],
  );
}

test("Chromium: what is pushed is shown, one for each call, counted on the badge; a press opens the page", async () => {
  const dora = await come("Chromium", "dora", undefined, { script: [stub] });
  await dora.context.grantPermissions(["notifications"], { origin: server.url });
  await alerts(dora);
  const { worker, deliver } = await chromiumWorker(dora);
  await dora.press("notify");
  await dora.reads("notify-state", /While Pronto is closed/);
  const watch = await beside(dora);
  await dora.page.goto("about:blank");
  await worker.evaluate(() => {
    globalThis.badges = [];
    globalThis.navigator.setAppBadge = async (count) => globalThis.badges.push(count);
  });
  await deliver({ type: "incoming", call: "c1" });
  const { title, tag } = await shows(watch, "incoming");
  expect(title).toBe("Incoming video call");
  await click(worker, tag);
  await expect.poll(() => worker.evaluate(() => globalThis.opened)).toEqual(["/?as=dora"]);
  await deliver({ type: "incoming", call: "c2" });
  await shows(watch, "incoming");
  await deliver({ type: "missed", call: "c2" });
  await deliver({ type: "missed", call: "c2" }); // services may send one twice
  const missed = await shows(watch, "missed");
  await deliver({ type: "cancel", call: "c2" });
  await deliver("something else");
  await shows(watch, "missed");
  expect(await worker.evaluate(() => globalThis.badges)).toEqual([1]);
  await click(worker, missed.tag);
  await expect.poll(() => worker.evaluate(() => globalThis.opened)).toEqual(["/?as=dora#recents"]);

  // A talk that begins soon: by a link of hers it is among her links, else at its own address.
  for (const [host, opens] of [
    [true, "/?as=dora#links/l1"],
    [false, "/j/l1"],
  ]) {
    await deliver({ type: "reminder", call: "l1", at: Date.now(), host });
    const soon = await shows(watch, "reminder");
    expect(soon.title).toMatch(/^A booked talk begins at \d/);
    await click(worker, soon.tag);
    await expect.poll(() => worker.evaluate(() => globalThis.opened)).toEqual([opens]);
  }
});

test("Chromium: a page that nobody looks at notifies by name, and a press there answers", async () => {
  const hide = () =>
    Object.defineProperty(Document.prototype, "visibilityState", { get: () => globalThis.shown ?? "hidden" });
  const bia = await come("Chromium", "bia", undefined, { script: [hide] });
  await bia.context.grantPermissions(["notifications"], { origin: server.url });
  await bia.sees("contacts");
  await bia.page.evaluate(() => localStorage.setItem("pronto.push", '["bia"]'));
  await looksLater(bia);
  await bia.page.reload();
  await alerts(bia);
  const { worker } = await chromiumWorker(bia);
  await bia.reads("notify-state", /On/);
  const ana = await come("Chromium", "ana");
  await ana.sees("contacts");
  await ana.rings("bia");
  const ring = await shows(bia.page, "incoming");
  expect(ring.title).toBe("Video call from Ana");
  expect(ring.actions).toEqual(["accept", "decline"]);
  await ana.press("hangup");
  const missed = await shows(bia.page, "missed");
  expect(missed).toMatchObject({ title: "Missed call from Ana.", tag: ring.tag });
  await click(worker, missed.tag);
  await expect.poll(() => bia.page.evaluate(() => location.hash)).toBe("#recents");
  await ana.sees("contacts");
  await ana.rings("bia", "voice");
  const second = await shows(bia.page, "incoming");
  await click(worker, second.tag, "accept");
  await bia.sees("clock");
  await ana.sees("clock");
  await expect.poll(async () => (await notes(bia.page)).length).toBe(0);
  await ana.press("hangup");

  // So does it when somebody knocks at a link, until nobody waits any more.
  await bia.sees("ended");
  const link = await server.newLink({ owner: "bia", title: "Piano lesson", lobby: "everyone" });
  const zoe = await come("Chromium", "zoe", `/j/${link}`);
  await zoe.it("nickname").fill("Zoe");
  await zoe.press("join-call");
  await zoe.sees("join-waiting");
  const knock = await shows(bia.page, "knock");
  expect(knock.title).toBe("1 person wants into “Piano lesson”");
  await click(worker, knock.tag);
  await bia.reads("waiter", /Zoe/);
  expect(await worker.evaluate(() => globalThis.opened)).toEqual([]); // the page is there already
  await zoe.page.close();
  await expect.poll(async () => (await notes(bia.page)).length, { timeout: 60_000 }).toBe(0);
});

/** slowly has the page hidden, and its worker registered only when the test says so. It runs before the page. */
function slowly() {
  Object.defineProperty(Document.prototype, "visibilityState", { get: () => globalThis.shown ?? "hidden" });
  const register = ServiceWorkerContainer.prototype.register;
  const may = new Promise((resolve) => {
    globalThis.register = resolve;
  });
  ServiceWorkerContainer.prototype.register = async function (...args) {
    globalThis.registers = true;
    await may;
    return register.apply(this, args);
  };
}

test("Chromium: who rings before the page is ready to notify is told of as well, and so is who rings when it is left", async () => {
  const bia = await come("Chromium", "bia", undefined, { script: [slowly] });
  await bia.context.grantPermissions(["notifications"], { origin: server.url });
  await bia.sees("contacts");
  await bia.page.evaluate(() => localStorage.setItem("pronto.push", '["bia"]'));
  await looksLater(bia);
  const ana = await come("Chromium", "ana");
  await ana.sees("contacts");
  await bia.page.reload();
  await bia.sees("contacts");
  await ana.rings("bia", "voice"); // within the second and a half before the page begins to keep itself
  await bia.sees("incoming");
  await expect.poll(() => bia.page.evaluate(() => globalThis.registers), { timeout: 40_000 }).toBe(true);
  expect(await notes(bia.page)).toEqual([]);
  await bia.page.evaluate(() => globalThis.register());
  expect((await shows(bia.page, "incoming")).title).toBe("Voice call from Ana");
  await ana.press("hangup");
  await shows(bia.page, "missed");

  await bia.page.evaluate(() => {
    globalThis.shown = "visible";
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await expect.poll(async () => (await notes(bia.page)).length, { timeout: 40_000 }).toBe(0);
  await ana.sees("contacts");
  await ana.rings("bia", "voice");
  await bia.sees("incoming");
  expect(await notes(bia.page)).toEqual([]); // it is looked at
  await bia.page.evaluate(() => {
    globalThis.shown = "hidden";
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await shows(bia.page, "incoming");
  await ana.press("hangup");
  await shows(bia.page, "missed");
});

test("Chromium: a subscription that the browser has ended is made again, and an open page tells the server", async () => {
  const dora = await come("Chromium", "dora", undefined, { script: [stub] });
  await dora.context.grantPermissions(["notifications"], { origin: server.url });
  await alerts(dora);
  const { worker } = await chromiumWorker(dora);
  await dora.press("notify");
  await dora.reads("notify-state", /While Pronto is closed/);
  const sent = [];
  dora.page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => sent.push(String(payload))));
  await dora.page.reload(); // so that the frames of its socket are seen
  await dora.reads("notify-state", /While Pronto is closed/);
  const told = () => sent.filter((frame) => frame.includes('"setPush"')).length;
  await expect.poll(told).toBeGreaterThan(0);
  const before = told();
  await worker.evaluate(() => {
    globalThis.made = [];
    PushManager.prototype.subscribe = async (options) => globalThis.made.push(options);
    const options = { applicationServerKey: new ArrayBuffer(65) };
    globalThis.dispatchEvent(
      Object.assign(new ExtendableEvent("pushsubscriptionchange"), { oldSubscription: { options } }),
    );
  });
  await expect.poll(() => worker.evaluate(() => globalThis.made.length)).toBe(1);
  await expect.poll(told).toBeGreaterThan(before);
});

test.each(["Chromium", "Firefox"])(
  "%s: the page opens without a server, and says what to do",
  async (name) => {
    const own = await startServer();
    const person = await Person.come(browsers[name], own.url, "ana");
    here.join(person);
    await person.sees("contacts");
    await person.page.evaluate(() => navigator.serviceWorker.ready);
    const { name: app, icons } = await person.page.evaluate(async () => {
      const manifest = await fetch(document.querySelector("link[rel=manifest]").href);
      return manifest.json();
    });
    expect(app).toBe("Pronto");
    for (const { src, type } of icons) {
      const icon = await fetch(own.url + src);
      expect(icon.headers.get("content-type")).toBe(type);
    }
    await own.kill();
    await person.page.goto(`${own.url}/`);
    await person.reads("signin", /cannot be reached/);
    await own.start();
    await person.page.getByRole("button", { name: "Try again" }).click();
    await person.sees("as-ana");
    await own.stop();
  },
);
