import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { concat } from "../../src/e2ee/bytes.ts";
import { type Codec, codecOf, envelope, strip } from "../../src/e2ee/envelope.ts";
import { Hold, holdMs } from "../../src/e2ee/hold.ts";
import { Keyring } from "../../src/e2ee/keyring.ts";
import { readKID } from "../../src/e2ee/kid.ts";
import { Opener } from "../../src/e2ee/opener.ts";
import { Generations, maxFrames, Sealer, type Sender } from "../../src/e2ee/sealer.ts";
import { decodeHeader } from "../../src/e2ee/sframe.ts";

const codecs: readonly Codec[] = ["opus", "red", "vp8", "vp9", "av1", "h264"];
const sources = ["microphone", "camera", "screen", "screenAudio"] as const;

/** random is a generator that gives the same numbers each time: below n. */
function random(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

/** frameOf is a frame as an encoder of the codec might make it. */
function frameOf(codec: Codec, below: (n: number) => number): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(below(90)).map(() => (below(3) === 0 ? 0 : below(256)));
  if (codec !== "h264") return body;
  const start = below(2) === 0 ? [0, 0, 1] : [0, 0, 0, 1];
  const parameters = below(2) === 0 ? [] : [...start, 0x67, 0x42, 0xe0, 0x1f, ...start, 0x68, 0xce];
  return concat(Uint8Array.of(...parameters, ...start, below(2) === 0 ? 0x65 : 0x41, 0x88, 0x84), body);
}

test("of 100,000 sealed frames of 50 epochs, any codec, out of order, doubled, lost or changed, what opens is right and opens once", async () => {
  const below = random(9_605);
  const sending = new Keyring(() => 0);
  const receiving = new Keyring(() => 0);
  let sender: Sender = { epoch: -1, leaf: 3 };
  const generations = new Generations();
  const sealers = sources.map((source) => new Sealer(source, sending, generations, () => sender));
  const opener = new Opener(receiving, () => "open");
  const nonces = new Set<string>();
  let opened = 0;
  let dropped = 0;
  let wrong = 0;
  let twice = 0;
  for (let epoch = 0; epoch < 50; epoch++) {
    const base = new Uint8Array(16).map(() => below(256));
    await sending.install(epoch, base.slice());
    await receiving.install(epoch, base);
    sender = { epoch, leaf: 3 };
    const frames = await Promise.all(
      Array.from({ length: 2_000 }, async (_, i) => {
        const codec = codecs[below(codecs.length)] ?? "opus";
        const plain = frameOf(codec, below);
        const sealed = await sealers[i % 4]?.seal(codec, below(10) === 0, plain.slice());
        if (sealed === undefined) throw new Error(`a frame of ${codec} was not sealed`);
        return { codec, plain, sealed, changed: below(20) === 0, id: i };
      }),
    );
    for (const { codec, sealed } of frames) {
      const header = decodeHeader(strip(codec, sealed)?.sealed ?? new Uint8Array(0));
      nonces.add(`${epoch} ${header?.kid} ${header?.ctr}`);
    }
    const arriving = frames.flatMap((frame) =>
      below(10) === 0 ? [] : below(10) === 0 ? [frame, frame] : [frame],
    );
    for (let i = 0; i + 64 < arriving.length; i++) {
      const j = i + below(64);
      const [a, b] = [arriving[i], arriving[j]];
      if (a !== undefined && b !== undefined) [arriving[i], arriving[j]] = [b, a];
    }
    const done = new Set<number>();
    await Promise.all(
      arriving.map(async ({ codec, plain, sealed, changed, id }) => {
        const data = sealed.slice();
        if (changed) {
          const at = below(data.length);
          data[at] = (data[at] ?? 0) ^ (1 << below(8));
        }
        const result = await opener.open(codec, data);
        if (typeof result === "string" || "fault" in result) {
          dropped++;
          return;
        }
        if (Buffer.compare(result.frame, plain) !== 0) wrong++;
        if (done.has(id)) twice++;
        done.add(id);
        opened++;
      }),
    );
  }
  expect(nonces.size).toBe(100_000); // no two frames had the same
  expect({ wrong, twice }).toEqual({ wrong: 0, twice: 0 });
  expect(opened).toBeGreaterThan(80_000);
  expect(dropped).toBeGreaterThan(5_000);
}, 180_000);

