/** CalendarEvent is an event as a calendar wants it. */
export interface CalendarEvent {
  /** id is the same whenever the same event is saved again: a calendar then changes the one it has. */
  readonly id: string;
  readonly title: string;
  readonly description?: string;
  readonly address: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** ics writes an event as a file (RFC 5545). It is made here, because the address has a part that no server gets. */
export function ics(event: CalendarEvent, nowMs: number): string {
  const { id, title, description, address, fromMs, toMs } = event;
  return [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Pronto//Calls//EN",
    "METHOD:PUBLISH",
    "BEGIN:VEVENT",
    `UID:${id}@${new URL(address).hostname}`,
    `DTSTAMP:${utc(nowMs)}`,
    `DTSTART:${utc(fromMs)}`,
    `DTEND:${utc(toMs)}`,
    `SUMMARY:${text(title)}`,
    `DESCRIPTION:${text(description === undefined ? address : `${description}\n${address}`)}`,
    `LOCATION:${text(address)}`,
    `URL:${address}`,
    "END:VEVENT",
    "END:VCALENDAR",
  ]
    .flatMap(fold)
    .map((line) => `${line}\r\n`)
    .join("");
}

/** saveICS hands an event to the browser as a download. */
export function saveICS(event: CalendarEvent): void {
  const url = URL.createObjectURL(new Blob([ics(event, Date.now())], { type: "text/calendar" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = "pronto.ics";
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function utc(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, "");
}

/** text escapes what has a meaning (RFC 5545, section 3.3.11). */
function text(value: string): string {
  return value.replace(/[\\;,]/g, (sign) => `\\${sign}`).replace(/\r?\n/g, "\\n");
}

/** fold breaks a line that has more than 75 bytes; each part after the first begins with a blank (section 3.1). */
function fold(line: string): string[] {
  const parts: string[] = [];
  let part = "";
  for (const sign of line) {
    if (new TextEncoder().encode(part + sign).length > 75) {
      parts.push(part);
      part = " ";
    }
    part += sign;
  }
  return [...parts, part];
}
