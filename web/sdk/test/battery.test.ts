import { afterEach, expect, test, vi } from "vitest";
import { watchBattery } from "../src/battery.ts";

/** FakeBattery is what a browser has. */
class FakeBattery extends EventTarget {
  level = 1;
  charging = false;

  set(level: number, charging: boolean): void {
    const was = this.charging;
    this.level = level;
    this.charging = charging;
    this.dispatchEvent(new Event(was === charging ? "levelchange" : "chargingchange"));
  }
}

async function watched(battery: FakeBattery): Promise<{ told: boolean[]; end: () => void }> {
  vi.stubGlobal("navigator", { getBattery: async () => battery });
  const told: boolean[] = [];
  const end = watchBattery((low) => told.push(low));
  await Promise.resolve().then(() => undefined);
  return { told, end };
}

afterEach(() => vi.unstubAllGlobals());

test("a battery is low under five per cent without a charger, and told once for each crossing", async () => {
  const battery = new FakeBattery();
  const { told, end } = await watched(battery);
  const says = (level: number, charging: boolean): boolean[] => {
    battery.set(level, charging);
    return told.splice(0);
  };
  expect(says(0.04, true)).toEqual([]);
  expect(says(0.05, true)).toEqual([]);
  expect(says(0.05, false)).toEqual([]);
  expect(says(0.04, false)).toEqual([true]);
  expect(says(0.03, false)).toEqual([]);
  expect(says(0.03, true)).toEqual([false]);
  expect(says(0.03, false)).toEqual([true]);
  expect(says(0.06, false)).toEqual([false]);
  end();
  expect(says(0.01, false)).toEqual([]);
});

test("one that is low from the start is told, and a browser that does not say is not asked", async () => {
  const battery = new FakeBattery();
  battery.level = 0.04;
  expect((await watched(battery)).told).toEqual([true]);
  vi.stubGlobal("navigator", {});
  watchBattery(() => expect.unreachable())();
});