test("without a key no frame is sealed, whatever the codec", async () => {
  const keyring = new Keyring(() => 0);
  let sender: Sender | undefined;
  const sealer = new Sealer("microphone", keyring, new Generations(), () => sender);
  expect(await sealer.seal("opus", false, new Uint8Array(9))).toBeUndefined();
  sender = { epoch: 1, leaf: 0 }; // of which the keyring has no key
  expect(await sealer.seal("opus", false, new Uint8Array(9))).toBeUndefined();
  await keyring.install(1, new Uint8Array(16));
  expect(await sealer.seal("opus", false, new Uint8Array(9))).toBeInstanceOf(Uint8Array);
  sender = { epoch: 1, leaf: 256 }; // more than a KID can name
  expect(await sealer.seal("opus", false, new Uint8Array(9))).toBeUndefined();
});

test("two streams of one source never share a key, and a stream does not start again in an epoch", async () => {
  const keyring = new Keyring(() => 0);
  const generations = new Generations();
  let sender: Sender = { epoch: 1, leaf: 2 };
  await keyring.install(1, new Uint8Array(16));
  await keyring.install(2, new Uint8Array(16).fill(7));
  const make = () => new Sealer("camera", keyring, generations, () => sender);
  const [direct, sfu] = [make(), make()];
  const seen = new Set<string>();
  for (const epoch of [1, 1, 2, 2, 1, 2]) {
    sender = { epoch, leaf: 2 };
    for (const sealer of [direct, sfu]) {
      const sealed = await sealer.seal("vp9", false, new Uint8Array(4));
      const header = decodeHeader(sealed ?? new Uint8Array(0));
      seen.add(`${epoch} ${header?.kid} ${header?.ctr}`);
      expect(readKID(header?.kid ?? 0)).toMatchObject({ source: "camera", leaf: 2, epoch });
    }
  }
  expect(seen.size).toBe(12);
});

test("after 2^24 frames a stream has another key, and its frames are opened all the same", async () => {
  expect(maxFrames).toBe(2 ** 24);
  const keyring = new Keyring(() => 0);
  await keyring.install(1, new Uint8Array(16));
  const most = 3; // for this stream, so that nobody has to wait for millions
  const sealer = new Sealer("camera", keyring, new Generations(), () => ({ epoch: 1, leaf: 2 }), most);
  const opener = new Opener(keyring, () => "open");
  const seen: string[] = [];
  for (let i = 0; i < 7; i++) {
    const sealed = (await sealer.seal("vp9", false, Uint8Array.of(i))) ?? new Uint8Array(0);
    const { kid, ctr } = decodeHeader(sealed) ?? { kid: 0, ctr: 0 };
    seen.push(`${readKID(kid)?.generation} ${ctr}`);
    expect(await opener.open("vp9", sealed)).toMatchObject({ frame: Uint8Array.of(i) });
  }
  expect(seen).toEqual(["0 0", "0 1", "0 2", "1 0", "1 1", "1 2", "2 0"]);
});

