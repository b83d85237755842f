import { expect, test } from "vitest";
import { own } from "../../src/e2ee/bytes.ts";
import type { Opened } from "../../src/e2ee/opener.ts";
import { joinRED, openRED, splitRED } from "../../src/e2ee/red.ts";

const block = (offset: number, ...data: number[]) => ({ type: 111, offset, data: Uint8Array.from(data) });
/** As the SFU writes it: 960 and 1920 behind, of three and two bytes. */
const packet = Uint8Array.of(0xef, 30, 0, 3, 0xef, 15, 0, 2, 111, 1, 2, 3, 4, 5, 6, 7, 8);

/** opens opens what begins with a known byte, once, and takes that byte off. */
function opens(...known: number[]) {
  const seen = new Set<number>();
  return {
    async open(_codec: string, frame: Uint8Array): Promise<Opened | "wait"> {
      const first = frame[0] ?? 0;
      if (first === 99) return "wait";
      if (!known.includes(first)) return { fault: "badTag" };
      if (seen.has(first)) return { fault: "replayed" };
      seen.add(first);
      return { frame: own(frame.subarray(1)), by: { source: "microphone" } as never };
    },
  };
}

test("redundant sound is taken apart and put together", () => {
  const blocks = splitRED(packet);
  expect(blocks).toEqual([block(1920, 1, 2, 3), block(960, 4, 5), block(0, 6, 7, 8)]);
  expect(joinRED(blocks ?? [])).toEqual(packet);
});

test("what is cut off is not taken apart", () => {
  for (let n = 0; n < 14; n++) expect(splitRED(packet.subarray(0, n))).toBeUndefined();
  expect(splitRED(new Uint8Array(200).fill(0xef))).toBeUndefined();
});

test("every block is opened on its own, and none twice", async () => {
  const opener = opens(1, 4, 6);
  expect(await opener.open("opus", Uint8Array.of(4, 5))).toMatchObject({ frame: Uint8Array.of(5) });
  const result = await openRED(opener, packet);
  const frame = typeof result === "object" && "frame" in result ? result.frame : undefined;
  expect(splitRED(frame ?? new Uint8Array())).toEqual([block(1920, 2, 3), block(0, 7, 8)]);
});

test("the packet's own block says what is wrong", async () => {
  expect(await openRED(opens(1, 4), packet)).toEqual({ fault: "badTag" });
  expect(await openRED(opens(), packet.subarray(0, 3))).toEqual({ fault: "malformed" });
  expect(await openRED(opens(), Uint8Array.of(111, 99))).toBe("wait");
});

test("a packet that comes after one that had it along is no fault", async () => {
  const opener = opens(1, 4, 6);
  await openRED(opener, packet);
  expect(await openRED(opener, packet)).toBe("late");
});
