import { expect, test } from "vitest";
import { dayOf, slotsBetween } from "../src/slots.ts";

const at = (time: string): number => new Date(`2026-05-04T${time}`).getTime();
const minute = 60_000;

test("hours are cut into talks of equal length, without a rest", () => {
  expect(slotsBetween("2026-05-04", "09:00", "10:45", 30, 0)).toEqual(
    ["09:00", "09:30", "10:00"].map((from) => ({ fromMs: at(from), toMs: at(from) + 30 * minute })),
  );
});

test("what has begun by now is left out", () => {
  const slots = slotsBetween("2026-05-04", "09:00", "11:00", 60, at("09:00"));
  expect(slots.map(({ fromMs }) => fromMs)).toEqual([at("10:00")]);
});

test.each([
  ["no day", "", "09:00", "10:00", 30],
  ["no hour", "2026-05-04", "", "10:00", 30],
  ["an end before the beginning", "2026-05-04", "10:00", "09:00", 30],
  ["no time at all", "2026-05-04", "09:00", "09:00", 30],
  ["a talk that takes no time", "2026-05-04", "09:00", "10:00", 0],
  ["a talk that does not fit", "2026-05-04", "09:00", "10:00", 61],
  ["no number", "2026-05-04", "09:00", "10:00", Number.NaN],
])("there is nothing to book with %s", (_, day, from, to, minutes) => {
  expect(slotsBetween(day, from, to, minutes, 0)).toEqual([]);
});

test("a day is written as its field has it, by this machine's clock", () => {
  expect(dayOf(at("00:00"))).toBe("2026-05-04");
  expect(dayOf(at("23:59"))).toBe("2026-05-04");
});
