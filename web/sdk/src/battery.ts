/** BatteryManager is the part of the Battery Status API that we use; only Chromium has it. */
interface BatteryManager extends EventTarget {
  readonly level: number;
  readonly charging: boolean;
}

const lowLevel = 0.05;

/**
 * watchBattery calls told with true when the battery falls under 5 % without a
 * charger, and with false when that is over. The level itself goes nowhere. It
 * returns what ends the watch; where there is no such API it does nothing.
 */
export function watchBattery(told: (low: boolean) => void): () => void {
  const own = globalThis.navigator as { getBattery?: () => Promise<BatteryManager> } | undefined;
  if (own?.getBattery === undefined) return () => undefined;
  const ended = new AbortController();
  let low = false;
  own
    .getBattery()
    .then((battery) => {
      const look = () => {
        const now = battery.level < lowLevel && !battery.charging;
        if (ended.signal.aborted || now === low) return;
        low = now;
        told(now);
      };
      battery.addEventListener("levelchange", look, { signal: ended.signal });
      battery.addEventListener("chargingchange", look, { signal: ended.signal });
      look();
    })
    .catch(() => undefined); // a policy of the page may forbid it
  return () => ended.abort();
}
