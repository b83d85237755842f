// A server that does not play by the rules: what it withholds is mended, and whom it hides is shown.

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { accept, openPage, participantOf, ring, stage, waitDecoded, waitFor } from "./harness.mjs";

const here = stage({ beforeAll, afterEach, afterAll });

/**
 * behind signs somebody in behind a server that changes what it says: change is given each of its frames, and returns
 * the frame to say instead. It may say nothing instead: were a number missing, the client would ask for the frame again.
 */
async function behind(browser, user, change) {
  const context = await here.browsers[browser].newContext();
  const page = await context.newPage();
  await page.routeWebSocket(/\/v1\/ws$/, (ws) => {
    const upstream = ws.connectToServer();
    upstream.onMessage((text) => {
      ws.send(JSON.stringify(change(JSON.parse(text))));
    });
  });
  const one = here.joins({ page, context, user, faults: [] });
  await openPage(page, here.server.url, user);
  return one;
}

/** nothing is what a frame is replaced with: what is not known is counted and passed over. */
const nothing = (frame) => ({ ...frame, type: "nothing", body: {} });

/** counted waits until a counter of the server's metrics is over so much, and returns it. */
async function counted(name, over = 0) {
  for (const end = Date.now() + 20_000; ; ) {
    const answer = await fetch(here.server.metrics);
    const line = (await answer.text()).split("\n").find((one) => one.startsWith(`${name} `));
    const value = Number(line?.split(" ")[1] ?? 0);
    if (value > over) return value;
    if (Date.now() > end) throw new Error(`${name} is still ${value}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const withKeys = (one, count) =>
  waitFor(
    one,
    `keys for ${count}`,
    (n) => window.call?.encryption.state === "on" && window.call.encryption.members.length === n,
    count,
  );

test("a commit that the server withholds is asked for, and pictures come again within 3 s", async () => {
  let withhold = false;
  let withheld = 0;
  const ana = await here.person("Chromium", "ana");
  const bia = await behind("Firefox", "bia", (frame) => {
    if (!withhold || frame.type !== "keysCommitted") return frame;
    withheld++;
    return nothing(frame);
  });
  const carlo = await here.person("Chromium", "carlo");
  await ring(ana, ["bia", "ezio"]); // through the SFU from the start
  await withKeys(ana, 1); // so that it is ana who lets the others in
  await accept(bia);
  await Promise.all([waitDecoded(ana, "bia"), waitDecoded(bia, "ana")]);
  const noKey = 'pronto_e2ee_failures_total{reason="no_key"}';
  const before = await counted(noKey, -1);
  const id = await participantOf(bia, "ana");
  await bia.page.evaluate((participant) => {
    let last = { passed: -1, at: performance.now() };
    window.pauseMs = 0;
    window.watching = setInterval(async () => {
      const counts = await window.call.frames();
      const camera = counts.find((c) => c.participant === participant && c.source === "camera");
      const at = performance.now();
      window.pauseMs = Math.max(window.pauseMs, at - last.at);
      if (camera?.passed !== last.passed) last = { passed: camera?.passed, at };
    }, 50);
  }, id);
  withhold = true;
  await ana.page.evaluate(() => window.call.invite(["carlo"]));
  await accept(carlo, { camera: false });
  await withKeys(bia, 3);
  await waitDecoded(bia, "ana");
  await counted(noKey, before);
  const pauseMs = await bia.page.evaluate(() => {
    clearInterval(window.watching);
    return window.pauseMs;
  });
  expect(withheld).toBeGreaterThan(0);
  expect(pauseMs).toBeGreaterThan(500); // she had to wait for the keys
  expect(pauseMs).toBeLessThan(3_000);
  await withKeys(ana, 3);
  const codes = await Promise.all(
    [ana, bia].map(({ page }) => page.evaluate(() => window.call.encryption.code)),
  );
  expect(codes[0]).toBe(codes[1]);
});

test("who is not welcomed lets himself in", async () => {
  const ana = await here.person("Firefox", "ana");
  const bia = await behind("Chromium", "bia", (frame) =>
    frame.type === "keysWelcomed" ? nothing(frame) : frame,
  );
  const name = 'pronto_e2ee_commits_total{result="external"}';
  const before = await counted(name, -1);
  await ring(ana, ["bia"]);
  await withKeys(ana, 1);
  await accept(bia);
  await Promise.all([withKeys(ana, 2), withKeys(bia, 2)]);
  await Promise.all([waitDecoded(ana, "bia"), waitDecoded(bia, "ana")]);
  expect(await counted(name, before)).toBe(before + 1);
});

test("somebody whom the server hides, and who has the keys, is shown as a ghost and not heard", async () => {
  const hidden = "carlo";
  let hides = "";
  const without = (state) => ({
    ...state,
    participants: state.participants.filter(({ user }) => user !== hidden),
  });
  const ana = await behind("Chromium", "ana", (frame) => {
    const { type, body } = frame;
    const about = body?.participant?.user === hidden ? body.participant.participant : body?.participant;
    if (body?.participant?.user === hidden) hides = about;
    if (type === "callState") return { ...frame, body: without(body) };
    return hides !== "" && about === hides ? nothing(frame) : frame;
  });
  const bia = await here.person("Firefox", "bia");
  const carlo = await here.person("Chromium", "carlo");
  await ring(ana, ["bia", "ezio"]);
  await withKeys(ana, 1);
  await accept(bia);
  await Promise.all([waitDecoded(ana, "bia"), waitDecoded(bia, "ana")]);
  const name = 'pronto_e2ee_failures_total{reason="ghost"}';
  const before = await counted(name, -1);
  await bia.page.evaluate(() => window.call.invite(["carlo"]));
  await accept(carlo);
  await waitDecoded(bia, "carlo"); // bia's server is honest
  await waitFor(ana, "the warning", () =>
    window.call.encryption.warnings.some(({ type }) => type === "ghost"),
  );
  const seen = await ana.page.evaluate(() => ({
    members: window.call.encryption.members.length,
    participants: window.call.participants.filter((p) => p.presence === "joined").map(({ name }) => name),
  }));
  expect(seen).toEqual({ members: 3, participants: ["Ana", "Bia"] });
  await counted(name, before);
  const counts = await ana.page.evaluate(() => window.call.frames());
  expect(counts.some(({ participant, passed }) => participant === "p3" && passed > 0)).toBe(false);
  await waitDecoded(ana, "bia"); // the others go on
});
