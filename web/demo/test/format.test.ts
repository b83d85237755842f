import { describe, expect, test } from "vitest";
import { clock, deviceName, initials, names, spoken, tone, tones, when } from "../src/format.ts";

describe("clock", () => {
  test.each([
    [-5, "0:00"],
    [999, "0:00"],
    [7000, "0:07"],
    [750_000, "12:30"],
    [3_723_000, "1:02:03"],
  ])("writes %i ms as %s", (ms, text) => expect(clock(ms)).toBe(text));
});

describe("spoken", () => {
  test.each([
    [0, "0 seconds"],
    [1000, "1 second"],
    [61_000, "1 minute, 1 second"],
    [120_000, "2 minutes"],
    [3_660_000, "1 hour, 1 minute"],
    [3_601_000, "1 hour"],
  ])("says %i ms as %s", (ms, text) => expect(spoken(ms)).toBe(text));
});

describe("when", () => {
  const now = Date.UTC(2026, 10, 22, 12, 0);
  test("a call of today has its hour only", () => {
    expect(when(Date.UTC(2026, 10, 22, 9, 5), now, "UTC")).toMatch(/^9:05\sAM$/);
  });
  test("a call of another day has its day, and of another year its year", () => {
    expect(when(Date.UTC(2026, 10, 21, 9, 5), now, "UTC")).toMatch(/^Nov 21, 9:05\sAM$/);
    expect(when(Date.UTC(2025, 10, 21, 9, 5), now, "UTC")).toBe("Nov 21, 2025");
  });
  test("the day is that of the place, not of Greenwich", () => {
    expect(when(Date.UTC(2026, 10, 22, 2, 0), now, "America/Sao_Paulo")).toMatch(/^Nov 21, 11:00\sPM$/);
  });
});

describe("initials", () => {
  test.each([
    ["Ana", "A"],
    ["bia maria souza", "BS"],
    ["Élodie O’Neil", "ÉO"],
    ["李 小龙", "李小"],
    ["…", "?"],
    ["", "?"],
  ])("of %s are %s", (name, text) => expect(initials(name)).toBe(text));
});

test("names are joined as a sentence does", () => {
  expect(names(["Ana"])).toBe("Ana");
  expect(names(["Ana", "Bia"])).toBe("Ana and Bia");
});

test("an account's colour is one of the eight, and always the same", () => {
  const ids = ["ana", "bia", "carlo", "", "😀"];
  for (const id of ids) {
    expect(tone(id)).toBe(tone(id));
    expect(tone(id)).toBeGreaterThanOrEqual(0);
    expect(tone(id)).toBeLessThan(tones);
  }
  expect(new Set(ids.map(tone)).size).toBeGreaterThan(1);
});

test("a device is named by its browser and system", () => {
  expect(deviceName("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")).toBe(
    "Firefox, Linux",
  );
  expect(deviceName("Mozilla/5.0 (Linux; Android 14) Chrome/140.0 Mobile Safari/537.36")).toBe(
    "Chrome, Android",
  );
  expect(deviceName("")).toBe("Browser");
});
