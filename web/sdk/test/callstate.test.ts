import { describe, expect, test } from "vitest";
import { apply, isOlder, orderOf } from "../src/callstate.ts";
import type { CallEventFrame, CallState, Participant } from "../src/wire.gen.ts";

const media = { microphone: true, camera: false, screen: false };

function person(participant: string, more: Partial<Participant> = {}): Participant {
  return {
    participant,
    user: participant,
    name: participant.toUpperCase(),
    presence: "joined",
    media,
    ...more,
  };
}

const state: CallState = {
  call: "cal1",
  epoch: 2,
  seq: 7,
  kind: "voice",
  phase: "active",
  topology: "direct",
  generation: 1,
  self: "ana",
  host: "ana",
  support: "7K3M-Q2ZD",
  ringTimeoutMs: 45_000,
  encrypted: false,
  connectedMs: 1_000,
  participants: [person("ana"), person("bia")],
  ice: { servers: [] },
};

function event<T extends CallEventFrame["type"]>(
  type: T,
  body: Extract<CallEventFrame, { type: T }>["body"],
  at: { epoch?: number; seq?: number } = {},
): CallEventFrame {
  return { type, serial: 1, call: "cal1", epoch: 2, seq: 8, body, ...at } as unknown as CallEventFrame;
}

describe("the order of events", () => {
  const body = { participant: "bia" };
  test.each([
    ["the next one is applied", { seq: 8 }, "apply"],
    ["one that the state includes is dropped", { seq: 7 }, "drop"],
    ["an old one is dropped", { seq: 1 }, "drop"],
    ["a gap asks for the whole state", { seq: 9 }, "sync"],
    ["an earlier owner's is dropped, whatever its number", { epoch: 1, seq: 8 }, "drop"],
    ["a new owner's asks for the whole state", { epoch: 3, seq: 8 }, "sync"],
    ["a new owner's that counts anew does too", { epoch: 3, seq: 1 }, "sync"],
  ] as const)("%s", (_, at, order) => {
    expect(orderOf(state, event("participantRinging", body, at))).toBe(order);
  });

  test("the end needs no other event before it, but not of an earlier owner", () => {
    const ended = { reason: "hangup", durationMs: 5 } as const;
    expect(orderOf(state, event("callEnded", ended, { seq: 40 }))).toBe("apply");
    expect(orderOf(state, event("callEnded", ended, { epoch: 1, seq: 40 }))).toBe("drop");
  });

  test("states are compared by epoch, then by number", () => {
    expect(isOlder({ ...state, seq: 6 }, state)).toBe(true);
    expect(isOlder(state, state)).toBe(false);
    expect(isOlder({ ...state, epoch: 1, seq: 90 }, state)).toBe(true);
    expect(isOlder({ ...state, epoch: 3, seq: 1 }, state)).toBe(false);
  });
});

describe("an event", () => {
  test("is counted and leaves the state before it as it was", () => {
    const before = structuredClone(state);
    const { state: after } = apply(state, event("participantRinging", { participant: "bia" }));
    expect([after.epoch, after.seq]).toEqual([2, 8]);
    expect(state).toEqual(before);
  });

  test("invited and joined put a participant where he belongs", () => {
    const carlo = person("carlo", { presence: "invited" });
    const invited = apply(state, event("participantInvited", { by: "ana", participant: carlo }));
    expect(invited.state.participants.map((p) => p.participant)).toEqual(["ana", "bia", "carlo"]);
    expect(invited.notice).toEqual({ type: "invited", participant: carlo, by: person("ana") });
    const here = person("carlo", { name: "Carlo" });
    const joined = apply(invited.state, event("participantJoined", { participant: here }, { seq: 9 }));
    expect(joined.state.participants.map((p) => [p.participant, p.presence])).toEqual([
      ["ana", "joined"],
      ["bia", "joined"],
      ["carlo", "joined"],
    ]);
    expect(joined.notice).toEqual({ type: "joined", participant: here });
  });

  test("left and unanswered take him out and say who he was", () => {
    const left = apply(state, event("participantLeft", { participant: "bia", reason: "lost" }));
    expect(left.state.participants.map((p) => p.participant)).toEqual(["ana"]);
    expect(left.notice).toEqual({ type: "left", participant: person("bia"), reason: "lost" });
    const unanswered = apply(state, event("inviteUnanswered", { participant: "bia" }));
    expect(unanswered.notice).toEqual({ type: "unanswered", participant: person("bia") });
    const busy = apply(state, event("inviteUnanswered", { participant: "bia", busy: true }));
    expect(busy.notice).toEqual({ type: "busy", participant: person("bia") });
    const withdrawn = apply(state, event("inviteWithdrawn", { participant: "bia" }));
    expect(withdrawn.state.participants.map((p) => p.participant)).toEqual(["ana"]);
    expect(withdrawn.notice).toBeUndefined();
  });

  test("of the host's leaving leaves no host", () => {
    const { state: after } = apply(
      { ...state, host: "bia" },
      event("participantLeft", { participant: "bia", reason: "hangup" }),
    );
    expect("host" in after).toBe(false);
  });

  test("about ourselves is no news to us", () => {
    expect(apply(state, event("participantJoined", { participant: person("ana") })).notice).toBeUndefined();
    expect(apply(state, event("batteryChanged", { participant: "ana", low: true })).notice).toBeUndefined();
  });

  test("of presence, media and battery changes only that", () => {
    const gone = apply(state, event("presenceChanged", { participant: "bia", presence: "reconnecting" }));
    expect(gone.state.participants[1]).toEqual(person("bia", { presence: "reconnecting" }));
    expect(gone.notice?.type).toBe("reconnecting");
    expect(
      apply(gone.state, event("presenceChanged", { participant: "bia", presence: "joined" })).notice?.type,
    ).toBe("back");
    const shown = { microphone: false, camera: true, screen: true };
    const moved = apply(state, event("mediaChanged", { participant: "bia", media: shown, device: "tablet" }));
    expect(moved.state.participants[1]).toMatchObject({ media: shown, device: "tablet" });
    const changed = apply(state, event("mediaChanged", { participant: "bia", media: shown }));
    expect(changed.state.participants[1]?.media).toEqual(shown);
    const low = apply(state, event("batteryChanged", { participant: "bia", low: true }));
    expect([low.state.participants[1]?.batteryLow, low.notice?.type]).toEqual([true, "batteryLow"]);
    const charged = apply(low.state, event("batteryChanged", { participant: "bia", low: false }));
    expect([charged.state.participants[1]?.batteryLow, charged.notice]).toEqual([false, undefined]);
  });

  test("of the phase, the way and the end is in the state", () => {
    const phase = apply(state, event("phaseChanged", { phase: "active", connectedMs: 99 }));
    expect([phase.state.phase, phase.state.connectedMs]).toEqual(["active", 99]);
    const way = apply(state, event("topologyChanged", { topology: "sfu", generation: 2 }));
    expect([way.state.topology, way.state.generation]).toEqual(["sfu", 2]);
    const end = apply(state, event("callEnded", { reason: "revoked", durationMs: 4 }));
    expect([end.state.phase, end.ended]).toEqual(["ended", { reason: "revoked", durationMs: 4 }]);
  });

  test("that is not known here is counted", () => {
    const unknown = { ...event("participantRinging", { participant: "bia" }), type: "applauded" };
    expect(apply(state, unknown as unknown as CallEventFrame).state).toEqual({ ...state, seq: 8 });
  });
});
