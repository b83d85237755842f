// Makes the viewer's picture for the README, web/ops/screenshot.png: bots call each other, one in ten loses 8 % of what is sent to it, and
// the viewer shows how. Run: node e2e/opspicture.mjs [folder for pictures of all dashboards]

import { mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openChromium, startServer } from "./harness.mjs";

const picture = join(dirname(fileURLToPath(import.meta.url)), "../ops/screenshot.png");
const mostBytes = 300_000;
const loadMs = Number(process.env.SECONDS ?? 150) * 1_000;
const folder = process.argv[2];

const server = await startServer({ PRONTO_LOG_LEVEL: "info" }, [
  "demo",
  "--bots=10",
  "--groups=2",
  "--bad=1",
  "--loss=8",
  "--rtt=0ms",
]);
const browser = await openChromium();
try {
  await new Promise((resolve) => setTimeout(resolve, loadMs));
  const look = async (uid, colorScheme, path, fullPage = false) => {
    const context = await browser.newContext({ viewport: { width: 1200, height: 800 }, colorScheme });
    const page = await context.newPage();
    await page.goto(`${server.metrics.replace("/metrics", "/ops/")}#${uid}`);
    await page.waitForFunction(() => document.querySelectorAll("section canvas").length > 1);
    await page.waitForFunction(() => {
      const drawn = [...document.querySelectorAll("section.timeseries, section.heatmap")];
      return drawn.every((one) => one.querySelector("canvas, .empty, [role=alert]") !== null);
    });
    await page.screenshot({ path, fullPage });
    await context.close();
  };
  await look("pronto-quality", "light", picture);
  if (folder !== undefined) {
    mkdirSync(folder, { recursive: true });
    for (const name of ["overview", "quality", "network", "sfu", "turn", "signalling", "privacy"])
      for (const scheme of ["light", "dark"])
        await look(`pronto-${name}`, scheme, join(folder, `${name}-${scheme}.png`), true);
  }
} finally {
  await browser.close();
  await server.stop();
}
const { size } = statSync(picture);
if (size > mostBytes) throw new Error(`the picture has ${size} bytes; ${mostBytes} are the most`);
console.log(`${picture}: ${size} bytes`);
