// Makes the picture of the README, web/demo/screenshot.png: a call of three, through a real server. Run: node e2e/readme.mjs

import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openChromium, startServer } from "./harness.mjs";
import { Person } from "./people.mjs";
import { portrait } from "./portrait.mjs";

const picture = join(dirname(fileURLToPath(import.meta.url)), "../demo/screenshot.png");
const mostBytes = 300_000;

const server = await startServer();
const browser = await openChromium();
try {
  const look = { viewport: { width: 1200, height: 750 }, colorScheme: "light" };
  const [ana, bia, carlo] = await Promise.all(
    ["ana", "bia", "carlo"].map((name) =>
      Person.come(browser, server.url, name, "/", { ...look, script: [portrait, name] }),
    ),
  );
  await Promise.all([ana, bia, carlo].map((person) => person.press(`as-${person.name}`)));
  await carlo.sees("contacts");
  await ana.rings("bia");
  await bia.answers();
  await ana.sees("clock");
  await ana.page.keyboard.press("p");
  await ana.press("invite-carlo");
  await ana.press("invite");
  await carlo.answers();
  await ana.receives("carlo");
  await ana.receives("bia");
  await bia.page.keyboard.press("m");
  await ana.sees("muted");
  await ana.page.waitForFunction(
    () =>
      [...document.querySelectorAll("[data-testid=tile] video")].filter((video) => video.videoWidth >= 640)
        .length === 3 && document.querySelector("[data-testid=clock]")?.textContent >= "0:20",
  );
  await ana.page.mouse.move(600, 20);
  await ana.page.screenshot({ path: picture });
} finally {
  await browser.close();
  await server.stop();
}
const { size } = statSync(picture);
if (size > mostBytes) throw new Error(`the picture has ${size} bytes; ${mostBytes} are the most`);
console.log(`${picture}: ${size} bytes`);
