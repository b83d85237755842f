import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { flowing } from "../src/callstate.ts";
import { Hearing } from "../src/hearing.ts";
import type { Peer } from "../src/peer.ts";
import type { CallState, Participant } from "../src/wire.gen.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const packetMs = 20;

/** Line is what comes in of one who speaks: as much each 20 ms as its fields say. */
class Line {
  readonly told: string[][] = [];
  readonly hearing: Hearing;
  packets = 1;
  share = 0; // of the packets that are lost
  energy = 0.1;
  speaks = true;
  wanted = true;
  connected = true;
  #counters: Record<string, unknown> = { id: "IT1", type: "inbound-rtp", packetsReceived: 0, packetsLost: 0 };
  #owed = 0;
  #began = false;

  constructor(direct: boolean) {
    this.hearing = new Hearing({
      microphones: () => (this.wanted ? ["p2"] : []),
      speaking: () => this.speaks,
      unheard: (participants) => this.told.push([...participants]),
    });
    this.hearing.follow(this.peer(direct));
    Object.assign(this.#counters, { totalSamplesReceived: 0, totalAudioEnergy: 0 });
  }

  peer(direct: boolean): Peer {
    const line = this;
    const getStats = async () => new Map(line.#began ? [["IT1", { ...line.#counters }]] : []);
    return {
      direct,
      get connection() {
        return { connectionState: line.connected ? "connected" : "disconnected" };
      },
      receiver: () => ({ getStats }),
    } as unknown as Peer;
  }

  /** restart has the counters begin anew, as after a change of SSRC. */
  restart(): void {
    this.#counters = {
      ...this.#counters,
      id: "IT2",
      packetsReceived: 0,
      packetsLost: 0,
      totalAudioEnergy: 0,
    };
  }

  async passes(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= packetMs) {
      if (this.packets > 0) this.#bring();
      await vi.advanceTimersByTimeAsync(packetMs);
    }
  }

  #bring(): void {
    const counters = this.#counters as Record<string, number>;
    const add = (field: string, n: number) => {
      counters[field] = (counters[field] ?? 0) + n;
    };
    this.#began = true;
    this.#owed += this.share;
    const lost = this.#owed >= 1;
    if (lost) this.#owed -= 1;
    add(lost ? "packetsLost" : "packetsReceived", 1);
    add("totalSamplesReceived", 960);
    if (!lost) add("totalAudioEnergy", this.energy);
  }

  /** afterMs is how long it takes from now until something is told, in steps of a packet; it fails after limitMs. */
  async afterMs(limitMs: number): Promise<number> {
    const before = this.told.length;
    for (let ms = packetMs; ms <= limitMs; ms += packetMs) {
      await this.passes(packetMs);
      if (this.told.length > before) return ms;
    }
    throw new Error(`nothing is told within ${limitMs} ms`);
  }
}

/** moments are parts of the time between two looks, at which a fault begins. */
const moments = [0, 100, 300, 500, 700, 740];

const faults: readonly [string, (line: Line) => void][] = [
  ["no packet comes", (line) => Object.assign(line, { packets: 0 })],
  ["two packets of three are lost", (line) => Object.assign(line, { share: 0.67 })],
  ["nine packets of ten are lost", (line) => Object.assign(line, { share: 0.9 })],
];

test.each(faults.flatMap(([what, happens]) => [true, false].map((direct) => ({ what, happens, direct }))))(
  "$what: told within 3 s, and taken back when it is over, direct: $direct",
  async ({ happens, direct }) => {
    for (const moment of moments) {
      const line = new Line(direct);
      await line.passes(6_000 + moment);
      expect(line.told).toEqual([]);
      happens(line);
      expect(await line.afterMs(3_000)).toBeGreaterThan(packetMs);
      Object.assign(line, { packets: 1, share: 0 });
      await line.afterMs(3_000);
      expect(line.told).toEqual([["p2"], []]);
      await line.passes(3_000);
      line.hearing.close();
      expect(line.told).toHaveLength(2);
    }
  },
);

test("in a direct call silence from the beginning is told within 3 s, and pauses of silence after sound are not", async () => {
  const dead = new Line(true);
  dead.energy = 0;
  expect(await dead.afterMs(3_000)).toBeGreaterThan(1_000);
  dead.energy = 1e-9;
  await dead.afterMs(1_000);
  expect(dead.told).toEqual([["p2"], []]);
  const gated = new Line(true);
  await gated.passes(2_000);
  gated.energy = 0;
  await gated.passes(28_000);
  expect(gated.told).toEqual([]);
  await gated.afterMs(3_000); // that is no noise gate any more
  const mute = new Line(true); // a browser that does not say how loud it is
  mute.energy = Number.NaN;
  await mute.passes(40_000);
  expect(mute.told).toEqual([]);
});

