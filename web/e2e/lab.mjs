// The impairment lab: a call of real browsers through a bad network (sfu/lab), and what is left of sound and picture. It
// prints a table, and one line of JSON for each case; make lab runs it.
//
//   SECONDS  of each measurement, 30 if not set
//   CASES    names of cases, separated by commas; all if not set
//
// One sends speech and a camera straight to the SFU; the other receives both, and all that he sends and receives passes
// through the bad network.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { filmHeight, makeFilm } from "./film.mjs";
import {
  accept,
  leave,
  openChromium,
  openPage,
  ownAddress,
  ring,
  signIn,
  startServer,
  waitDecoded,
} from "./harness.mjs";
import { freePort, Network } from "./network.mjs";

const seconds = Number(process.env.SECONDS ?? 30);
const only = process.env.CASES?.split(",");
const text = `When in the course of human events it becomes necessary for one people to talk with another,
they do not care which way their words take, how narrow it is, or how many of them are lost on it. They want to be
understood. The quick brown fox jumps over the lazy dog, and then he sits down and thinks about it for a while.`;

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const percent = (share) => `${(100 * share).toFixed(2)} %`;

/** delay is a way of 40 ms there and back. */
const delay = { delayMs: 20 };

/** watch runs in the receiver's page: it notes the browser's own counters every 50 ms. */
function watch({ from, to }) {
  const set = RTCPeerConnection.prototype.setRemoteDescription;
  const connections = [];
  RTCPeerConnection.prototype.setRemoteDescription = function (description) {
    connections.push(this);
    const sdp = description.sdp.replaceAll(` ${from.replace(":", " ")} typ`, ` ${to.replace(":", " ")} typ`);
    return set.call(this, { type: description.type, sdp });
  };
  window.samples = [];
  const sum = async () => {
    const s = { at: performance.now(), total: 0, concealed: 0, silent: 0, frames: 0, height: 0, bytes: 0 };
    for (const connection of new Set(connections)) {
      if (connection.connectionState === "closed") continue;
      for (const report of (await connection.getStats()).values()) {
        if (report.type !== "inbound-rtp") continue;
        if (report.kind === "audio") {
          s.total += report.totalSamplesReceived ?? 0;
          s.concealed += report.concealedSamples ?? 0;
          s.silent += report.silentConcealedSamples ?? 0;
        } else {
          s.frames += report.framesDecoded ?? 0;
          s.bytes += report.bytesReceived ?? 0;
          s.height = Math.max(s.height, report.frameHeight ?? 0);
        }
      }
    }
    window.samples.push(s);
    setTimeout(sum, 50);
  };
  sum();
}

/** Bench is a call in the lab. */
class Bench {
  constructor(network, viewer) {
    this.network = network;
    this.viewer = viewer;
  }

  /** now is the newest counters, and forgets those before. */
  async take() {
    return this.viewer.page.evaluate(() => window.samples.splice(0, window.samples.length - 1));
  }

  async forget() {
    await this.take();
  }

  /** concealed is the share of sound that was made up, over a time. */
  async concealed(forMs) {
    await this.forget();
    await wait(forMs);
    const all = await this.take();
    const [first, last] = [all[0], all[all.length - 1]];
    return (last.concealed - first.concealed) / Math.max(1, last.total - first.total);
  }

  /** until waits until the counters say so, and returns after what time, in ms; undefined if they do not in time. */
  async until(is, forMs) {
    await this.forget();
    const began = performance.now();
    let before;
    for (;;) {
      for (const sample of await this.take()) {
        if (before !== undefined && is(before, sample)) return performance.now() - began;
        before = sample;
      }
      if (performance.now() - began > forMs) return undefined;
      await wait(50);
    }
  }

  /** freeze is the longest time without a new frame, over a time. */
  async freeze(forMs) {
    await this.forget();
    await wait(forMs);
    let longest = 0;
    let last;
    for (const sample of await this.take()) {
      if (last === undefined || sample.frames > last.frames) last = sample;
      else longest = Math.max(longest, sample.at - last.at);
    }
    return longest;
  }

  /** best is the height of the best picture that comes on a perfect way, and how much it needs, in bit/s. */
  async best() {
    await this.network.set(delay);
    await wait(8_000);
    await this.forget();
    await wait(4_000);
    const all = await this.take();
    const [first, last] = [all[0], all[all.length - 1]];
    return { height: last.height, bps: ((last.bytes - first.bytes) * 8_000) / (last.at - first.at) };
  }
}

const shown = (ms) => (ms === undefined ? "never" : `${(ms / 1000).toFixed(2)} s`);

/** sound is a case in which only the share of made-up sound counts. */
const sound = (goal, down, up) => async (bench) => {
  await bench.network.set(down, up);
  await wait(6_000); // until the SFU has noticed, and the receiver waits for what comes late
  const share = await bench.concealed(seconds * 1000);
  return [{ what: "concealed", value: percent(share), goal: `≤ ${percent(goal)}`, ok: share <= goal }];
};

/** filmed are the cases whose camera shows a film that needs much room, as large as it is. It costs the machine much, too. */
const filmed = new Set(["4 → 1 → 4 Mbit/s"]);

