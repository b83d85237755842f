import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Conduct, type ProposalAnswer, type Reacted } from "../src/conduct.ts";
import type { CallEventFrame } from "../src/wire.gen.ts";

const sent: unknown[] = [];
const heard: (Reacted | ProposalAnswer)[] = [];
let conduct: Conduct;

beforeEach(() => {
  vi.useFakeTimers();
  sent.length = heard.length = 0;
  conduct = new Conduct({
    call: "cal1",
    request: async (type, body) => sent.push({ type, ...body }),
    self: () => "p1",
    reacted: (reacted) => heard.push(reacted),
    answered: (answer) => heard.push(answer),
  });
});
afterEach(() => vi.useRealTimers());

function event(type: string, body: object): CallEventFrame {
  return { type, call: "cal1", epoch: 1, seq: 1, body } as unknown as CallEventFrame;
}

test("each act is one request about this call", async () => {
  await conduct.raiseHand(true);
  await conduct.lowerHand("p2");
  await conduct.react("applause");
  await conduct.hold(true);
  await conduct.lock(false);
  await conduct.proposeKind("video");
  await conduct.answerKind(true);
  expect(sent).toEqual([
    { type: "raiseHand", call: "cal1", on: true },
    { type: "lowerHand", call: "cal1", participant: "p2" },
    { type: "react", call: "cal1", reaction: "applause" },
    { type: "hold", call: "cal1", on: true },
    { type: "lock", call: "cal1", on: false },
    { type: "proposeKind", call: "cal1", kind: "video" },
    { type: "answerKind", call: "cal1", accept: true },
  ]);
});

test("a proposal stands until it is answered, or its time is over", () => {
  conduct.take(event("kindProposed", { by: "p2", kind: "video", forMs: 30_000 }));
  expect(conduct.proposal).toMatchObject({ by: "p2", kind: "video" });
  vi.advanceTimersByTime(30_001);
  expect(conduct.proposal).toBeUndefined();
  conduct.take(event("kindProposed", { by: "p1", kind: "video", forMs: 30_000 }));
  conduct.take(event("kindAnswered", { participant: "p2", kind: "video", answer: "accepted" }));
  expect(conduct.proposal).toBeUndefined();
  expect(heard).toEqual([{ participant: "p2", kind: "video", answer: "accepted", ours: true }]);
});

test("signs are handed on", () => {
  conduct.take(event("reacted", { participant: "p2", reaction: "heart" }));
  expect(heard).toEqual([{ participant: "p2", reaction: "heart" }]);
});
