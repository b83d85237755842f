// make bench-keys in short: what a newcomer costs the browsers of a small group.

import { expect, test } from "vitest";
import { openChromium, openFirefox } from "./harness.mjs";
import { keyCosts } from "./keycost.mjs";

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
