// What the page says when the network is bad: one of three, whose media passes through a real bad network (sfu/lab).

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openChromium, ownAddress, startServer } from "./harness.mjs";
import { freePort, Network, through } from "./network.mjs";
import { Person, part } from "./people.mjs";
import { TwoWays } from "./twoways.mjs";

const newAddressMs = 20_000; // without sound, at most, when the address that a call goes by is taken away

let folder;
let server;
let browser;
let network;
let addresses;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "pronto-network-"));
  const address = ownAddress();
  const media = `${address}:${await freePort(address)}`;
  server = await startServer({ PRONTO_MEDIA_LISTEN: media });
  browser = await openChromium();
  network = await Network.start(folder, address, media);
  addresses = { from: media, to: network.address };
});
afterAll(async () => {
  await network?.stop();
  await browser?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const gone = (person, testid) => person.it(testid).waitFor({ state: "detached", timeout: 60_000 });

test("lost packets, too little for pictures, and no network at all are each told, and taken back", async () => {
  const come = (name, options) => Person.come(browser, server.url, name, undefined, options);
  const [ana, bia, carlo] = await Promise.all([
    come("ana"),
    come("bia", { script: [through, addresses] }),
    come("carlo"),
  ]);
  await Promise.all([bia.sees("contacts"), carlo.sees("contacts")]);
  await ana.press("select");
  await ana.press("pick-bia");
  await ana.press("pick-carlo");
  await ana.press("group-video"); // three from the start: through the SFU
  await Promise.all([bia.answers(), carlo.answers()]);
  await bia.receives("ana");
  await ana.receives("bia");

  await network.set({ loss: 0.15 }, { loss: 0.15 });
  await bia.sees("alert-poor-own", 60_000);
  await ana.reads("alert-poor-other", /Poor network:.*Bia/, 30_000); // on a busy machine Carlo may have one, too
  await ana.page.locator("[data-who=bia] [data-testid=bars][data-bars='1']").waitFor();
  await bia.looksGood("poor-own");
  await ana.looksGood("poor-other");
  await network.set({});
  await gone(bia, "alert-poor-own");
  const poor = async () => (await ana.page.getByTestId("alert-poor-other").allInnerTexts()).join();
  await expect.poll(poor, { timeout: 60_000 }).not.toMatch(/Bia/);

  await network.set({ cut: true }, { cut: true });
  await bia.reads("alert-broken", /Reconnecting…\s*[1-9]\d* s/, 60_000);
  await bia.looksGood("broken");
  await network.set({});
  await gone(bia, "alert-broken");
  await bia.receives("ana");
  await ana.receives("bia");

  await network.set({ rateBps: 70_000, queueMs: 300 });
  await bia.reads("alert-sound-only", /Only sound for the moment/, 90_000);
  await bia.looksGood("sound-only");
  await bia.receives("ana", { picture: false });
  await network.set({});
  await gone(bia, "alert-sound-only");
  await bia.receives("ana");
  expect(await bia.it("ended").count()).toBe(0);
  await part(ana, bia, carlo);
});

/** watch runs in a page before everything else: window.gapMs is the longest time without a packet of sound, window.from the address that we send from. */
function watch() {
  const connections = [];
  const Real = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(...args) {
      super(...args);
      connections.push(this);
    }
  };
  window.gapMs = 0;
  let packets = 0;
  let cameMs = performance.now();
  const look = async () => {
    let now = 0;
    for (const connection of connections.filter((one) => one.connectionState !== "closed")) {
      const stats = await connection.getStats();
      for (const one of stats.values()) {
        if (one.type === "inbound-rtp" && one.kind === "audio") now += one.packetsReceived;
        if (one.type === "transport")
          window.from = stats.get(stats.get(one.selectedCandidatePairId)?.localCandidateId)?.address;
      }
    }
    if (now !== packets) cameMs = performance.now();
    packets = now;
    window.gapMs = Math.max(window.gapMs, performance.now() - cameMs);
    setTimeout(look, 20);
  };
  look();
}

test("a machine whose address is taken away goes on talking from its other one, and nobody has dialled", async () => {
  const machine = new TwoWays();
  let own;
  const browsers = [];
  try {
    own = await startServer({ PRONTO_LISTEN: `${ownAddress()}:0` }); // there is no loopback between the two
    const trusting = [`--unsafely-treat-insecure-origin-as-secure=${own.url}`];
    const there = machine.program(folder, process.env.CHROMIUM ?? "/usr/bin/chromium");
    browsers.push(await openChromium(trusting), await openChromium(trusting, there));
    const [ana, bia] = await Promise.all(
      ["ana", "bia"].map((name, i) =>
        Person.come(browsers[i], own.url, name, undefined, { script: [watch] }),
      ),
    );
    await bia.sees("contacts");
    await ana.rings("bia");
    await bia.answers();
    await Promise.all([ana.receives("bia"), bia.receives("ana")]);
    await expect.poll(() => bia.page.evaluate(() => window.from), { timeout: 20_000 }).toMatch(/^10\.213\./);
    const before = await bia.page.evaluate(() => window.from);
    for (const { page } of [ana, bia])
      await page.evaluate(() => {
        window.gapMs = 0;
      });
    machine.cut(before.startsWith("10.213.0.") ? 0 : 1);
    const after = before.startsWith("10.213.0.") ? "10.213.1.2" : "10.213.0.2";
    await expect.poll(() => bia.page.evaluate(() => window.from), { timeout: 60_000 }).toBe(after);
    await Promise.all([ana.receives("bia"), bia.receives("ana")]);
    const gaps = await Promise.all([ana, bia].map(({ page }) => page.evaluate(() => window.gapMs)));
    console.log(`a new address: no sound for ${gaps.map(Math.round).join(" and ")} ms`);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(newAddressMs);
    for (const person of [ana, bia]) expect(await person.it("ended").count()).toBe(0);
    await expect.poll(() => bia.it("call").innerText(), { timeout: 60_000 }).not.toMatch(/Reconnecting/);
    await ana.press("hangup");
    await bia.sees("ended"); // it hears from the server, too
    await Promise.all([ana, bia].map((person) => person.leaves(/ERR_|WebSocket/)));
  } finally {
    for (const browser of browsers) await browser.close();
    await own?.stop();
    machine.stop();
  }
});
