// Measures how long it takes from answering a call to the first decoded sound
// of the caller, in Chromium, over 20 calls of each kind:
//
//   p2p  the caller rings one: peer to peer
//   sfu  the caller rings two, of whom one answers: through the SFU
//
// It prints one line of JSON for each. RUNS and BROWSER (chromium, firefox)
// change the number and the browser.

import {
  leave,
  openChromium,
  openFirefox,
  ring,
  signIn,
  startServer,
  waitFor,
  waitIncoming,
} from "./harness.mjs";

const runs = Number(process.env.RUNS ?? 20);

/** answerToAudio runs in the page of the called: it answers, and times the first sound with the browser's own counters. */
async function answerToAudio() {
  const began = performance.now();
  const call = await window.pronto.incoming[0].accept({ camera: false });
  for (;;) {
    const { participants } = await call.stats();
    if (participants.some((p) => p.audio?.packets > 0 && p.audio.samples > 0))
      return performance.now() - began;
    if (performance.now() - began > 20_000) throw new Error("nothing was heard within 20 s");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** percentile is the nearest-rank percentile of sorted values. */
function percentile(sorted, p) {
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)];
}

async function measure(browser, url, scenario, callees) {
  const ana = await signIn(browser, url, "ana");
  const bia = await signIn(browser, url, "bia");
  const took = [];
  for (let run = 0; run < runs; run++) {
    await ring(ana, callees, { kind: "voice", camera: false });
    await waitIncoming(bia);
    took.push(await bia.page.evaluate(answerToAudio));
    await ana.page.evaluate(() => window.call.end());
    for (const one of [ana, bia]) await waitFor(one, "the end", () => window.pronto.calls.length === 0);
  }
  await leave(ana);
  await leave(bia);
  took.sort((a, b) => a - b);
  const line = {
    scenario,
    answerToAudioP50Ms: Math.round(percentile(took, 50)),
    answerToAudioP95Ms: Math.round(percentile(took, 95)),
    runs,
  };
  console.log(JSON.stringify(line));
}

const server = await startServer();
const browser = await (process.env.BROWSER === "firefox" ? openFirefox() : openChromium());
try {
  await measure(browser, server.url, "p2p", ["bia"]);
  await measure(browser, server.url, "sfu", ["bia", "carlo"]);
} finally {
  await browser.close();
  await server.stop();
}
