// Makes the README's pictures of the page, web/demo/pictures: home, a phone that rings, a call of two on it, and a call of
// three, through a real server. Run: make picture

import { mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openChromium, startServer } from "./harness.mjs";
import { Person } from "./people.mjs";
import { portrait } from "./portrait.mjs";

const folder = join(dirname(fileURLToPath(import.meta.url)), "../demo/pictures");
const mostBytes = 300_000;
const desk = { viewport: { width: 1200, height: 750 }, colorScheme: "light" };
const hand = {
  viewport: { width: 390, height: 750 },
  colorScheme: "dark",
  hasTouch: true,
  deviceScaleFactor: 1.5,
};

async function take({ page }, name) {
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path });
  const { size } = statSync(path);
  if (size > mostBytes) throw new Error(`${path} has ${size} bytes; ${mostBytes} are the most`);
  console.log(`${path}: ${size} bytes`);
}

/** pictures waits until so many pictures are shown large enough, and the call has lasted for a while. */
function pictures({ page }, count, clock) {
  return page.waitForFunction(
    ([many, since]) =>
      [...document.querySelectorAll("[data-testid=stage] video")].filter((video) => video.videoWidth >= 640)
        .length >= many && document.querySelector("[data-testid=clock]")?.textContent >= since,
    [count, clock],
  );
}

mkdirSync(folder, { recursive: true });
const server = await startServer();
const browser = await openChromium();
try {
  const come = (name, look) =>
    Person.come(browser, server.url, name, "/", { ...look, script: [portrait, name] });
  const [ana, bia, carlo] = await Promise.all([come("ana", desk), come("bia", hand), come("carlo", desk)]);
  await Promise.all([ana, bia, carlo].map((person) => person.press(`as-${person.name}`)));
  await Promise.all([ana, bia, carlo].map((person) => person.sees("contacts")));

  await carlo.rings("ana", "voice");
  await ana.sees("incoming");
  await carlo.press("hangup");
  await ana.it("incoming").waitFor({ state: "hidden" });

  await ana.rings("bia");
  await bia.sees("incoming");
  await take(bia, "ringing");
  await bia.answers();
  await ana.receives("bia");
  await bia.receives("ana");
  await pictures(bia, 2, "0:08");
  await take(bia, "two");

  await ana.page.keyboard.press("p");
  await ana.press("invite-carlo");
  await ana.press("invite");
  await carlo.answers();
  await ana.receives("carlo");
  await ana.receives("bia");
  await bia.page.keyboard.press("m");
  await ana.sees("muted");
  await pictures(ana, 3, "0:20");
  await ana.page.mouse.move(600, 20);
  await take(ana, "call");

  for (const person of [carlo, bia]) await person.press("hangup"); // and nobody is left with Ana
  await ana.sees("ended");
  await ana.press("put-away");
  await ana.sees("contacts");
  await ana.page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" }); // no colour is on its way
  await take(ana, "home");
} finally {
  await browser.close();
  await server.stop();
}
