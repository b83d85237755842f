import { language, t } from "./lang/index.ts";

/** clock writes a duration as a telephone does: 0:07, 12:30, 1:02:03. Negative counts as zero. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const s = String(seconds % 60).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${s}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${s}`;
}

/** spoken writes a duration in words, in its two largest units. */
export function spoken(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const parts: string[] = [];
  if (hours > 0) parts.push(t("unit.hours", { count: hours }));
  if (minutes > 0) parts.push(t("unit.minutes", { count: minutes }));
  if (hours === 0 && (seconds % 60 > 0 || parts.length === 0))
    parts.push(t("unit.seconds", { count: seconds % 60 }));
  return new Intl.ListFormat(language.value, { type: "unit", style: "long" }).format(parts);
}

/** when writes a time as a list of calls wants it: the hour today, else the day; the year only if it is another one. */
export function when(ms: number, now: number, timeZone?: string): string {
  const zone = timeZone === undefined ? {} : { timeZone };
  const day = (at: number): string =>
    new Intl.DateTimeFormat("en-CA", { dateStyle: "short", ...zone }).format(at);
  const year = (at: number): string => day(at).slice(0, 4);
  const time: Intl.DateTimeFormatOptions = { hour: "numeric", minute: "2-digit" };
  const options: Intl.DateTimeFormatOptions =
    day(ms) === day(now)
      ? time
      : year(ms) === year(now)
        ? { day: "numeric", month: "short", ...time }
        : { dateStyle: "medium" };
  return new Intl.DateTimeFormat(language.value, { ...options, ...zone }).format(ms);
}

/** monthName is a month such as 2026-11 in words, with its year. */
export function monthName(month: string): string {
  const how = { month: "long", year: "numeric", timeZone: "UTC" } as const;
  return new Intl.DateTimeFormat(language.value, how).format(new Date(`${month}-01T00:00:00Z`));
}

const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

/** bytes writes an amount of data in the largest unit that it has at least one of: units of 1,000, as networks and bills count. */
export function bytes(count: number): string {
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, count)) / 3)));
  const amount = count / 1000 ** step;
  return new Intl.NumberFormat(language.value, {
    style: "unit",
    unit: units[step] ?? "byte",
    unitDisplay: "short",
    maximumFractionDigits: amount < 10 && step > 1 ? 1 : 0,
  }).format(amount);
}

/** names joins names as a sentence does: Ana; Ana and Bia; Ana, Bia, and 3 more is not made: lists here are short. */
export function names(list: readonly string[]): string {
  if (list.length < 2) return list[0] ?? ""; // most calls have one: the first list of a page takes a browser 20 ms
  return new Intl.ListFormat(language.value, { type: "conjunction", style: "long" }).format(list);
}

/** initials are the first letters of the first and last word of a name, two at most; “?” for a name without letters. */
export function initials(name: string): string {
  const words = name.split(/[\s_-]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const first = firstLetter(words[0]);
  const last = words.length > 1 ? firstLetter(words[words.length - 1]) : "";
  return (first + last).toLocaleUpperCase(language.value) || "?";
}

function firstLetter(word: string | undefined): string {
  return word?.match(/[\p{L}\p{N}]/u)?.[0] ?? "";
}

/** tones is how many avatar colours style/avatar.css has. */
export const tones = 8;

/** tone is the avatar colour of an account, the same in every tab: FNV-1a over its id. */
export function tone(id: string): number {
  let hash = 0x811c9dc5;
  for (const char of id) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash % tones;
}

/** deviceName is what the account's other devices call this one, from the browser's own words. */
export function deviceName(userAgent: string): string {
  const browser = /Firefox\//.test(userAgent)
    ? "Firefox"
    : /Edg\//.test(userAgent)
      ? "Edge"
      : /Chrome\//.test(userAgent)
        ? "Chrome"
        : /Safari\//.test(userAgent)
          ? "Safari"
          : "Browser";
  const system = /Android/.test(userAgent)
    ? "Android"
    : /iPhone|iPad/.test(userAgent)
      ? "iOS"
      : /Windows/.test(userAgent)
        ? "Windows"
        : /Mac OS X/.test(userAgent)
          ? "macOS"
          : /Linux/.test(userAgent)
            ? "Linux"
            : "";
  return system === "" ? browser : `${browser}, ${system}`;
}

/** span writes when something begins and ends, by this machine's clock. */
export function span(fromMs: number, toMs: number): string {
  const form = new Intl.DateTimeFormat(language.value, {
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
  });
  return form.formatRange(fromMs, toMs);
}
