import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Emitter } from "../../sdk/src/emitter.ts";
import type { Call } from "../../sdk/src/index.ts";
import { negotiated } from "../src/state/negotiated.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Negotiating is a call of which only that is known. */
class Negotiating extends Emitter<{ change: undefined }> {
  negotiating = true;

  change(): void {
    this.emit("change", undefined);
  }
}

/** settles tells whether what is waited for is over, after a time. */
async function settles(waiting: Promise<void>, ms: number): Promise<boolean> {
  let over = false;
  void waiting.then(() => {
    over = true;
  });
  await vi.advanceTimersByTimeAsync(ms);
  return over;
}

const wait = (call: Negotiating) => negotiated(call as unknown as Call);

test("a page draws when both descriptions are there, not at any other change", async () => {
  const call = new Negotiating();
  const waiting = wait(call);
  call.change();
  expect(await settles(waiting, 50)).toBe(false);
  call.negotiating = false;
  call.change();
  expect(await settles(waiting, 0)).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

test("it draws at once where nothing is negotiated, and in the end where that goes on", async () => {
  const call = new Negotiating();
  expect(await settles(wait(call), 999)).toBe(false);
  expect(await settles(wait(call), 1_000)).toBe(true);
  call.negotiating = false;
  expect(await settles(wait(call), 0)).toBe(true);
});
