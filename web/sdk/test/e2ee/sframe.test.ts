import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Keyring } from "../../src/e2ee/keyring.ts";
import { kidOf, readKID } from "../../src/e2ee/kid.ts";
import { Replay } from "../../src/e2ee/replay.ts";
import {
  decodeHeader,
  deriveKey,
  encodeHeader,
  importBase,
  nonce,
  open,
  seal,
} from "../../src/e2ee/sframe.ts";

interface Vectors {
  readonly header: readonly [kid: string, ctr: string, encoded: string][];
  readonly aes128gcm: Record<
    "kid" | "ctr" | "base_key" | "sframe_salt" | "nonce" | "metadata" | "pt" | "ct",
    string
  >;
}

const vectors = JSON.parse(readFileSync(new URL("rfc9605.json", import.meta.url), "utf8")) as Vectors;

function unhex(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, "hex"));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

test("all 289 headers of RFC 9605 are written and read as the RFC says", () => {
  expect(vectors.header).toHaveLength(289);
  for (const [kid, ctr, encoded] of vectors.header) {
    expect(hex(encodeHeader(BigInt(kid), BigInt(ctr)))).toBe(encoded);
    const header = decodeHeader(unhex(`${encoded}ff`));
    expect(header?.length).toBe(encoded.length / 2);
    expect(BigInt(header?.kid ?? -1)).toBe(BigInt(kid));
    expect(BigInt(header?.ctr ?? -1)).toBe(BigInt(ctr));
    for (let cut = 0; cut < encoded.length / 2; cut++)
      expect(decodeHeader(unhex(encoded).subarray(0, cut))).toBeUndefined();
  }
});

test("suite 4 derives, seals and opens as RFC 9605 says", async () => {
  const v = vectors.aes128gcm;
  const key = await deriveKey(Number(v.kid), await importBase(unhex(v.base_key)));
  expect(hex(key.salt)).toBe(v.sframe_salt);
  expect(hex(nonce(key.salt, Number(v.ctr)))).toBe(v.nonce);
  const sealed = await seal(key, Number(v.ctr), unhex(v.pt), unhex(v.metadata));
  expect(hex(sealed)).toBe(v.ct);
  const header = decodeHeader(sealed);
  if (header === undefined) throw new Error("no header");
  expect(hex(await open(key, header, sealed, unhex(v.metadata)))).toBe(v.pt);
});

test("a frame with any byte changed, or other metadata, is not opened", async () => {
  const key = await deriveKey(70_000, await importBase(new Uint8Array(16)));
  const metadata = Uint8Array.of(1, 2);
  const sealed = await seal(key, 300, new Uint8Array(20), metadata);
  const header = decodeHeader(sealed);
  if (header === undefined) throw new Error("no header");
  for (let i = 0; i < sealed.length; i++) {
    const changed = sealed.slice();
    changed[i] = (changed[i] ?? 0) ^ 1;
    await expect(open(key, { ...header, ...decodeHeader(changed) }, changed, metadata)).rejects.toThrow();
  }
  await expect(open(key, header, sealed, Uint8Array.of(1, 3))).rejects.toThrow();
});

test("a key's id says source, generation, leaf and epoch, and nothing else is read from one", () => {
  for (const source of ["microphone", "camera", "screen", "screenAudio"] as const) {
    for (const generation of [0, 1, 77, 1_000_000]) {
      const by = { source, generation, leaf: 255, epoch: 254 };
      expect(readKID(kidOf(by))).toEqual(by);
      expect(readKID(kidOf({ ...by, epoch: 1_022 }))).toEqual(by);
    }
  }
  expect(readKID(0)).toBeUndefined();
  expect(readKID(6 * 65_536)).toBeUndefined();
  expect(readKID(2n ** 63n)).toBeUndefined();
});

test("a counter passes the replay window once, however it comes", () => {
  for (let seed = 1; seed <= 5; seed++) {
    const replay = new Replay();
    const passed = new Set<number>();
    let random = seed;
    let base = 0;
    let top = -1;
    for (let i = 0; i < 3_000; i++) {
      random = (random * 1_103_515_245 + 12_345) % 2_147_483_648;
      base += random % 7 === 0 ? random % 2_000 : 1;
      const ctr = Math.max(0, base - (random % 1_500));
      const first = replay.first(ctr);
      if (first) expect(passed.has(ctr)).toBe(false);
      else expect(passed.has(ctr) || ctr <= top - 1_024).toBe(true);
      if (first) passed.add(ctr);
      top = Math.max(top, ctr);
    }
  }
});

test("an old epoch's key lives ten seconds, and a coming one is waited for", async () => {
  let now = 0;
  const keyring = new Keyring(() => now);
  const kid = (epoch: number) => kidOf({ source: "camera", generation: 1, leaf: 0, epoch });
  expect(keyring.find(kid(3))).toBe("ahead");
  await keyring.install(3, new Uint8Array(16));
  await keyring.install(4, new Uint8Array(16).fill(1));
  expect(keyring.find(kid(3))).toBeTypeOf("object");
  expect(keyring.find(kid(5))).toBe("ahead");
  expect(keyring.find(kid(2))).toBe("before"); // we came with epoch 3
  expect(keyring.find(kid(251))).toBe("before");
  expect(keyring.find(kid(250))).toBe("gone");
  expect(keyring.find(kid(30))).toBe("gone");
  now = 3_000; // somebody who seals with the keys of before for so long has missed something
  expect(keyring.find(kid(2))).toBe("gone");
  now = 9_999;
  expect(keyring.find(kid(3))).toBeTypeOf("object");
  now = 10_000;
  expect(keyring.find(kid(3))).toBe("gone");
  expect(keyring.find(kid(4))).toBeTypeOf("object");
  await keyring.install(260, new Uint8Array(16).fill(2)); // 4 modulo 256, but no counter of it starts again
  expect(keyring.derive(4, kid(4))).toBeUndefined();
  keyring.forget();
  expect(keyring.derive(260, kid(260))).toBeUndefined();
});
