import { expect, test } from "vitest";
import { Held } from "../src/call/holdtotalk.ts";

/** Microphone notes what is done to it. */
class Microphone {
  readonly sets: boolean[] = [];
  readonly held = new Held({
    muted: () => this.muted,
    set: (on) => {
      this.sets.push(on);
      this.muted = !on;
    },
  });
  muted: boolean;

  constructor(muted: boolean) {
    this.muted = muted;
  }
}

test("a muted microphone is on for as long as the key is held, however often the key is told", () => {
  const { held, sets } = new Microphone(true);
  expect(held.press(true)).toBe(true);
  expect(held.press(false)).toBe(true); // the browser repeats it, and it is still ours
  expect(sets).toEqual([true]);
  expect(held.release()).toBe(true);
  expect(sets).toEqual([true, false]);
  expect(held.release()).toBe(false);
  expect(sets).toEqual([true, false]);
});

test("who is not muted, writes or presses a button is left alone", () => {
  const on = new Microphone(false);
  expect(on.held.press(true)).toBe(false);
  expect(on.held.release()).toBe(false);
  const writing = new Microphone(true);
  expect(writing.held.press(false)).toBe(false);
  expect(writing.held.release()).toBe(false);
  expect([...on.sets, ...writing.sets]).toEqual([]);
});

test("who is muted by others while he holds it is muted, and not on again before the key goes down anew", () => {
  const one = new Microphone(true);
  one.held.press(true);
  one.muted = true; // the host's doing
  one.held.press(false);
  expect(one.sets).toEqual([true]);
  one.held.release();
  expect(one.held.press(true)).toBe(true);
  expect(one.sets).toEqual([true, false, true]);
});
