import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { accept, openPage, ring, stage, waitDecoded, waitFor } from "./harness.mjs";

const here = stage({ beforeAll, afterEach, afterAll });

test("a call of two goes on while the server is killed and comes back", async () => {
  const ana = await here.person("Chromium", "ana");
  const bia = await here.person("Firefox", "bia");
  const id = await ring(ana, ["bia"]);
  await accept(bia);
  await Promise.all([waitDecoded(ana, "bia"), waitDecoded(bia, "ana")]);
  await waitFor(ana, "an active call", () => window.call.phase === "active");
  await here.server.kill();
  for (const one of [ana, bia]) await waitFor(one, "the loss", () => window.pronto.state === "reconnecting");
  await Promise.all([waitDecoded(ana, "bia"), waitDecoded(bia, "ana")]);
  await here.server.start();
  for (const one of [ana, bia]) {
    await waitFor(one, "the server", () => window.pronto.state === "online");
    await waitFor(one, "nobody missing", () =>
      window.call.participants.every((p) => p.presence === "joined"),
    );
    expect(await one.page.evaluate(() => window.pronto.calls.map((call) => call.id))).toEqual([id]);
    expect(await one.page.evaluate(() => window.seen.ended)).toEqual([]);
  }
  await ana.page.evaluate(() => window.call.setMicrophone(false));
  await waitFor(
    bia,
    "the mute",
    () => !window.call.participants.find((p) => p.user === "ana").media.microphone,
  );
});

test("a call through the SFU comes back after the server was killed", async () => {
  const ana = await here.person("Chromium", "ana");
  const bia = await here.person("Firefox", "bia");
  const carlo = await here.person("Chromium", "carlo");
  const id = await ring(ana, ["bia", "carlo"]);
  await Promise.all([accept(bia), accept(carlo)]);
  await Promise.all([waitDecoded(ana, "carlo"), waitDecoded(bia, "ana"), waitDecoded(carlo, "bia")]);
  await here.server.kill();
  await here.server.start();
  for (const one of [ana, bia, carlo]) {
    await waitFor(
      one,
      "the server",
      () => window.seen.states.at(-1) === "online" && window.seen.states.length > 2,
    );
    expect(await one.page.evaluate(() => window.pronto.calls.map((call) => call.id))).toEqual([id]);
  }
  await Promise.all([waitDecoded(ana, "carlo"), waitDecoded(bia, "ana"), waitDecoded(carlo, "bia")]);
});

test.each(["Chromium", "Firefox"])("a page loaded again in %s is in its call again", async (name) => {
  const ana = await here.person(name, "ana");
  const bia = await here.person("Chromium", "bia");
  const id = await ring(ana, ["bia"]);
  await accept(bia);
  await Promise.all([waitDecoded(ana, "bia"), waitDecoded(bia, "ana")]);
  await openPage(ana.page, here.server.url, "ana");
  await waitFor(ana, "the call", (call) => window.call?.id === call, id);
  await Promise.all([waitDecoded(ana, "bia"), waitDecoded(bia, "ana")]);
  expect(await bia.page.evaluate(() => window.seen.ended)).toEqual([]);
});

test("a page that was offline for a while gets what it missed", async () => {
  const ana = await here.person("Chromium", "ana");
  const bia = await here.person("Chromium", "bia");
  await ring(ana, ["bia"], { kind: "voice" });
  await accept(bia);
  await waitDecoded(bia, "ana", { camera: false });
  await bia.context.setOffline(true);
  await waitFor(bia, "the loss", () => window.pronto.state === "reconnecting");
  await ana.page.evaluate(() => window.call.setCamera(true));
  await bia.context.setOffline(false);
  await waitFor(bia, "the camera", () => window.call.participants.find((p) => p.user === "ana").media.camera);
  await waitDecoded(bia, "ana");
});
