import { afterAll, beforeAll, expect, test } from "vitest";
import {
  accept,
  diagnosis,
  leave,
  openChromium,
  overhear,
  participantOf,
  ring,
  signIn,
  startServer,
  waitDecoded,
  waitFor,
} from "./harness.mjs";
import { leaksIn } from "./leaks.mjs";

let server;
let browser;

beforeAll(async () => {
  server = await startServer({ PRONTO_GRACE: "10s" }); // who goes without a word is given up sooner
  browser = await openChromium();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** value reads a series of /metrics; 0 if there is none. */
async function value(series) {
  const text = await (await fetch(server.metrics)).text();
  const line = text.split("\n").find((one) => one.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.split(" ").pop());
}

async function until(what, condition) {
  const end = Date.now() + 40_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited 40 s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** cutOff has a page learn no address of another person: nobody but the server can be reached. */
function cutOff() {
  const proto = RTCPeerConnection.prototype;
  const { addIceCandidate: add, setRemoteDescription: describe } = proto;
  proto.addIceCandidate = function (candidate) {
    return candidate?.candidate ? Promise.resolve() : add.call(this, candidate);
  };
  proto.setRemoteDescription = function ({ type, sdp }) {
    const ofServer = sdp.includes("a=ice-lite");
    const lines = sdp.split("\r\n").filter((line) => ofServer || !line.startsWith("a=candidate:"));
    return describe.call(this, { type, sdp: lines.join("\r\n") });
  };
}

test("the second call on a network that lets only relays through is heard at least 30 % sooner", async () => {
  // The browser itself sends nothing but through TURN over TCP.
  const shut = await openChromium(["--force-webrtc-ip-handling-policy=disable_non_proxied_udp"]);
  const ana = await signIn(shut, server.url, "ana");
  const bia = await signIn(shut, server.url, "bia");
  try {
    for (const one of [ana, bia]) await one.page.evaluate(cutOff);
    const times = [];
    for (let round = 0; round < 2; round++) {
      await ring(ana, ["bia"], { kind: "voice", camera: false });
      await accept(bia, { camera: false });
      const began = Date.now();
      await waitFor(
        ana,
        "sound",
        async () => (await window.call.stats()).participants.some((p) => p.audio?.samples > 0),
        undefined,
        60_000,
      );
      times.push(Date.now() - began);
      await participantOf(ana, "bia");
      await ana.page.evaluate(() => window.call.leave());
      await waitFor(bia, "the end", () => window.pronto.calls.length === 0);
    }
    console.info(`first call ${times[0]} ms, second ${times[1]} ms`);
    expect(times[0]).toBeLessThan(15_000); // it does not wait for the 20 s after which a direct way is given up
    expect(times[1]).toBeLessThan(0.7 * times[0]);
    const kept = await ana.page.evaluate(() => localStorage.getItem("pronto.memory"));
    expect(kept).toContain("routed");
    expect(kept).not.toContain("bia");
  } finally {
    await leave(bia);
    await leave(ana);
    await shut.close();
  }
}, 150_000);

/** holdBack has a page learn no address of another person until window.release is called. */
function holdBack() {
  const proto = RTCPeerConnection.prototype;
  const { addIceCandidate: add, setRemoteDescription: describe } = proto;
  let held = [];
  window.release = () => {
    for (const each of held ?? []) each();
    held = undefined;
  };
  proto.addIceCandidate = function (candidate) {
    if (held === undefined || !candidate?.candidate) return add.call(this, candidate);
    held.push(() => add.call(this, candidate).catch(() => undefined));
    return Promise.resolve();
  };
  proto.setRemoteDescription = function ({ type, sdp }) {
    if (held === undefined || sdp.includes("a=ice-lite")) return describe.call(this, { type, sdp });
    const lines = sdp.split("\r\n").filter((line) => !line.startsWith("a=candidate:"));
    return describe.call(this, { type, sdp: lines.join("\r\n") });
  };
}

test("a direct way that is slow is heard through the SFU meanwhile, and taken once it is there", async () => {
  const [ana, bia] = [await signIn(browser, server.url, "ana"), await signIn(browser, server.url, "bia")];
  try {
    for (const one of [ana, bia]) await one.page.evaluate(holdBack);
    await ana.page.evaluate(overhear);
    await ring(ana, ["bia"], { kind: "voice", camera: false });
    await accept(bia, { camera: false });
    const hears = async () => (await window.call.stats()).participants.some((p) => p.audio?.samples > 0);
    for (const one of [ana, bia]) await waitFor(one, "sound", hears, undefined, 20_000);
    expect(await ana.page.evaluate(() => window.call.topology)).toBe("sfu");
    for (const one of [ana, bia]) await one.page.evaluate(() => window.release());
    for (const one of [ana, bia])
      await waitFor(one, "the direct way", async () => window.call.topology === "direct", undefined, 30_000);
    const twice = () => window.sent.filter((type) => type === "mediaFlows").length === 2;
    await waitFor(ana, "sound by it", twice, undefined, 20_000);
    await ana.page.evaluate(() => window.call.leave());
    const kept = await ana.page.evaluate(() => localStorage.getItem("pronto.memory"));
    expect(kept).toContain("path");
    expect(kept).not.toContain("routed"); // the next call takes the direct way at once
  } finally {
    await leave(bia);
    await leave(ana);
  }
}, 120_000);

/** movesUsage takes what one device has counted to another, sealed, and adds it to what was counted there. */
async function movesUsage(from, to) {
  const months = ({ page }) => page.evaluate(() => window.pronto.usage.months());
  await waitFor(from, "its own count", () => window.pronto.usage.months().length > 0);
  await waitFor(to, "its own count", () => window.pronto.usage.months().length > 0);
  const [[there], [here]] = [await months(from), await months(to)];
  const backup = await from.page.evaluate(() => window.pronto.usage.backup("correct horse"));
  expect(backup).not.toMatch(/\d{4}-\d{2}/);
  await to.page.evaluate(async (text) => {
    for (let twice = 0; twice < 2; twice++) await window.pronto.usage.restore(text, "correct horse");
  }, backup);
  const [sum] = await months(to);
  for (const what of ["calls", "seconds", "sentBytes", "receivedBytes"])
    expect(sum[what]).toBe(there[what] + here[what]);
  expect(there.receivedBytes).toBeGreaterThan(100_000);
}

test("what clients count of a call agrees with the SFU, and a page that goes reports it", async () => {
  const people = [];
  for (const user of ["ana", "bia", "carlo"]) people.push(await signIn(browser, server.url, user));
  const [ana, bia, carlo] = people;
  const sums = async () => [
    await value("pronto_sfu_peer_bytes_sum"),
    await value("pronto_sfu_peer_bytes_count"),
  ];
  const before = await sums();
  const clients = async () => value('pronto_data_bytes_sum{kind="video",topology="sfu"}');
  const told = await clients();
  await ring(ana, ["bia", "carlo"], { kind: "video" });
  await accept(bia);
  await accept(carlo);
  await waitDecoded(ana, "carlo");
  await new Promise((resolve) => setTimeout(resolve, 25_000));
  const made = await diagnosis(ana);
  expect(made.calls[0].others.map(({ audio }) => audio?.packets > 100)).toEqual([true, true]);
  expect(made.browser).toMatch(/^Chromium \d+$/);
  expect(made.steps.length).toBeGreaterThan(3);
  expect(leaksIn(JSON.stringify(made))).toEqual([]);
  const reports = async () => value('pronto_data_bytes_count{kind="video",topology="sfu"}');
  const count = await reports();
  await new Promise((resolve) => setTimeout(resolve, 2_100)); // so that the last sample is fresh
  await carlo.page.close(); // no leave: the browser carries the report out by itself
  await until("the report of the page that went", async () => (await reports()) > count);
  const gone = { client: (await clients()) - told };
  // The SFU goes on sending to who has vanished until it notices: he is compared by himself.
  await until("the SFU's peer of the page that went", async () => (await sums())[1] > before[1]);
  gone.sfu = (await sums())[0] - before[0];
  await bia.page.evaluate(() => window.call.leave());
  await until("the end of the stays", async () => (await reports()) === count + 3);
  await carlo.context.close();
  await movesUsage(ana, bia);
  const kept = JSON.parse(await ana.page.evaluate(() => localStorage.getItem("pronto.memory")));
  expect(Object.values(kept)).toHaveLength(1);
  expect(Object.values(kept)[0].downlinkBps).toBeGreaterThan(100_000); // the next call with both begins with it
  await until("the SFU's peers", async () => (await value("pronto_sfu_peer_bytes_count")) >= before[1] + 2);
  await leave(ana);
  await leave(bia);
  await until("the last peer", async () => (await value("pronto_sfu_peer_bytes_count")) >= before[1] + 3);
  const [sfu] = await sums();
  const share = ({ client, sfu }) => client / sfu - 1;
  const stayed = { client: (await clients()) - told - gone.client, sfu: sfu - before[0] - gone.sfu };
  console.info(
    `clients counted ${(share(stayed) * 100).toFixed(2)} % more, he who went ${(share(gone) * 100).toFixed(2)} %`,
  );
  expect(Math.abs(share(stayed))).toBeLessThan(0.02);
  expect(Math.abs(share(gone))).toBeLessThan(0.2);
}, 120_000);

/**
 * talk has two people talk for longer than a report takes, and returns what the page of each sent. The first has
 * options of his own, or does something to his page before the call.
 */
async function talk(url, users, options, before = () => undefined) {
  const one = await signIn(browser, url, users[0], "", options);
  const other = await signIn(browser, url, users[1]);
  for (const { page } of [one, other]) await page.evaluate(overhear);
  await one.page.evaluate(before);
  await ring(one, [users[1]], { kind: "voice", camera: false });
  await accept(other, { camera: false });
  await waitDecoded(one, users[1], { camera: false });
  await new Promise((resolve) => setTimeout(resolve, 13_000));
  await one.page.evaluate(() => window.call.leave());
  for (const each of [one, other]) await waitFor(each, "the end", () => window.pronto.calls.length === 0);
  await new Promise((resolve) => setTimeout(resolve, 1_000)); // a last report has a little time
  const sent = [];
  for (const { page } of [one, other]) sent.push(await page.evaluate(() => window.sent));
  await leave(other);
  await leave(one);
  return sent;
}

test("nothing is reported by who does not want it, who changes his mind, or where the operator does not want it", async () => {
  const off = await startServer({ PRONTO_TELEMETRY: "off" });
  try {
    const [nobody, unwilling, changed] = await Promise.all([
      talk(off.url, ["ana", "bia"], {}),
      talk(server.url, ["ana", "bia"], { telemetry: false }),
      talk(server.url, ["carlo", "dora"], {}, () => window.pronto.setTelemetry(false)),
    ]);
    const reports = (sent) => [...new Set(sent.filter((type) => type.startsWith("report")))].sort();
    for (const quiet of [...nobody, unwilling[0], changed[0]]) {
      expect(quiet).toContain("mediaFlows"); // the call itself goes on as always
      expect(reports(quiet)).toEqual([]);
    }
    for (const usual of [unwilling[1], changed[1]])
      expect(reports(usual)).toEqual(["reportConnection", "reportEnd", "reportQuality"]);
  } finally {
    await off.stop();
  }
}, 150_000);
