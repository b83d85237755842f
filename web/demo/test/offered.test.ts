import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Emitter } from "../../sdk/src/emitter.ts";
import type { Call } from "../../sdk/src/index.ts";
import { offered } from "../src/state/offered.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Offering is a call of which only that is known. */
class Offering extends Emitter<{ change: undefined }> {
  offering = true;

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

const wait = (call: Offering) => offered(call as unknown as Call);

test("a page draws when its offer has left, not at any other change", async () => {
  const call = new Offering();
  const waiting = wait(call);
  call.change();
  expect(await settles(waiting, 50)).toBe(false);
  call.offering = false;
  call.change();
  expect(await settles(waiting, 0)).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

test("it draws at once where nothing is to be offered, and in the end where that takes long", async () => {
  const call = new Offering();
  expect(await settles(wait(call), 999)).toBe(false);
  expect(await settles(wait(call), 1_000)).toBe(true);
  call.offering = false;
  expect(await settles(wait(call), 0)).toBe(true);
});
