/**
 * downlinkBps is what the browser takes the downlink to carry, in bit/s; undefined where it does not say
 * (Network Information API).
 */
export function downlinkBps(): number | undefined {
  const { connection } = navigator as Navigator & { connection?: { downlink?: number } };
  const megabits = connection?.downlink;
  if (megabits === undefined || !Number.isFinite(megabits) || megabits <= 0) return undefined;
  return Math.round(Math.min(megabits, 1_000) * 1_000_000);
}
