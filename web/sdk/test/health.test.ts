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
  };
  readonly remote = { type: "remote-inbound-rtp", fractionLost: 0 };
  readonly pair = { type: "candidate-pair", nominated: true, state: "succeeded", currentRoundTripTime: 0.02 };
  readonly picture = {
    type: "outbound-rtp",
    mediaSourceId: "s",
    active: true,
    qualityLimitationReason: "none",
  };
  readonly camera = { type: "media-source", trackIdentifier: "v1", frames: 0 };
  readonly track = { id: "v1", muted: false };

  step({ packets = 100, lost = 0, frames = 60, direct = true } = {}): Health {
    this.camera.frames += frames;
    this.voice.packetsReceived += packets;
    this.voice.packetsLost += lost;
    const all = { v: this.voice, r: this.remote, c: this.pair, p: this.picture, s: this.camera };
    const reports = new Map(Object.entries(all).map(([id, c]) => [id, { ...c }]));
    return this.watch.sample(reports, [voice], direct, this.track);
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
  expect(health).toMatchObject({ poorNetwork: false, cpuLimited: false });
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

test("a machine that is too slow for its picture is told after a while", () => {
  const c = new Connection();
  c.picture.qualityLimitationReason = "cpu";
  expect(c.steps(3).cpuLimited).toBe(false);
  expect(c.step().cpuLimited).toBe(true);
  c.picture.qualityLimitationReason = "none";
  expect(c.steps(3).cpuLimited).toBe(false);
});

test("a camera that gives no frame for 4 s is frozen until it gives one", () => {
  const c = new Connection();
  expect(c.steps(3).cameraFrozen).toBe(false);
  expect(c.step({ frames: 0 }).cameraFrozen).toBe(false);
  expect(c.step({ frames: 0 }).cameraFrozen).toBe(true);
  expect(c.step({ frames: 1 }).cameraFrozen).toBe(false);
});

test("a camera is frozen at once when the browser says so, and never one whose picture nobody wants, or another one's", () => {
  const c = new Connection();
  c.steps(2);
  c.track.muted = true;
  expect(c.step().cameraFrozen).toBe(true);
  c.track.muted = false;
  expect(c.step().cameraFrozen).toBe(false);
  c.picture.active = false;
  expect(c.steps(4, { frames: 0 }).cameraFrozen).toBe(false);
  c.picture.active = true;
  c.track.id = "v2";
  expect(c.steps(4, { frames: 0 }).cameraFrozen).toBe(false);
});
