import { expect, test } from "vitest";
import { byMonth, monthOf } from "../src/state/usage.ts";

test("months are summed over networks, the newest first", () => {
  const used = { calls: 1, seconds: 60, sentBytes: 1_000, receivedBytes: 2_000 };
  const list = [
    { month: "2026-10", network: "wifi", ...used },
    { month: "2026-11", network: "wifi", ...used },
    { month: "2026-11", network: "cellular", ...used },
  ];
  expect(byMonth(list)).toEqual([
    { month: "2026-11", calls: 2, seconds: 120, sentBytes: 2_000, receivedBytes: 4_000 },
    { month: "2026-10", ...used },
  ]);
  expect(monthOf(new Date("2026-11-30T23:59:59Z"))).toBe("2026-11");
});
