import { expect, test } from "vitest";
import { HealthWatch } from "../src/health.ts";
import type { Health } from "../src/healthy.ts";
import type { Shown } from "../src/quality.ts";

const voice: Shown = { track: "a1", source: "microphone", participant: "p2" };

/** Connection is one whose counters a test moves, 2 s at a time. */
class Connection {
  readonly watch = new HealthWatch();
  readonly voice = {
    type: "inbound-rtp",
    trackIdentifier: "a1",
    packetsReceived: 0,
    packetsLost: 0,
    jitter: 0,
    totalSamplesReceived: 0,
    totalAudioEnergy: 0,
  };
  readonly remote = { type: "remote-inbound-rtp", fractionLost: 0 };
  readonly pair = { type: "candidate-pair", nominated: true, state: "succeeded", currentRoundTripTime: 0.02 };
  readonly picture = { type: "outbound-rtp", qualityLimitationReason: "none" };

  step({ packets = 100, lost = 0, direct = true, shown = [voice], energy = 0.1 } = {}): Health {
    this.voice.totalSamplesReceived += 96_000;
    this.voice.totalAudioEnergy += energy;
    this.voice.packetsReceived += packets;
    this.voice.packetsLost += lost;
    const all = { v: this.voice, r: this.remote, c: this.pair, p: this.picture };
    return this.watch.sample(new Map(Object.entries(all).map(([id, c]) => [id, { ...c }])), shown, direct);
  }

  steps(times: number, more: Parameters<Connection["step"]>[0] = {}): Health {
    let health = this.step(more);
    for (let i = 1; i < times; i++) health = this.step(more);
    return health;
  }
}

test("a good connection has three bars and no trouble", () => {
  const health = new Connection().steps(6);
  expect(health.bars.get("p2")).toBe(3);
  expect(health).toMatchObject({ poorNetwork: false, cpuLimited: false, unheard: new Set() });
});

test("lost packets take bars away, and give them back", () => {
  const c = new Connection();
  c.steps(2);
  expect(c.steps(5, { packets: 97, lost: 3 }).bars.get("p2")).toBe(2);
  expect(c.steps(5, { packets: 90, lost: 10 }).bars.get("p2")).toBe(1);
  expect(c.steps(5).bars.get("p2")).toBe(3);
});

test("our network is poor when what we send is lost for 8 s, and good again 6 s after the last loss", () => {
  const c = new Connection();
  c.steps(5);
  c.remote.fractionLost = 0.1;
  expect(c.steps(3).poorNetwork).toBe(false);
  expect(c.step().poorNetwork).toBe(true);
  c.remote.fractionLost = 0;
  expect(c.steps(2).poorNetwork).toBe(true);
  expect(c.step().poorNetwork).toBe(false);
});

test("a long round trip is a poor network, too", () => {
  const c = new Connection();
  c.pair.currentRoundTripTime = 0.6;
  expect(c.steps(4).poorNetwork).toBe(true);
});

test("what comes in badly is our network only where it comes from the server", () => {
  expect(new Connection().steps(6, { packets: 90, lost: 10 }).poorNetwork).toBe(false);
  expect(new Connection().steps(6, { packets: 90, lost: 10, direct: false }).poorNetwork).toBe(true);
});

test("who is not muted and sends nothing for a whole sample is not heard, until something comes or he mutes himself", () => {
  const c = new Connection();
  c.steps(3);
  expect(c.step({ packets: 1 }).unheard.size).toBe(0);
  expect(c.step({ packets: 0 }).unheard).toEqual(new Set(["p2"]));
  expect(c.step().unheard.size).toBe(0);
  expect(c.step({ packets: 0 }).unheard.size).toBe(1);
  expect(c.step({ packets: 0, shown: [] }).unheard.size).toBe(0);
});

test("a microphone that gives nothing but silence is not heard, from the beginning soon, later after 30 s", () => {
  const dead = new Connection();
  expect(dead.steps(2, { energy: 0 }).unheard.size).toBe(0);
  expect(dead.step({ energy: 0 }).unheard).toEqual(new Set(["p2"]));
  expect(dead.step({ energy: 1e-9 }).unheard.size).toBe(0);
  const gated = new Connection();
  gated.steps(3);
  expect(gated.steps(14, { energy: 0 }).unheard.size).toBe(0);
  expect(gated.step({ energy: 0 }).unheard.size).toBe(1);
  expect(new Connection().steps(20, { energy: Number.NaN }).unheard.size).toBe(0); // a browser that does not say
});

test.each([true, false])("whose packets are lost for the most part is not heard, direct: %s", (direct) => {
  const c = new Connection();
  c.steps(3, { direct });
  expect(c.step({ packets: 60, lost: 40, direct }).unheard.size).toBe(0);
  expect(c.step({ packets: 40, lost: 60, direct }).unheard).toEqual(new Set(["p2"]));
  expect(c.step({ packets: 40, lost: 60, direct, shown: [] }).unheard.size).toBe(0);
  c.step({ packets: 40, lost: 60, direct });
  expect(c.step({ direct }).unheard.size).toBe(0);
});

test("through the server, which sends the loudest only, that nothing comes says nothing", () => {
  expect(new Connection().steps(6, { packets: 0, energy: 0, direct: false }).unheard.size).toBe(0);
});

test("a machine that is too slow for its picture is told after a while", () => {
  const c = new Connection();
  c.picture.qualityLimitationReason = "cpu";
  expect(c.steps(3).cpuLimited).toBe(false);
  expect(c.step().cpuLimited).toBe(true);
  c.picture.qualityLimitationReason = "none";
  expect(c.steps(3).cpuLimited).toBe(false);
});
