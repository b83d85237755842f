import { describe, expect, test } from "vitest";
import { ended, mayLeaveNote, type Summary } from "../src/state/ended.ts";
import { type CallShot, ringing, type Seat, waitingAlone } from "../src/state/shot.ts";

function seat(participant: string, presence: Seat["presence"], self = false): Seat {
  return {
    participant,
    name: participant,
    self,
    guest: false,
    automated: false,
    presence,
    muted: false,
    speaking: false,
    batteryLow: false,
    onHold: false,
    notHeard: false,
    poorNetwork: false,
    paused: false,
  };
}

function shot(phase: CallShot["phase"], ...seats: Seat[]): CallShot {
  const encryption = { state: "off", members: [], warnings: [] } as const;
  return {
    kind: "voice",
    onHold: false,
    locked: false,
    cpuLimited: false,
    cameraFrozen: false,
    phase,
    host: true,
    seats,
    microphone: true,
    camera: false,
    screen: false,
    encryption,
  };
}

const me = seat("me", "joined", true);

describe("what an outgoing call says", () => {
  test("is calling while no device has said that it rings", () => {
    expect(ringing(shot("ringing", me, seat("bia", "invited")))).toBe("calling");
  });
  test("is ringing as soon as one device of anybody rings", () => {
    expect(ringing(shot("ringing", me, seat("bia", "invited"), seat("carlo", "ringing")))).toBe("ringing");
  });
  test("is connecting once somebody has answered", () => {
    expect(ringing(shot("connecting", me, seat("bia", "joined")))).toBe("connecting");
  });
});

test("we wait alone until the first of the others is in the call", () => {
  expect(waitingAlone(shot("ringing", me, seat("bia", "ringing")))).toBe(true);
  expect(waitingAlone(shot("active", me, seat("bia", "joined"), seat("carlo", "ringing")))).toBe(false);
  expect(waitingAlone(shot("active", me))).toBe(false);
});

describe("the page about a call that is over", () => {
  const left = { traffic: { sentBytes: 0, receivedBytes: 0 }, support: "" };
  const summary: Summary = {
    ...{ call: "c", kind: "voice", outgoing: true, answered: false, users: ["bia"], names: ["Bia"] },
  };
  test("is left out when we took the call back ourselves", () => {
    expect(ended(summary, { reason: "left", durationMs: 0 }, left)).toBeUndefined();
    expect(ended(summary, { reason: "cancelled", durationMs: 0 }, left)).toBeUndefined();
  });
  test("offers a note where one person did not answer, and nowhere else", () => {
    const may = (change: Partial<Summary>, reason: "noAnswer" | "busy" | "declined" = "noAnswer") =>
      mayLeaveNote({ ...summary, ...change, reason, durationMs: 0, ...left });
    expect([may({}), may({}, "busy")]).toEqual([true, true]);
    const others = [
      may({}, "declined"),
      may({ outgoing: false }),
      may({ answered: true }),
      may({ users: [] }),
    ];
    expect([...others, may({ users: ["bia", "carlo"] })]).not.toContain(true);
  });
  test("comes when nobody answered, and after every talk", () => {
    expect(ended(summary, { reason: "noAnswer", durationMs: 0 }, left)).toMatchObject({
      reason: "noAnswer",
      users: ["bia"],
    });
    expect(ended({ ...summary, answered: true }, { reason: "left", durationMs: 5 }, left)).toMatchObject({
      reason: "left",
    });
    expect(
      ended({ ...summary, outgoing: false }, { reason: "cancelled", durationMs: 0 }, left),
    ).toBeDefined();
  });
});
