import { describe, expect, test } from "vitest";
import { forStrip } from "../src/call/gridshape.ts";
import { handOrder } from "../src/call/hands.tsx";
import { Hearing } from "../src/call/micsigns.ts";
import { nearest } from "../src/call/selfview.tsx";
import type { Seat } from "../src/state/shot.ts";

function seat(name: string, more: Partial<Seat> = {}): Seat {
  return {
    participant: name,
    name,
    self: false,
    guest: false,
    automated: false,
    presence: "joined",
    muted: false,
    speaking: false,
    batteryLow: false,
    onHold: false,
    notHeard: false,
    poorNetwork: false,
    paused: false,
    ...more,
  };
}

test("our own picture lies in the corner that it was dropped nearest to", () => {
  expect(nearest(10, 10, 300, 600)).toEqual({ side: "start", edge: "top" });
  expect(nearest(290, 10, 300, 600)).toEqual({ side: "end", edge: "top" });
  expect(nearest(160, 590, 300, 600)).toEqual({ side: "end", edge: "bottom" });
});

test("who raised a hand first is first", () => {
  const [ana, bia, carlo] = [seat("ana", { handMs: 30 }), seat("bia"), seat("carlo", { handMs: 10 })];
  expect(handOrder([ana, bia, carlo])).toEqual([carlo, ana]);
});

test("the strip has nine, in their order, and leaves out nobody who speaks or has a hand up", () => {
  const many = Array.from({ length: 12 }, (_, i) => seat(`p${i}`));
  many[10] = seat("p10", { speaking: true });
  many[11] = seat("p11", { handMs: 5 });
  const names = forStrip(many).map(({ name }) => name);
  expect(names).toEqual(["p0", "p1", "p2", "p3", "p4", "p5", "p6", "p10", "p11"]);
});

describe("one's own microphone", () => {
  /** hear feeds the same level for a while, and returns the last verdict. */
  function hear(hearing: Hearing, from: number, ms: number, level: number, muted: boolean) {
    let signs = hearing.take(level, muted, from);
    for (let at = from + 200; at <= from + ms; at += 200) signs = hearing.take(level, muted, at);
    return signs;
  }

  test("speaking while muted is told in less than a second, and taken back 4 s after the last word", () => {
    const hearing = new Hearing();
    expect(hear(hearing, 0, 200, 0.1, true).mutedSpeaking).toBe(false);
    expect(hear(hearing, 400, 200, 0.1, true).mutedSpeaking).toBe(true);
    expect(hear(hearing, 800, 3_000, 0.001, true).mutedSpeaking).toBe(true);
    expect(hear(hearing, 4_000, 1_400, 0.001, true).mutedSpeaking).toBe(false);
  });

  test("a cough while muted is nothing, and unmuting ends it at once", () => {
    const hearing = new Hearing();
    expect(hearing.take(0.3, true, 0).mutedSpeaking).toBe(false);
    expect(hear(hearing, 200, 1_000, 0.001, true).mutedSpeaking).toBe(false);
    expect(hear(hearing, 2_000, 1_000, 0.1, true).mutedSpeaking).toBe(true);
    expect(hearing.take(0.1, false, 3_200).mutedSpeaking).toBe(false);
  });

  test("a microphone that gives nothing at all for 8 s is told, and taken back at the first sound", () => {
    const hearing = new Hearing();
    hear(hearing, 0, 2_000, 0.01, false);
    expect(hear(hearing, 2_200, 7_000, 0, false).silent).toBe(false);
    expect(hear(hearing, 9_400, 1_000, 0, false).silent).toBe(true);
    expect(hearing.take(0.001, false, 10_600).silent).toBe(false);
  });

  test("a quiet room is not a dead microphone, and muted it is not listened for", () => {
    expect(hear(new Hearing(), 0, 20_000, 0.0005, false).silent).toBe(false);
    expect(hear(new Hearing(), 0, 20_000, 0, true).silent).toBe(false);
  });
});
