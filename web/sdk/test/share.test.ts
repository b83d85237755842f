import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { CallLink } from "../src/index.ts";
import { type CalendarEvent, calendarFile, linkEvent, qrCode, qrSVG } from "../src/share/index.ts";

/** kept is what the server's own tests read, too. */
const kept = (name: string): string =>
  readFileSync(new URL(`../../../signalling/link/testdata/${name}`, import.meta.url), "utf8");

interface Case {
  readonly name: string;
  readonly event: CalendarEvent;
  readonly file: string;
}
const cases = JSON.parse(kept("calendar.json")) as readonly Case[];
const address = "https://calls.example.com/j/bm90IGEgcmVhbCBzZWNyZXQ#k=c2VjcmV0IG9mIDE2IGJ5dA";

/** property is a line of a calendar file, unfolded. */
function property(file: string, name: string): string | undefined {
  const lines = file.replaceAll("\r\n ", "").split("\r\n");
  return lines.find((line) => line.startsWith(`${name}:`))?.slice(name.length + 1);
}

test.each(cases)("a calendar file is the server's: $name", async ({ event, file }) => {
  expect(await calendarFile(event)).toBe(file);
});

test("no line of a calendar file has more than 75 bytes, and no character is cut", async () => {
  for (const { event } of cases) {
    const lines = (await calendarFile(event)).split("\r\n");
    expect(lines.at(-1)).toBe("");
    expect(Math.max(...lines.map((line) => Buffer.byteLength(line)))).toBeLessThanOrEqual(75);
  }
  const description = "🎉é約".repeat(100);
  const [plain] = cases.map(({ event }) => event);
  const file = await calendarFile({ ...(plain as CalendarEvent), description });
  expect(property(file, "DESCRIPTION")).toBe(description);
});

test("what has a meaning in a calendar is escaped", async () => {
  const [plain] = cases.map(({ event }) => event);
  const file = await calendarFile({
    ...(plain as CalendarEvent),
    title: "a\\b;c,d\ne",
    organizer: 'Bia "b"\r\nATTENDEE:x',
  });
  expect(property(file, "SUMMARY")).toBe("a\\\\b\\;c\\,d\\ne");
  expect(file).toContain(`ORGANIZER;CN="Bia ^'b^'^nATTENDEE:x":https://calls.example.com`);
  expect(file).not.toMatch(/^ATTENDEE/m);
});

test("an update and a cancellation are of the same entry, and later", async () => {
  const link: CallLink = {
    link: "bm90IGEgcmVhbCBzZWNyZXQ",
    kind: "video",
    terms: { opensMs: 1_777_896_000_000 },
    createdMs: 1_777_800_000_000,
    endsMs: 1_777_899_600_000,
    uses: 0,
    sequence: 3,
    title: "Dinner",
    description: "",
    address,
  };
  const file = async (change: Partial<CallLink>): Promise<string> =>
    calendarFile(linkEvent({ ...link, ...change }, "Ana") as CalendarEvent);
  const first = await file({});
  const moved = await file({ sequence: 4, terms: { opensMs: 1_777_897_000_000 } });
  const off = await file({ sequence: 5, revokedMs: 1_777_890_000_000 });
  const of = (name: string) => [first, moved, off].map((each) => property(each, name));
  expect(new Set(of("UID")).size).toBe(1);
  expect(of("SEQUENCE")).toEqual(["3", "4", "5"]);
  expect(of("METHOD")).toEqual(["PUBLISH", "PUBLISH", "CANCEL"]);
  expect(of("STATUS")).toEqual(["CONFIRMED", "CONFIRMED", "CANCELLED"]);
  expect(of("DTSTART")).toEqual(["20260504T120000Z", "20260504T121640Z", "20260504T120000Z"]);
  expect(of("URL")).toEqual([address, address, undefined]);
  expect(off).not.toContain("/j/");
});

test("a link that opens at no time, or whose secret is elsewhere, is no event", () => {
  const link: CallLink = {
    link: "l",
    kind: "voice",
    terms: { opensMs: 1 },
    createdMs: 0,
    uses: 0,
    sequence: 0,
    title: "",
    description: "",
  };
  expect(linkEvent(link)).toBeUndefined();
  expect(linkEvent({ ...link, address, terms: {} })).toBeUndefined();
  expect(linkEvent({ ...link, address })?.address).toBe(address);
});

test("the QR code is the one that a scanner of another library reads, in the server's tests", () => {
  expect(qrSVG(address, "Call")).toBe(kept("qrcode.svg").trimEnd());
  const { size, path } = qrCode(address);
  expect(size).toBeGreaterThan(21 + 2 * 4);
  expect(path).toMatch(/^(M\d+ \d+h1v1h-1z)+$/);
});

test("a label is escaped, and a text that no phone reads is refused", () => {
  expect(qrSVG("a", `<b>"&`)).toContain('aria-label="&#60;b&#62;&#34;&#38;"');
  expect(() => qrCode("é".repeat(501))).toThrow("1002 bytes are too many");
});
