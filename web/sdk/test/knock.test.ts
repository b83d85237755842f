import { expect, test, vi } from "vitest";
import { Emitter } from "../src/emitter.ts";
import { Knocks } from "../src/knock.ts";
import { client } from "../src/later.ts";
import type { Signalling } from "../src/signalling.ts";
import type { KnockAnswer } from "../src/wire.gen.ts";

/** door is a door at which somebody knocks; admitted is what the server says at once. */
function door(admitted = false) {
  const events = new Emitter<{ welcome: { resumed: boolean }; failed: Error }>();
  const request = vi.fn(async (_type: string, _body: unknown) => (admitted ? { admitted } : {}));
  const signalling = Object.assign(events, { request }) as unknown as Signalling;
  const knocks = new Knocks(signalling, client);
  const answer = (what: KnockAnswer) =>
    knocks.take({ type: "knockAnswered", body: { link: "l", answer: what } } as Parameters<
      Knocks["take"]
    >[0]);
  return { knocks, answer, events, asked: () => request.mock.calls.map(([type]) => type) };
}

test("who is let in at once does not wait", async () => {
  const { knocks } = door(true);
  const waiting = vi.fn();
  await knocks.wait("l", "b", waiting);
  expect(waiting).not.toHaveBeenCalled();
});

test.each([
  ["denied", "denied"],
  ["expired", "noAnswer"],
  ["closed", "notFound"],
] as const)("an answer that is %s rejects with %s", async (what, code) => {
  const { knocks, answer } = door();
  const waited = knocks.wait("l", "b");
  answer(what);
  await expect(waited).rejects.toMatchObject({ code });
});

test("a session of its own knocks again, one that goes on does not", async () => {
  const { knocks, answer, events, asked } = door();
  const waiting = vi.fn();
  const waited = knocks.wait("l", "b", waiting);
  await vi.waitFor(() => expect(waiting).toHaveBeenCalledTimes(1));
  events.emit("welcome", { resumed: true });
  events.emit("welcome", { resumed: false });
  answer("admitted");
  await waited;
  expect(asked()).toEqual(["knock", "knock"]);
  events.emit("welcome", { resumed: false }); // it is over: nobody knocks any more
  expect(asked()).toHaveLength(2);
});

test("who goes away says so", async () => {
  const { knocks, asked } = door();
  const gone = new AbortController();
  const waited = knocks.wait("l", "b", undefined, gone.signal);
  gone.abort(new Error("enough"));
  await expect(waited).rejects.toThrow("enough");
  expect(asked()).toEqual(["knock", "stopWaiting"]);
});