describe("envelopes", () => {
  test("tell a packetizer key from delta, and no more", () => {
    const frame = Uint8Array.of(9, 9, 9);
    expect([...(envelope("vp8", true, frame)?.clear ?? [])]).toEqual([16, 0, 0, 157, 1, 42, 128, 2, 224, 1]);
    expect([...(envelope("vp8", false, frame)?.clear ?? [])]).toEqual([0x11]);
    expect([...(envelope("av1", true, frame)?.clear ?? [])]).toEqual([0x08]);
    expect([...(envelope("av1", false, frame)?.clear ?? [])]).toEqual([0x30]);
    for (const codec of ["opus", "red", "vp9"] as const)
      expect(envelope(codec, true, frame)?.clear).toHaveLength(0);
  });

  test("survive an OBU size that a depacketizer added", () => {
    const wrapped = envelope("av1", true, Uint8Array.of(1))?.wrap(Uint8Array.of(0x99, 5, 6));
    const sized = Uint8Array.of(0x0a, 0x03, ...(wrapped?.subarray(1) ?? []));
    expect([...(strip("av1", sized)?.sealed ?? [])]).toEqual([0x99, 5, 6]);
    expect([...(strip("av1", sized)?.metadata ?? [])]).toEqual([0x08]);
  });

  test("survive start codes that were rewritten, and hold no others", () => {
    const slice = [0x65, 0x88, 0x84];
    const frame = Uint8Array.of(0, 0, 0, 1, 0x67, 0x42, 0, 0, 1, ...slice, 7);
    const wrapping = envelope("h264", true, frame);
    const sealed = new Uint8Array(64); // zeros alone are the worst that can be sealed
    sealed[0] = 0x99;
    const sent = wrapping?.wrap(sealed) ?? new Uint8Array(0);
    const tail = sent.subarray(frame.length - 1);
    for (let i = 0; i + 2 < tail.length; i++)
      expect([tail[i], tail[i + 1], (tail[i + 2] ?? 9) <= 2]).not.toEqual([0, 0, true]);
    const rewritten = concat(Uint8Array.of(0, 0, 1), sent.subarray(4, 6), Uint8Array.of(0), sent.subarray(6));
    const stripped = strip("h264", rewritten);
    expect([...(stripped?.sealed ?? [])]).toEqual([...sealed]);
    expect([...(stripped?.metadata ?? [])]).toEqual([...(wrapping?.metadata ?? [])]);
  });

  test("of random bytes are refused or taken apart, never thrown at", async () => {
    const below = random(7);
    const keyring = new Keyring(() => 0);
    await keyring.install(0, new Uint8Array(16));
    const opener = new Opener(keyring, () => "open");
    for (let i = 0; i < 4_000; i++) {
      const codec = codecs[below(codecs.length)] ?? "opus";
      const noise = new Uint8Array(below(40)).map(() => (below(3) === 0 ? below(2) : below(256)));
      const result = await opener.open(codec, noise);
      if (typeof result === "object") expect(result).toHaveProperty("fault");
    }
  });

  test("are known by MIME type, and an unknown one is never sealed", () => {
    expect(codecOf("video/VP8")).toBe("vp8");
    expect(codecOf("audio/red")).toBe("red");
    expect(codecOf("video/H265")).toBeUndefined();
    expect(codecOf(undefined)).toBeUndefined();
  });
});

describe("frames whose key is late", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function held() {
    let open = false;
    const done: number[] = [];
    const dropped: number[] = [];
    const hold = new Hold<number>(
      async (frame) => {
        if (!open) return "wait";
        done.push(frame);
        return "done";
      },
      (frame) => dropped.push(frame),
      () => performance.now(),
    );
    return {
      hold,
      done,
      dropped,
      key: () => {
        open = true;
        return hold.wake();
      },
    };
  }

  test("come out in order when it is there", async () => {
    const { hold, done, dropped, key } = held();
    for (let i = 0; i < 10; i++) hold.push(i);
    await vi.advanceTimersByTimeAsync(holdMs - 1);
    await key();
    expect(done).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(dropped).toEqual([]);
  });

  test("are dropped after a second each, not one second after the other", async () => {
    const { hold, dropped } = held();
    for (let i = 0; i < 5; i++) {
      hold.push(i);
      await vi.advanceTimersByTimeAsync(10);
    }
    await vi.advanceTimersByTimeAsync(holdMs);
    expect(dropped).toEqual([0, 1, 2, 3, 4]);
  });

  test("are never more than 64", async () => {
    const { hold, done, dropped, key } = held();
    for (let i = 0; i < 100; i++) hold.push(i);
    await vi.advanceTimersByTimeAsync(1);
    expect(dropped).toHaveLength(36);
    await key();
    expect(done).toHaveLength(64);
  });

  test("are let go when the stream ends", async () => {
    const { hold, done, dropped, key } = held();
    hold.push(1);
    hold.close();
    await key();
    expect([done, dropped]).toEqual([[], []]);
  });
});
