import { expect, test } from "vitest";
import { levelOf } from "../src/parts/meter.tsx";

test("silence is nothing, full loudness is all, speech is between", () => {
  const wave = (peak: number) => Array.from({ length: 1024 }, (_, i) => peak * Math.sin(i / 3));
  expect(levelOf([])).toBe(0);
  expect(levelOf(wave(0))).toBe(0);
  expect(levelOf(wave(1))).toBe(12);
  expect(levelOf(wave(0.05))).toBeGreaterThan(3);
  expect(levelOf(wave(0.05))).toBeLessThan(10);
});
