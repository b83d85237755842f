import { afterAll, beforeAll, expect, test } from "vitest";
import {
  accept,
  leave,
  openChromium,
  participantOf,
  ring,
  signIn,
  startServer,
  waitDecoded,
  waitFor,
} from "./harness.mjs";

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
  const reports = async () => value('pronto_data_bytes_count{kind="video",topology="sfu"}');
  const count = await reports();
  await new Promise((resolve) => setTimeout(resolve, 2_100)); // so that the last sample is fresh
  await carlo.page.close(); // no leave: the browser carries the report out by itself
  await until("the report of the page that went", async () => (await reports()) > count);
  await bia.page.evaluate(() => window.call.leave());
  await until("the end of the stays", async () => (await reports()) === count + 3);
  await carlo.context.close();
  await until("the SFU's peers", async () => (await value("pronto_sfu_peer_bytes_count")) >= before[1] + 2);
  await leave(ana);
  await leave(bia);
  await until("the last peer", async () => (await value("pronto_sfu_peer_bytes_count")) >= before[1] + 3);
  const [sfu] = await sums();
  const [theirs, ours] = [(await clients()) - told, sfu - before[0]];
  console.info(`clients counted ${theirs}, the SFU ${ours}: ${((theirs / ours - 1) * 100).toFixed(2)} %`);
  expect(Math.abs(theirs / ours - 1)).toBeLessThan(0.02);
}, 120_000);

test("who does not want to report does not", async () => {
  const before = await value('pronto_client_reports_total{result="accepted"}');
  const options = { telemetry: false };
  const ana = await signIn(browser, server.url, "ana", "", options);
  const bia = await signIn(browser, server.url, "bia", "", options);
  await ring(ana, ["bia"], { kind: "voice", camera: false });
  await accept(bia, { camera: false });
  await waitDecoded(ana, "bia", { camera: false });
  await new Promise((resolve) => setTimeout(resolve, 11_000));
  await leave(bia);
  await leave(ana);
  expect(await value('pronto_client_reports_total{result="accepted"}')).toBe(before);
}, 60_000);
