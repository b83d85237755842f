import { expect, test } from "vitest";
import { Quality, type Sample, type Shown } from "../src/quality.ts";

const bia: Shown = { track: "a1", source: "microphone", participant: "p2" };
const face: Shown = { track: "v1", source: "camera", participant: "p2", height: 360 };
const slides: Shown = { track: "s1", source: "screen", participant: "p2", height: 1080 };

/** Browser is a connection whose counters a test moves. */
class Browser {
  readonly quality = new Quality(0);
  nowMs = 0;
  readonly sound = counters("a", "a1", ["packetsReceived", "packetsLost", "totalSamplesReceived"]);
  readonly face = counters("v", "v1", [
    "framesDecoded",
    "freezeCount",
    "totalFreezesDuration",
    "packetsReceived",
  ]);
  readonly slides = counters("s", "s1", ["framesDecoded"]);
  pair = "pair1";

  constructor() {
    Object.assign(this.sound, { concealedSamples: 0, silentConcealedSamples: 0, jitter: 0.004 });
    Object.assign(this.face, { frameHeight: 360 });
  }

  /** look samples after 2 s. */
  look(now: Partial<Sample> = {}): void {
    this.nowMs += 2_000;
    const pair = { id: this.pair, type: "candidate-pair", selected: true, currentRoundTripTime: 0.0234 };
    const all = [this.sound, this.face, this.slides, pair].map((c) => [c.id, { ...c }] as const);
    this.quality.sample(all, {
      nowMs: this.nowMs,
      hidden: false,
      path: "host",
      shown: [bia, face],
      camera: undefined,
      ...now,
    });
  }

  /** run plays good sound and picture for as many times 2 s. */
  run(times: number, now: Partial<Sample> = {}): void {
    for (let i = 0; i < times; i++) {
      add(this.sound, { packetsReceived: 100, totalSamplesReceived: 96_000 });
      add(this.face, { framesDecoded: 60, packetsReceived: 200 });
      this.look(now);
    }
  }

  take() {
    return this.quality.take(this.nowMs);
  }
}

function counters(id: string, track: string, names: string[]): Record<string, unknown> & { id: string } {
  return { id, type: "inbound-rtp", trackIdentifier: track, ...Object.fromEntries(names.map((n) => [n, 0])) };
}

function add(to: Record<string, unknown>, grown: Record<string, number>): void {
  for (const [name, by] of Object.entries(grown)) to[name] = Number(to[name]) + by;
}

test("good sound and a good picture are reported as such", () => {
  const b = new Browser();
  b.run(3); // the first look has nothing to compare with, the picture is young
  b.take();
  b.run(5);
  expect(b.take()).toEqual({
    spanMs: 10_000,
    path: "host",
    rttMs: 23,
    sound: { playedMs: 10_000, concealedMs: 0, packets: 500, lost: 0, jitterMs: 4, bufferMs: 0 },
    pictures: [
      {
        source: "camera",
        goodMs: 10_000,
        fairMs: 0,
        poorMs: 0,
        unknownMs: 0,
        framesPerSecond: 30,
        height: 360,
        freezes: 0,
        frozenMs: 0,
        packets: 1_000,
        lost: 0,
        jitterMs: 0,
        bufferMs: 0,
      },
    ],
  });
});

test("what the decoder made up counts, silence that it made up does not", () => {
  const b = new Browser();
  b.run(1);
  add(b.sound, { concealedSamples: 9_600, silentConcealedSamples: 4_800, packetsLost: 3 });
  b.run(1);
  expect(b.take().sound).toMatchObject({ concealedMs: 100, playedMs: 2_000, lost: 3 });
});

test("discontinuous transmission is not heard sound, an outage is", () => {
  const b = new Browser();
  b.run(1);
  b.take();
  add(b.sound, {
    packetsReceived: 5,
    totalSamplesReceived: 96_000,
    concealedSamples: 90_000,
    silentConcealedSamples: 90_000,
  });
  b.look();
  expect(b.take().sound).toBeUndefined();
  add(b.sound, { totalSamplesReceived: 96_000, concealedSamples: 48_000 });
  b.look();
  expect(b.take().sound).toMatchObject({ playedMs: 2_000, concealedMs: 1_000 });
});

test.each([
  ["frozen for a tenth of the time", { freezeCount: 1, totalFreezesDuration: 1 }, "poorMs"],
  ["frozen for a fiftieth", { freezeCount: 1, totalFreezesDuration: 0.2 }, "fairMs"],
])("a picture %s is %3$s", (_, grown, grade) => {
  const b = new Browser();
  b.run(3);
  b.take();
  b.run(4);
  add(b.face, grown);
  b.run(1);
  expect(b.take().pictures[0]).toMatchObject({ [grade]: 10_000, freezes: 1 });
});

test("a picture that stands still for 2 s is poor, and one in a hidden page unknown", () => {
  const b = new Browser();
  b.run(3);
  b.take();
  b.run(4);
  b.look();
  expect(b.take().pictures[0]).toMatchObject({ poorMs: 10_000 });
  b.run(5, { hidden: true });
  expect(b.take().pictures[0]).toMatchObject({ poorMs: 0, unknownMs: 10_000 });
});

test("a picture lower than the page shows it is fair", () => {
  const b = new Browser();
  b.face.frameHeight = 180;
  b.run(3);
  b.take();
  b.run(5);
  expect(b.take().pictures[0]).toMatchObject({ fairMs: 10_000, height: 180 });
});

test("a screen that does not change is not known to be bad", () => {
  const b = new Browser();
  for (let i = 0; i < 8; i++) b.look({ shown: [slides] });
  expect(b.take().pictures).toMatchObject([{ source: "screen", poorMs: 0 }]);
});

test("counters that start anew are left out, and a change of way is counted", () => {
  const b = new Browser();
  b.run(2);
  b.take();
  Object.assign(b.sound, { packetsReceived: 0, totalSamplesReceived: 0 });
  b.pair = "pair2";
  b.run(1);
  expect(b.take()).toMatchObject({ switches: 1 });
  b.run(1);
  expect(b.take().sound).toMatchObject({ packets: 100 });
});

test("what limits the camera is told where the browser tells", () => {
  const b = new Browser();
  const source = { id: "m", type: "media-source", trackIdentifier: "mine" };
  const look = (framesSent: number, cpu: number, reason: Record<string, number> | undefined) => {
    b.nowMs += 2_000;
    const out = { id: "o", type: "outbound-rtp", kind: "video", mediaSourceId: "m", framesSent, cpu };
    const with_ = reason === undefined ? out : { ...out, qualityLimitationDurations: reason };
    b.quality.sample(
      [
        ["m", source],
        ["o", with_],
      ],
      { nowMs: b.nowMs, hidden: false, path: undefined, shown: [], camera: "mine" },
    );
  };
  look(0, 0, { cpu: 0, bandwidth: 5, other: 0 });
  look(60, 0, { cpu: 1.5, bandwidth: 5, other: 0 });
  expect(b.take().sent).toEqual({ sentMs: 2_000, bandwidthMs: 0, cpuMs: 1_500, otherMs: 0 });
  const c = new Browser();
  c.run(2);
  expect(c.take().sent).toBeUndefined();
});

test("nothing known is reported as nothing", () => {
  const quality = new Quality(0);
  expect(quality.take(10_000)).toEqual({ spanMs: 10_000, pictures: [] });
});