test("who never sends a packet in a direct call is told, a device that is opened slowly is not", async () => {
  const slow = new Line(true);
  slow.packets = 0;
  await slow.passes(2_000);
  slow.packets = 1;
  await slow.passes(6_000);
  expect(slow.told).toEqual([]);
  const none = new Line(true);
  none.packets = 0;
  await none.afterMs(3_000);
  none.packets = 1;
  await none.afterMs(1_000);
  expect(none.told).toEqual([["p2"], []]);
});

test("packets that come rarely, or a few that are lost, or in bursts, are nobody's fault", async () => {
  for (const direct of [true, false]) {
    const line = new Line(direct);
    await line.passes(3_000);
    line.share = 0.4;
    await line.passes(6_000);
    line.share = 0;
    for (let i = 0; i < 20; i++) {
      line.packets = i % 2; // discontinuous transmission: a packet each 400 ms at least (RFC 7587, section 3.1.3)
      await line.passes(i % 2 === 0 ? 380 : packetMs);
    }
    line.packets = 1;
    await line.passes(3_000);
    line.packets = 0;
    await line.passes(700);
    line.packets = 1;
    line.restart();
    await line.passes(6_000);
    expect(line.told).toEqual([]);
  }
});

test("who mutes himself, or goes, or is on hold is no longer unheard", async () => {
  const line = new Line(true);
  await line.passes(3_000);
  line.packets = 0;
  await line.afterMs(3_000);
  line.wanted = false;
  await line.afterMs(1_000);
  await line.passes(10_000);
  line.wanted = true;
  await line.passes(2_000); // the microphone is being opened
  expect(line.told).toEqual([["p2"], []]);
  await line.afterMs(1_000);
});

test("through the server, that nothing comes of who does not speak says nothing; what was lost of who spoke stays so", async () => {
  const line = new Line(false);
  line.speaks = false;
  line.packets = 0;
  await line.passes(20_000);
  expect(line.told).toEqual([]);
  Object.assign(line, { packets: 1, speaks: true });
  await line.passes(3_000);
  line.packets = 0;
  await line.afterMs(3_000);
  line.speaks = false;
  await line.passes(10_000);
  expect(line.told).toEqual([["p2"]]);
  line.packets = 1;
  await line.afterMs(1_000);
});

test("a connection that does not work is told as that, and with another one all begins anew", async () => {
  const line = new Line(true);
  await line.passes(3_000);
  line.connected = false;
  line.packets = 0;
  await line.passes(10_000);
  expect(line.told).toEqual([]);
  line.connected = true;
  await line.afterMs(3_000);
  line.hearing.follow(line.peer(true));
  expect(line.told).toEqual([["p2"], []]);
  await line.afterMs(3_000);
  line.hearing.close();
  await line.passes(10_000);
  expect(line.told).toEqual([["p2"], [], ["p2"], []]);
});

function member(participant: string, more: Partial<Participant> = {}): Participant {
  const media = { microphone: true, camera: false, screen: false };
  return { participant, name: participant, presence: "joined", media, ...more };
}

test("hold is not taken for not heard: nothing should come of who is on hold, and nothing at all while we are", () => {
  const of = (...participants: Participant[]) =>
    flowing({ self: "p1", participants } as unknown as CallState).map(
      ({ participant, source }) => `${participant} ${source}`,
    );
  const seen = { microphone: true, camera: true, screen: true };
  expect(of(member("p1"), member("p2", { media: seen }), member("p3", { presence: "reconnecting" }))).toEqual(
    ["p2 microphone", "p2 camera", "p2 screen", "p3 microphone"],
  );
  expect(of(member("p1"), member("p2", { onHold: true }), member("p3"))).toEqual(["p3 microphone"]);
  expect(of(member("p1", { onHold: true }), member("p2"), member("p3"))).toEqual([]);
  expect(of(member("p1"), member("p2", { presence: "ringing" }))).toEqual([]);
  expect(of(member("p1"), member("p2", { media: { ...seen, microphone: false, camera: false } }))).toEqual([
    "p2 screen",
  ]);
});
