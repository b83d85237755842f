import { expect, test } from "vitest";
import { Memory } from "../src/memory.ts";
import { Moments } from "../src/moments.ts";
import { TrafficCount } from "../src/traffic.ts";
import { Usage } from "../src/usage.ts";
import { backUpUsage, restoreUsage } from "../src/usagebackup.ts";

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
  memory.remember(["bia", "carlo"], { routed: true, path: "relay", downlinkBps: 800_000 }, 0);
  expect(memory.recall(["carlo", "bia"], 1)).toEqual({ routed: true, path: "relay", downlinkBps: 800_000 });
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
  const backup = await backUpUsage(here, "correct horse");
  expect(backup).not.toContain("wifi");
  await expect(restoreUsage(there, backup, "wrong")).rejects.toThrow("passphrase");
  await expect(restoreUsage(there, "hello", "correct horse")).rejects.toThrow("no backup");
  await expect(restoreUsage(there, "pronto-usage.1.a.b.c", "correct horse")).rejects.toThrow("does not open");
  await restoreUsage(there, backup, "correct horse");
  expect(there.months()).toEqual(here.months());
  await restoreUsage(there, backup, "correct horse"); // again: nothing is counted twice
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

test("moments are told once, and not more than a report may have", () => {
  const moments = new Moments();
  expect(moments.take()).toEqual({});
  for (let i = 0; i < 20; i++) moments.note("gapNetwork", 1_500.4);
  const { moments: told } = moments.take();
  expect(told).toHaveLength(16);
  expect(told?.[0]).toEqual({ what: "gapNetwork", tookMs: 1_500 });
  expect(moments.take()).toEqual({});
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
