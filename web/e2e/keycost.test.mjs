// make bench-keys in short: what a newcomer costs the browsers of a small group.

import { expect, test } from "vitest";
import { leave, openChromium, openFirefox, signIn, startServer } from "./harness.mjs";
import { keyCosts, newcomerOpens } from "./keycost.mjs";

test.each([
  ["Chromium", openChromium],
  ["Firefox", openFirefox],
])("a newcomer costs %s some milliseconds, and the server some kilobytes", async (_, open) => {
  const browser = await open();
  const costs = await keyCosts(browser, [2, 8], 3);
  await browser.close();
  console.log(JSON.stringify(costs));
  expect(costs.map(({ members }) => members)).toEqual([2, 8]);
  for (const {
    addMs,
    joinMs,
    ownMs,
    commitBytes,
    welcomeBytes,
    groupInfoBytes,
    bytesUp,
    bytesDown,
  } of costs) {
    for (const ms of [addMs, joinMs, ownMs]) expect(ms).toBeGreaterThan(0);
    expect(commitBytes).toBeLessThan(1_000);
    expect(welcomeBytes).toBeLessThan(1_000); // the tree is in the GroupInfo
    expect(groupInfoBytes).toBeLessThan(5_000);
    expect(bytesUp + bytesDown).toBeLessThan(40_000);
  }
});

/** openedMs is how long the first frame may take: far more than the 700 ms of the goal, for a machine with much to do. */
const openedMs = Number(process.env.FIRST_OPENED_MS ?? 15_000);

test("who comes to 31 others with a browser soon opens what they send", async () => {
  const server = await startServer();
  const browser = await openChromium();
  const owner = await signIn(browser, server.url, "ana");
  const bia = await signIn(browser, server.url, "bia");
  try {
    const took = await newcomerOpens(server, bia, 32, 4);
    console.log(`first frame opened after ${took.join(", ")} ms`);
    expect(took).toHaveLength(4);
    expect(took.sort((a, b) => a - b)[2]).toBeLessThan(openedMs);
  } finally {
    await leave(bia);
    await leave(owner);
    await browser.close();
    await server.stop();
  }
}, 300_000);
