import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  accept,
  leave,
  openChromium,
  openFirefox,
  ring,
  signIn,
  startServer,
  waitDecoded,
} from "./harness.mjs";

let server;
const browsers = {};

beforeAll(async () => {
  [server, browsers.Chromium, browsers.Firefox] = await Promise.all([
    startServer(),
    openChromium(),
    openFirefox(),
  ]);
});

afterAll(async () => {
  for (const browser of Object.values(browsers)) await browser.close();
  await server?.stop();
});

/** scrape reads the metrics as a map from series to value. */
async function scrape() {
  const text = await (await fetch(server.metrics)).text();
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").pop())]));
}

/** until scrapes until a condition holds of the metrics, and returns them. */
async function until(what, condition) {
  const end = Date.now() + 40_000;
  for (;;) {
    const now = await scrape();
    if (condition(now)) return now;
    if (Date.now() > end) {
      const known = [...now].filter(
        ([name, value]) => value !== 0 && /report|media_sec|ice_|rtt|mos/.test(name),
      );
      throw new Error(`waited 40 s for ${what}; ${JSON.stringify(known)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** showsItself opens the viewer as an operator does: numbers, and the call by its code. */
async function showsItself(code) {
  const context = await browsers.Firefox.newContext();
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  await page.goto(`${server.metrics.replace("/metrics", "/ops/")}#pronto-overview`);
  await page.waitForFunction(
    (count) => {
      const stats = [...document.querySelectorAll("section.stat")];
      const people = stats.find((s) => s.textContent.startsWith("Reports of quality"));
      return stats.length === count && Number(people?.querySelector(".value").textContent) > 0;
    },
    overview.panels.filter(({ type }) => type === "stat").length,
  );
  await page.waitForFunction(() => document.querySelector("section.timeseries canvas") !== null);
  await page.click("text=Support code");
  await page.fill("input", "0000-0000");
  await page.click("button");
  await page.waitForSelector("[role=alert]");
  await page.fill("input", code.toLowerCase());
  await page.click("button");
  await page.waitForSelector("text=callEnded hangup");
  expect(await page.locator("tbody tr").count()).toBeGreaterThan(8);
  const text = await page.textContent("main");
  for (const secret of ["ana", "bia", "Ana", "Bia", "127.0.0.1"]) expect(text).not.toContain(secret);
  expect(faults.filter((fault) => !fault.includes("404"))).toEqual([]); // the wrong code
  await context.close();
}

/**
 * staysInProcess opens another window of the site in the process of a page. When a page takes its process along, a busy
 * Firefox drops one of two beacons that it has said it will send: of any page.
 */
async function staysInProcess(page) {
  const opened = page.waitForEvent("popup");
  await page.evaluate(() => void open("/sdk/pronto.js"));
  await (await opened).waitForLoadState();
}

/** overview is the dashboard that the viewer shows first. */
const overview = JSON.parse(
  readFileSync(new URL("../../metrics/grafana/dashboards/pronto-overview.json", import.meta.url)),
);

const grown = (before, now, series) => (now.get(series) ?? 0) - (before.get(series) ?? 0);

test("Chromium and Firefox report how their call is, and nothing of it is refused", async () => {
  const before = await scrape();
  const ana = await signIn(browsers.Chromium, server.url, "ana");
  const bia = await signIn(browsers.Firefox, server.url, "bia");
  try {
    await ring(ana, ["bia"], { kind: "video" });
    await accept(bia);
    await Promise.all([waitDecoded(ana, "bia"), waitDecoded(bia, "ana")]);
    const accepted = 'pronto_client_reports_total{result="accepted"}';
    const now = await until("two reports of each", (m) => grown(before, m, accepted) >= 4);
    expect(grown(before, now, 'pronto_client_reports_total{result="invalid"}')).toBe(0);
    expect(grown(before, now, 'pronto_client_reports_total{result="rate_limited"}')).toBe(0);
    const pairs = [...now].filter(([series]) => series.startsWith("pronto_ice_selected_pairs_total"));
    expect(pairs.reduce((sum, [series]) => sum + grown(before, now, series), 0)).toBe(2);
    expect(grown(before, now, 'pronto_ice_connect_seconds_count{path="host"}')).toBe(2);
    expect(grown(before, now, "pronto_dtls_handshake_seconds_count")).toBe(2);
    expect(
      grown(before, now, 'pronto_audio_mos_count{path="host",topology="direct"}'),
    ).toBeGreaterThanOrEqual(2);
    expect(grown(before, now, 'pronto_rtt_seconds_count{path="host"}')).toBeGreaterThanOrEqual(3);
    const seconds = (media, quality) =>
      grown(before, now, `pronto_received_media_seconds_total{media="${media}",quality="${quality}"}`);
    const heard = seconds("audio", "good") + seconds("audio", "fair") + seconds("audio", "poor");
    expect(heard).toBeGreaterThan(15); // of the 40 s that two people hear in 20 s
    const seen = seconds("video", "good") + seconds("video", "fair") + seconds("video", "poor");
    expect(seen).toBeGreaterThan(15);
    expect(grown(before, now, 'pronto_video_height_pixels_count{media="video"}')).toBeGreaterThanOrEqual(3);
    const code = await ana.page.evaluate(() => window.call.support);
    const stays = 'pronto_data_bytes_count{kind="video",topology="direct"}';
    const counted = (await scrape()).get(stays) ?? 0;
    await staysInProcess(bia.page);
    await bia.page.close(); // no leave: Firefox carries the last report out by itself
    await until("the last report of the page that went", (m) => (m.get(stays) ?? 0) > counted);
    await ana.page.evaluate(() => window.call.end());
    await showsItself(code);
  } finally {
    await leave(ana);
    await bia.context.close();
  }
});
