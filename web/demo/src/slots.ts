import type { SlotTime } from "../../sdk/src/index.ts";

const minuteMs = 60_000;

/**
 * slotsBetween cuts the time from one hour of a day to another into talks of equal length; what is over by now, or does
 * not fit in whole, is left out. The hours are by this machine's clock, so that a day on which it is put forward has fewer.
 */
export function slotsBetween(
  day: string,
  from: string,
  to: string,
  minutes: number,
  nowMs: number,
): readonly SlotTime[] {
  const start = new Date(`${day}T${from}`).getTime();
  const end = new Date(`${day}T${to}`).getTime();
  const slots: SlotTime[] = [];
  if (Number.isNaN(start) || Number.isNaN(end) || minutes < 1) return slots;
  for (let at = start; at + minutes * minuteMs <= end; at += minutes * minuteMs)
    if (at > nowMs) slots.push({ fromMs: at, toMs: at + minutes * minuteMs });
  return slots;
}

/** dayOf is a day as a date field writes it, by this machine's clock. */
export function dayOf(ms: number): string {
  const day = new Date(ms);
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}
