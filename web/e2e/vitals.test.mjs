// How quick the page is in a call: from the press on Accept to the other's picture. On a machine that does nothing else half a
// second is the aim (PICTURE_MS=500); one that runs other tests beside has more time.

import { afterAll, beforeAll, expect, test } from "vitest";
import { openChromium, startServer } from "./harness.mjs";
import { Person, part } from "./people.mjs";

const pictureMs = Number(process.env.PICTURE_MS ?? 1_500);

let server;
let browser;

beforeAll(async () => {
  server = await startServer();
  browser = await openChromium();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** timePicture runs in the page before everything else: it times the first frame of somebody else after the press on Accept. */
function timePicture() {
  let pressedMs;
  addEventListener("click", ({ target }) => {
    if (target instanceof Element && target.closest("[data-testid=accept]") !== null)
      pressedMs = performance.now();
  });
  const look = () => {
    const video = document.querySelector("[data-testid=tile]:not([data-who=self]) video");
    if (pressedMs !== undefined && video !== null && video.videoWidth > 0 && video.readyState >= 2) {
      window.pictureMs = performance.now() - pressedMs;
      return;
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

test("the other's picture is there soon after the press on Accept", async () => {
  const tries = [];
  for (let i = 0; i < 6 && !tries.some((ms) => ms <= pictureMs); i++) {
    const [ana, bia] = await Promise.all([
      Person.come(browser, server.url, "ana"),
      Person.come(browser, server.url, "bia", undefined, { script: [timePicture] }),
    ]);
    await bia.sees("contacts");
    await ana.rings("bia");
    await bia.answers();
    await expect
      .poll(() => bia.page.evaluate(() => window.pictureMs), { timeout: 30_000 })
      .toBeGreaterThan(0);
    tries.push(Math.round(await bia.page.evaluate(() => window.pictureMs)));
    await part(ana, bia);
  }
  console.log(`accept to picture: ${tries.join(", ")} ms`);
  expect(Math.min(...tries)).toBeLessThanOrEqual(pictureMs);
});
