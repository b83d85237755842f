import { expect, test } from "vitest";
import { Peak, startBps } from "../src/downlink.ts";
import { Memory } from "../src/memory.ts";
import { TrafficCount } from "../src/traffic.ts";
import { Usage } from "../src/usage.ts";

function store() {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
}

const day = 86_400_000;

test("what worked with the same people is recalled, whatever their order, and names none of them", () => {
  const own = store();
  const memory = new Memory(own);
  const worked = { routed: true, path: "relay", downlinkBps: 800_000, codec: "vp9" } as const;
  memory.remember(["bia", "carlo"], worked, 0);
  expect(memory.recall(["carlo", "bia"], 1)).toEqual(worked);
  expect(memory.recall(["bia"], 1)).toEqual({});
  expect([...own.kept.values()].join()).not.toMatch(/bia|carlo/);
  expect(memory.recall(["bia", "carlo"], day + 1).routed).toBeUndefined(); // a direct way is tried again
  expect(memory.recall(["bia", "carlo"], 31 * day)).toEqual({});
  memory.forget();
  expect(memory.recall(["bia", "carlo"], 2)).toEqual({});
});

test("only so many are remembered, the oldest is forgotten, and what is not ours is no memory", () => {
  const own = store();
  const memory = new Memory(own);
  for (let i = 0; i < 70; i++) memory.remember([`user-${i}`], { path: "host" }, i);
  expect(memory.recall(["user-0"], 70)).toEqual({});
  expect(memory.recall(["user-69"], 70)).toEqual({ path: "host" });
  own.setItem("pronto.memory", "{");
  expect(memory.recall(["user-69"], 70)).toEqual({});
  expect(new Memory(undefined).recall(["bia"])).toEqual({});
});

test("usage is counted by month and network, and a backup restores it on another device", {
  timeout: 30_000,
}, async () => {
  const [here, there] = [new Usage(store()), new Usage(store())];
  const call = { seconds: 60, sentBytes: 1_000, receivedBytes: 2_000 };
  here.add(call, new Date("2026-10-31T12:00:00Z"), "wifi");
  here.add(call, new Date("2026-11-01T12:00:00Z"), "wifi");
  here.add(call, new Date("2026-11-02T12:00:00Z"), "cellular");
  expect(here.months().map(({ month, network, calls }) => `${month} ${network} ${calls}`)).toEqual([
    "2026-11 wifi 1",
    "2026-11 cellular 1",
    "2026-10 wifi 1",
  ]);
  const backup = await here.backup("correct horse");
  expect(backup).not.toContain("wifi");
  await expect(there.restore(backup, "wrong")).rejects.toThrow("passphrase");
  await expect(there.restore("hello", "correct horse")).rejects.toThrow("no backup");
  await expect(there.restore("pronto-usage.1.a.b.c", "correct horse")).rejects.toThrow("does not open");
  await there.restore(backup, "correct horse");
  expect(there.months()).toEqual(here.months());
  await there.restore(backup, "correct horse"); // again: nothing is counted twice
  expect(there.months()).toEqual(here.months());
  there.add(call, new Date("2026-11-03T12:00:00Z"), "wifi");
  expect(there.months()[0]).toEqual({
    month: "2026-11",
    network: "wifi",
    calls: 2,
    seconds: 120,
    sentBytes: 2_000,
    receivedBytes: 4_000,
  });
});

test("the most that came in over ten seconds is what the next call begins with, unless the browser knows more", () => {
  const peak = new Peak();
  for (const [ms, bytes] of [
    [0, 1_000],
    [2_000, 900_000],
    [10_000, 1_251_000],
    [20_000, 1_876_000],
    [29_000, 9_000_000],
  ] as const)
    peak.take(ms, bytes);
  expect(peak.bps).toBe(1_000_000); // not of a moment, nor of the quieter ten seconds that followed
  expect(startBps(1_000_000, undefined)).toBe(1_000_000);
  expect(startBps(1_000_000, 300_000)).toBe(1_000_000);
  expect(startBps(undefined, 300_000)).toBe(300_000);
  expect(startBps(undefined, undefined)).toBeUndefined();
});

test("the traffic on the wire has headers, by the packets of a pair or else by those of media", () => {
  const chromium = new TrafficCount();
  const pair = {
    type: "candidate-pair",
    bytesSent: 1_000,
    bytesReceived: 2_000,
    packetsSent: 10,
    packetsReceived: 20,
  };
  chromium.take({}, [["pair", pair]]);
  expect(chromium.wire).toEqual({ sentBytes: 1_280, receivedBytes: 2_560 });
  const firefox = new TrafficCount();
  firefox.take({}, [
    ["pair", { type: "candidate-pair", bytesSent: 1_000, bytesReceived: 2_000 }],
    ["out", { type: "outbound-rtp", packetsSent: 10 }],
    ["in", { type: "inbound-rtp", packetsReceived: 20 }],
  ]);
  expect(firefox.wire).toEqual({ sentBytes: 1_280, receivedBytes: 2_560 });
});
