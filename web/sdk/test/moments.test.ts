import { expect, test } from "vitest";
import { Moments, maxReportBytes } from "../src/moments.ts";
import type { MomentKind, ReportQuality, SeenPictures } from "../src/wire.gen.ts";

/** fullest is as long as the counters of a grid of 49 over 15 s make a report. */
const pictures = (["camera", "screen"] as const).map(
  (source): SeenPictures => ({
    ...{ source, goodMs: 735_000, fairMs: 735_000, poorMs: 735_000, unknownMs: 735_000 },
    ...{ framesPerSecond: 240, height: 8_640, freezes: 999, frozenMs: 735_000 },
    ...{ packets: 999_999, lost: 999_999, jitterMs: 60_000, bufferMs: 60_000 },
  }),
);
const fullest: Omit<ReportQuality, "call"> = {
  ...{ spanMs: 15_000, path: "relay", rttMs: 60_000, switches: 1_000, pictures },
  sound: {
    ...{ playedMs: 735_000, concealedMs: 735_000, packets: 99_999, lost: 99_999 },
    ...{ jitterMs: 60_000, bufferMs: 60_000, repaired: true },
  },
  sent: { sentMs: 15_000, bandwidthMs: 15_000, cpuMs: 15_000, otherMs: 15_000 },
  up: (["microphone", "camera", "screen"] as const).map((source) => ({ source, perMille: 1_000 })),
};

/** frameOf is a report as it goes out. */
const frameOf = (type: string, body: object) =>
  JSON.stringify({
    ...{ type, id: "1234567", serial: 4_294_967_295 },
    body: { call: "c".repeat(64), ...body },
  });

test("no report is larger than 1,000 bytes, and no moment is lost on the way", () => {
  const moments = new Moments();
  for (let i = 0; i < 16; i++) moments.note("permissionDenied", 600_000);
  const small = { spanMs: 10_000, pictures: [] };
  const told: number[] = [];
  for (const rest of [fullest, small, small]) {
    const body = { ...rest, ...moments.take(rest) };
    expect(frameOf("reportQuality", body).length).toBeLessThanOrEqual(maxReportBytes);
    told.push(body.moments?.length ?? 0);
  }
  expect(told.reduce((a, b) => a + b)).toBe(16);
  expect(told[0]).toBe(0); // the counters come first
  for (let i = 0; i < 30; i++) moments.note("permissionDenied", 600_000);
  const cost = { sentKB: 4_294_967_295, receivedKB: 4_294_967_295 };
  const last = { ...cost, ...moments.take(cost, true) };
  expect(frameOf("reportEnd", last).length).toBeLessThanOrEqual(maxReportBytes);
  expect((last.moments?.length ?? 0) + (last.momentsLeft ?? 0)).toBe(30);
});

test("the most telling moments go first, and of too many the least are only counted", () => {
  const moments = new Moments();
  const kinds: MomentKind[] = ["mutedSpeaking", "firstSound", "gapNetwork", "deviceLost"];
  for (const kind of kinds) moments.note(kind, 5.4);
  for (let i = 0; i < 63; i++) moments.note("gapNetwork", i);
  const first = moments.take({});
  expect(first.moments?.map(({ what }) => what).slice(0, 3)).toEqual([
    "deviceLost",
    "gapNetwork",
    "gapNetwork",
  ]);
  expect(first.moments?.slice(1, 4).map(({ tookMs }) => tookMs)).toEqual([5, 0, 1]);
  expect(first.moments).toHaveLength(16); // as many as a report may have
  expect(first.momentsLeft).toBe(3); // 67 were noted, 64 wait
  const all = Array.from({ length: 10 }, () => moments.take({})).flatMap(({ moments: some = [] }) => some);
  expect(all.map(({ what }) => what)).not.toContain("mutedSpeaking");
  expect(moments.take({})).toEqual({});
});