/** cases are the matrix: each sets the weather and measures. */
const cases = {
  "no impairment": sound(0.005, delay),
  "10 % loss": sound(0.01, { ...delay, loss: 0.1 }),
  "30 % loss at 80 ms": sound(0.05, { delayMs: 40, loss: 0.3 }, { delayMs: 40 }),
  "bursts of 100 ms": sound(0.08, { ...delay, burstBegins: 0.02, burstEnds: 0.2 }),
  "200 kbit/s": async (bench) => {
    const narrow = { ...delay, rateBps: 200_000, queueMs: 300 };
    await bench.network.set(narrow);
    const drop = await bench.concealed(5_000);
    const share = await bench.concealed(seconds * 1000);
    const paused = await bench.viewer.page.evaluate(() => window.paused.some((one) => one !== undefined));
    await bench.network.set(delay);
    const back = await bench.until((a, b) => b.frames > a.frames + 1 && b.at > a.at, 15_000);
    return [
      { what: "concealed in the 5 s of the drop", value: percent(drop), goal: "", ok: true },
      { what: "concealed after", value: percent(share), goal: "≤ 1.00 %", ok: share <= 0.01 },
      { what: "told of the pause", value: paused ? "yes" : "no", goal: "yes", ok: paused },
      { what: "picture back", value: shown(back), goal: "comes back", ok: back !== undefined },
    ];
  },
  "4 → 1 → 4 Mbit/s": async (bench) => {
    const best = await bench.best();
    await bench.network.set({ ...delay, rateBps: 4_000_000 });
    await wait(5_000);
    await bench.network.set({ ...delay, rateBps: 1_000_000 });
    const freeze = await bench.freeze(15_000);
    const low = (await bench.take()).at(-1).height;
    await bench.network.set({ ...delay, rateBps: 4_000_000 });
    const back = await bench.until((_, b) => b.height >= best.height, 20_000);
    return [
      {
        what: `${best.height} lines need`,
        value: `${(best.bps / 1e6).toFixed(2)} Mbit/s`,
        goal: "> 1 Mbit/s",
        ok: best.bps > 1_000_000,
      },
      { what: "freeze going down", value: shown(freeze), goal: "≤ 1 s", ok: freeze <= 1_000 },
      {
        what: "lines at 1 Mbit/s",
        value: `${low}`,
        goal: "fewer, but some",
        ok: low > 0 && low < best.height,
      },
      {
        what: `${best.height} lines back`,
        value: shown(back),
        goal: "≤ 10 s",
        ok: back !== undefined && back <= 10_000,
      },
    ];
  },
  "5 s outage": async (bench) => {
    await bench.best();
    await bench.network.set({ cut: true }, { cut: true });
    await wait(5_000);
    await bench.network.set(delay);
    const heard = bench.until((a, b) => b.total - b.concealed > a.total - a.concealed + 480, 10_000);
    const audio = await heard;
    const video = await bench.until((a, b) => b.frames > a.frames, 10_000);
    const until = audio === undefined || video === undefined ? undefined : audio + video;
    return [
      { what: "sound back", value: shown(audio), goal: "≤ 0.5 s", ok: audio !== undefined && audio <= 500 },
      {
        what: "picture back",
        value: shown(until),
        goal: "≤ 1.5 s",
        ok: until !== undefined && until <= 1_500,
      },
    ];
  },
};

async function main() {
  const folder = mkdtempSync(join(tmpdir(), "pronto-lab-"));
  const speech = join(folder, "speech.wav");
  execFileSync("espeak-ng", ["-v", "en", "-s", "150", "-w", speech, text]);
  const address = ownAddress();
  const media = `${address}:${await freePort(address)}`;
  const server = await startServer({ PRONTO_MEDIA_LISTEN: media });
  const voice = `--use-file-for-fake-audio-capture=${speech}`;
  const network = await Network.start(folder, address, media);
  const rows = [];
  try {
    for (const [name, measure] of Object.entries(cases)) {
      if (only !== undefined && !only.includes(name)) continue;
      await network.set(delay);
      const chromium = await openChromium(filmed.has(name) ? [voice, filmIn(folder)] : [voice]);
      const ana = await signIn(chromium, server.url, "ana");
      const carlo = await signIn(chromium, server.url, "carlo");
      const bia = await receiver(chromium, server.url, { from: media, to: network.address });
      try {
        await ring(ana, ["bia", "carlo"]); // through the SFU from the start
        if (filmed.has(name))
          await bia.page.evaluate((height) => {
            window.shownHeight = height;
          }, filmHeight);
        await accept(bia, { camera: false });
        await waitDecoded(bia, "ana");
        await wait(4_000);
        for (const row of await measure(new Bench(network, bia))) {
          rows.push({ case: name, ...row });
          console.log(JSON.stringify({ case: name, ...row }));
        }
      } finally {
        await network.set({});
        for (const one of [bia, carlo, ana]) await leave(one);
        await chromium.close();
      }
    }
  } finally {
    await network.stop();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  print(rows);
  if (rows.some((row) => !row.ok)) process.exitCode = 1;
}

/** filmIn makes the film and returns the argument with which Chromium's camera shows it. */
function filmIn(folder) {
  const film = join(folder, "film.y4m");
  makeFilm(film);
  return `--use-file-for-fake-video-capture=${film}`;
}

/** receiver signs somebody in whose media passes through the bad network. */
async function receiver(browser, url, addresses) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(watch, addresses);
  await openPage(page, url, "bia");
  await page.evaluate(() => {
    window.paused = [];
    window.pronto.on("call", (call) =>
      call.on("change", () => {
        for (const { participant } of call.participants)
          window.paused.push(call.media(participant).cameraPaused);
      }),
    );
  });
  return { page, context, user: "bia", faults: [] };
}

function print(rows) {
  const columns = ["case", "what", "value", "goal"];
  const width = columns.map((column) => Math.max(column.length, ...rows.map((row) => row[column].length)));
  const line = (cells) => cells.map((cell, i) => cell.padEnd(width[i])).join("  ");
  console.log(`\n${line(columns)}`);
  for (const row of rows)
    console.log(`${line(columns.map((column) => row[column]))}  ${row.ok ? "" : "MISSED"}`);
}

await main();
