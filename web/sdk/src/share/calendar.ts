import type { CallLink } from "../links.ts";

/** CalendarEvent is the call of a link as a calendar has it. */
export interface CalendarEvent {
  /** link is the link's id: the entry's UID is made of it, the same after every change, and does not tell it. */
  readonly link: string;
  /** address is the link's whole address, with what is after #. */
  readonly address: string;
  /** sequence counts the changes: a calendar takes what has a higher one in the place of what it has. */
  readonly sequence: number;
  /** title is "Call" by default. */
  readonly title?: string;
  readonly description?: string;
  /** organizer is the name of who made the link. */
  readonly organizer?: string;
  readonly video?: boolean;
  readonly fromMs: number;
  /** toMs is an hour later by default, and if it is more than a day later: then it is when the link ends, not the talk. */
  readonly toMs?: number;
  /** changedMs is when it was last changed, in Unix milliseconds; now by default. */
  readonly changedMs?: number;
  /** cancelled takes the entry away. */
  readonly cancelled?: boolean;
}

const hourMs = 3_600_000;
const longestMs = 24 * hourMs;
const lineBytes = 75; // RFC 5545, section 3.1

/** linkEvent is a link of ours as an event, or undefined for one that opens at no time or whose secret is elsewhere. */
export function linkEvent(link: CallLink, organizer?: string): CalendarEvent | undefined {
  const { address, title, description, terms, endsMs } = link;
  if (address === undefined || terms.opensMs === undefined) return undefined;
  return {
    link: link.link,
    address,
    sequence: link.sequence,
    title,
    description,
    ...(organizer === undefined ? {} : { organizer }),
    video: link.kind === "video",
    fromMs: terms.opensMs,
    ...(endsMs === undefined ? {} : { toMs: endsMs }),
    cancelled: link.revokedMs !== undefined,
  };
}

/**
 * calendarFile is the event as an .ics file (RFC 5545, 5546, 7986): one that adds it, or changes the entry of the same
 * link, or takes it away. It is the server's event.ics, but with the whole address.
 */
export async function calendarFile(event: CalendarEvent): Promise<string> {
  const { address, sequence, description = "", organizer = "", fromMs, toMs = 0, cancelled = false } = event;
  const title = event.title || "Call";
  const ends = toMs > fromMs && toMs - fromMs <= longestMs ? toMs : fromMs + hourMs;
  const { origin, hostname } = new URL(address);
  const features = event.video ? '"AUDIO,VIDEO"' : "AUDIO";
  const lines = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Pronto//Call links//EN",
    "CALSCALE:GREGORIAN",
    `METHOD:${cancelled ? "CANCEL" : "PUBLISH"}`,
    "BEGIN:VEVENT",
    `UID:${await uid(event.link)}@${hostname}`,
    `SEQUENCE:${sequence}`,
    `DTSTAMP:${utc(event.changedMs ?? Date.now())}`,
    `DTSTART:${utc(fromMs)}`,
    `DTEND:${utc(ends)}`,
    `SUMMARY:${text(title)}`,
    ...(description === "" ? [] : [`DESCRIPTION:${text(description)}`]),
    `ORGANIZER${organizer === "" ? "" : `;CN=${parameter(organizer)}`}:${origin}`,
    `STATUS:${cancelled ? "CANCELLED" : "CONFIRMED"}`,
    "TRANSP:OPAQUE",
    ...(cancelled
      ? []
      : [
          `URL:${address}`,
          `CONFERENCE;VALUE=URI;FEATURE=${features};LABEL=${parameter(title)}:${address}`,
          "BEGIN:VALARM",
          "ACTION:DISPLAY",
          `DESCRIPTION:${text(title)}`,
          "TRIGGER:-PT5M",
          "END:VALARM",
        ]),
    "END:VEVENT",
    "END:VCALENDAR",
  ];
  return lines
    .flatMap(fold)
    .map((line) => `${line}\r\n`)
    .join("");
}

/** uid is globally unique (RFC 7986, section 5.3), and the same as in the server's file. */
async function uid(link: string): Promise<string> {
  const named = new TextEncoder().encode(`pronto calendar 1\0${link}`);
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", named));
  return [...sum.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function utc(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, "");
}

/** text escapes what has a meaning (RFC 5545, section 3.3.11). */
function text(value: string): string {
  return value.replace(/[\\;,]/g, (sign) => `\\${sign}`).replace(/\r\n|\r|\n/g, "\\n");
}

/** parameter is a parameter's value in quotes. They cannot stand in one (RFC 6868). */
function parameter(value: string): string {
  return `"${value.replaceAll("^", "^^").replaceAll("\n", "^n").replaceAll("\r", "").replaceAll('"', "^'")}"`;
}

/** fold breaks a line that has more than 75 bytes; each part after the first begins with a blank. */
function fold(line: string): string[] {
  const parts: string[] = [];
  let [part, bytes] = ["", 0];
  for (const sign of line) {
    const more = new TextEncoder().encode(sign).length;
    if (bytes + more > lineBytes) {
      parts.push(part);
      [part, bytes] = [" ", 1];
    }
    part += sign;
    bytes += more;
  }
  return [...parts, part];
}
