import { expect, test } from "vitest";
import { text } from "../../src/e2ee/bytes.ts";
import { Keyring } from "../../src/e2ee/keyring.ts";
import { maxLineBytes, openLine, sealLine } from "../../src/e2ee/lines.ts";
import { Opener } from "../../src/e2ee/opener.ts";
import { Generations, Sealer } from "../../src/e2ee/sealer.ts";

const base = new Uint8Array(32).fill(7);
const holders = new Map([[3, { participant: "p1", account: "ana" }]]);
const open = () => "open" as const;

async function rings(): Promise<{ ana: Sealer; bia: Keyring }> {
  const [own, bia] = [new Keyring(() => 0), new Keyring(() => 0)];
  await own.install(1, base, holders);
  await bia.install(1, base, holders);
  return { ana: new Sealer("text", own, new Generations(), () => ({ epoch: 1, leaf: 3 })), bia };
}

async function sealed(ana: Sealer, line: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await sealLine(ana, "cal1", line);
  if (bytes === undefined) throw new Error("no key");
  return bytes;
}

test("a line is opened once, by who has the key, as its sender's", async () => {
  const { ana, bia } = await rings();
  const line = await sealed(ana, "Ciao, Bia – são 8 h €");
  expect(await openLine(bia, open, "cal1", "p1", line)).toBe("Ciao, Bia – são 8 h €");
  expect(await openLine(bia, open, "cal1", "p1", line)).toBeUndefined();
});

test("a line of another participant, of another call, or changed on the way is none", async () => {
  const { ana, bia } = await rings();
  const line = await sealed(ana, "hello");
  expect(await openLine(bia, open, "cal1", "p2", line)).toBeUndefined();
  expect(await openLine(bia, open, "cal2", "p1", line)).toBeUndefined();
  expect(await openLine(bia, () => "refuse", "cal1", "p1", line)).toBeUndefined();
  line[line.length - 20] = (line[line.length - 20] ?? 0) ^ 1;
  expect(await openLine(bia, open, "cal1", "p1", line)).toBeUndefined();
  expect(await openLine(bia, open, "cal1", "p1", text("no line at all"))).toBeUndefined();
});

test("a line waits for the key that it was sealed with", async () => {
  const { ana } = await rings();
  const late = new Keyring(() => 0);
  const line = await sealed(ana, "hello");
  expect(await openLine(late, open, "cal1", "p1", line)).toBe("wait");
  await late.install(1, base, holders);
  expect(await openLine(late, open, "cal1", "p1", line)).toBe("hello");
});

test("its length says little, and nothing leaves without a key", async () => {
  const { ana } = await rings();
  expect((await sealed(ana, "no")).length).toBe((await sealed(ana, "certainly, as soon as I can")).length);
  const none = new Sealer("text", new Keyring(() => 0), new Generations(), () => undefined);
  expect(await sealLine(none, "cal1", "hello")).toBeUndefined();
});

test("a line has a longest length, which fits into a message, and is not empty", async () => {
  const { ana } = await rings();
  const longest = await sealed(ana, "x".repeat(maxLineBytes));
  expect(Math.ceil((longest.length * 4) / 3)).toBeLessThanOrEqual(4_096);
  await expect(sealLine(ana, "cal1", "x".repeat(maxLineBytes + 1))).rejects.toThrow("2000");
  await expect(sealLine(ana, "cal1", "")).rejects.toThrow();
});

test("a sealed line is no frame of a track", async () => {
  const { ana, bia } = await rings();
  const line = await sealed(ana, "hello");
  const opener = new Opener(bia, (by) => (by.source === "microphone" ? "open" : "refuse"));
  expect(await opener.open("opus", line)).not.toHaveProperty("frame");
});
