// What the page says when the network is bad: one of three, whose media passes through a real bad network (sfu/lab).

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openChromium, ownAddress, startServer } from "./harness.mjs";
import { freePort, Network, through } from "./network.mjs";
import { Person, part } from "./people.mjs";

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
