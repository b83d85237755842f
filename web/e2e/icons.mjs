// Draws the page's icons from icon.svg in Chromium: node e2e/icons.mjs. Part of make picture.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openChromium } from "./harness.mjs";

const folder = join(dirname(fileURLToPath(import.meta.url)), "../demo/public/icons");
const icon = readFileSync(join(folder, "icon.svg"), "utf8");
/** A launcher cuts a maskable icon to its own shape: 80 % of it are safe, and the ground goes to the edge. */
const maskable = icon.replace(' rx="9"', "").replace('viewBox="0 0 32 32"', 'viewBox="-3 -3 38 38"');
const ground = maskable.replace('width="32" height="32"', 'x="-3" y="-3" width="38" height="38"');
/** Of a badge only the shape is shown: white on nothing. */
const badge = icon
  .replace(/<rect[^>]*>/, "")
  .replace("#f3d9a0", "#fff")
  .replace("0 0 32 32", "5 5 22 22");
const whole = icon.replace(' rx="9"', ""); // iOS rounds the corners itself

const browser = await openChromium();
const page = await browser.newPage();
for (const [name, svg, size] of [
  ["icon-192", icon, 192],
  ["icon-512", icon, 512],
  ["maskable-512", ground, 512],
  ["touch-180", whole, 180],
  ["badge-96", badge, 96],
]) {
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(
    `<style>*{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>${svg}`,
  );
  await page.screenshot({ path: join(folder, `${name}.png`), omitBackground: true });
}
await browser.close();
