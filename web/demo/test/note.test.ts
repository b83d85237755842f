import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type CallLogEntry, type Devices, type Note, ProntoError } from "../../sdk/src/index.ts";
import { fileName, safeType } from "../src/notefile.ts";
import { leavingText, openingText } from "../src/notetexts.ts";
import { HeardNotes } from "../src/state/heardnotes.ts";
import { NoteRecorder } from "../src/state/noterecorder.ts";
import { mostBytes, mostMs } from "../src/state/noterun.ts";
import type { Phone } from "../src/state/phone.ts";
import { UnsentNote } from "../src/state/unsentnote.ts";
import { mended } from "../src/webm.ts";

/** FakeRecorder is a MediaRecorder whose browser writes when it is told to. */
class FakeRecorder {
  static made: FakeRecorder[] = [];
  static isTypeSupported = (type: string): boolean => type.includes("webm");
  state: RecordingState = "inactive";
  readonly mimeType: string;
  ondataavailable: ((event: { data: Blob }) => void) | null = null;
  onstop: (() => unknown) | null = null;
  constructor(_: MediaStream, { mimeType }: { mimeType: string }) {
    this.mimeType = mimeType;
    FakeRecorder.made.push(this);
  }
  start(): void {
    this.state = "recording";
  }
  stop(): void {
    this.state = "inactive";
  }
  writes(bytes: number): void {
    this.ondataavailable?.({ data: new Blob([new Uint8Array(bytes)]) });
  }
  /** stopped is what a browser does after stop: the rest, then the event. */
  async stopped(bytes = 100): Promise<void> {
    this.writes(bytes);
    await this.onstop?.();
  }
}

/** FakeDevices are devices that open when they are told to. */
class FakeDevices {
  tracks: { microphone?: object; camera?: object } = {};
  closed = false;
  opens = (): void => undefined;
  readonly #heard = new Map<string, (what?: object) => void>();
  on(event: string, hear: (what?: object) => void): void {
    this.#heard.set(event, hear);
  }
  start(): Promise<void> {
    return new Promise((resolve) => {
      this.opens = resolve;
    });
  }
  close(): void {
    this.closed = true;
  }
  refuses(code: string): void {
    this.#heard.get("problem")?.({ code });
  }
  changes(): void {
    this.#heard.get("change")?.();
  }
}

let devices: FakeDevices;

/** recorder is one with the devices above. */
function recorder(): NoteRecorder {
  return new NoteRecorder(() => {
    devices = new FakeDevices();
    return devices as unknown as Devices;
  });
}

const tracks = () => ({
  microphone: {},
  camera: { applyConstraints: async () => undefined },
});

/** recording is a recorder that records. */
async function recording(kind: "voice" | "video" = "voice"): Promise<[NoteRecorder, FakeRecorder]> {
  const one = recorder();
  const begun = one.record(kind);
  const { microphone, camera } = tracks();
  devices.tracks = kind === "voice" ? { microphone } : { microphone, camera };
  devices.opens();
  await begun;
  expect(one.shot.value.stage).toBe("recording");
  return [one, FakeRecorder.made.at(-1) as FakeRecorder];
}

/** noteOf is what was recorded. */
function noteOf(one: NoteRecorder): Note | undefined {
  const shot = one.shot.value;
  return shot.stage === "recorded" ? shot.note : undefined;
}

beforeEach(() => {
  FakeRecorder.made = [];
  vi.stubGlobal("MediaRecorder", FakeRecorder);
  vi.stubGlobal("MediaStream", class {});
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a note", () => {
  test("is recorded until Stop, with the devices open only meanwhile", async () => {
    const one = recorder();
    const begun = one.record("voice");
    expect(one.shot.value.stage).toBe("opening");
    devices.tracks = { microphone: {} };
    devices.opens();
    await begun;
    const [browser] = FakeRecorder.made;
    vi.advanceTimersByTime(4_000);
    expect(one.elapsedMs.value).toBe(4_000);
    browser?.writes(1_000);
    expect(devices.closed).toBe(false);
    one.stop();
    expect(devices.closed).toBe(true);
    await browser?.stopped(200);
    expect(noteOf(one)).toMatchObject({ durationMs: 4_000 });
    expect(noteOf(one)?.recording).toMatchObject({ size: 1_200, type: "audio/webm;codecs=opus" });
    expect(one.shot.value).not.toHaveProperty("cut");
  });

  test("ends by itself after 30 s, and says so", async () => {
    const [one, browser] = await recording("video");
    vi.advanceTimersByTime(mostMs + 5_000);
    expect(browser.state).toBe("inactive");
    await browser.stopped();
    expect(one.shot.value).toMatchObject({ stage: "recorded", cut: "time", note: { durationMs: mostMs } });
    expect(noteOf(one)?.recording.type).toBe("video/webm;codecs=vp8,opus");
  });

  test("ends by itself before it is larger than may be sent", async () => {
    const [one, browser] = await recording("video");
    for (let i = 0; i < 200 && browser.state === "recording"; i++) browser.writes(20_000);
    expect(devices.closed).toBe(true);
    await browser.stopped(20_000);
    expect(one.shot.value).toMatchObject({ stage: "recorded", cut: "size" });
    expect(noteOf(one)?.recording.size).toBeGreaterThan(mostBytes * 0.9);
    expect(noteOf(one)?.recording.size).toBeLessThanOrEqual(mostBytes);
  });

  test("ends where a device goes away, and what was recorded is kept", async () => {
    const [one, browser] = await recording();
    vi.advanceTimersByTime(2_000);
    devices.tracks = { microphone: {} }; // another one
    devices.changes();
    await browser.stopped();
    expect(one.shot.value).toMatchObject({ stage: "recorded", cut: "device", note: { durationMs: 2_000 } });
    const [other, stopping] = await recording();
    stopping.state = "inactive"; // the browser's own doing
    await stopping.stopped();
    await vi.waitFor(() => expect(other.shot.value).toMatchObject({ stage: "recorded", cut: "device" }));
    expect(devices.closed).toBe(true);
  });

  test("is not recorded where the microphone is refused, or a video note's camera, and may be tried again", async () => {
    const one = recorder();
    const begun = one.record("voice");
    devices.refuses("permissionDenied");
    devices.opens();
    await begun;
    expect(one.shot.value).toEqual({ stage: "idle", problem: "permissionDenied" });
    const again = one.record("video");
    devices.tracks = { microphone: {} };
    devices.refuses("noDevice");
    devices.opens();
    await again;
    expect(one.shot.value).toEqual({ stage: "idle", problem: "noDevice" });
    expect(devices.closed).toBe(true);
    expect(FakeRecorder.made).toEqual([]);
  });

  test("of nothing is none, and one that the browser makes too large is none either", async () => {
    for (const bytes of [0, mostBytes + 1]) {
      const [one, browser] = await recording();
      one.stop();
      await browser.stopped(bytes);
      expect(one.shot.value).toEqual({ stage: "idle", problem: "emptyNote" });
    }
  });

  test("is gone when the page is left, whatever it was doing, and the devices with it", async () => {
    const asking = recorder();
    const begun = asking.record("voice");
    asking.close();
    devices.tracks = { microphone: {} };
    devices.opens(); // the person says yes too late
    await begun;
    expect(FakeRecorder.made).toEqual([]);
    expect(devices.closed).toBe(true);

    const [one, browser] = await recording();
    browser.writes(1_000);
    one.close();
    expect(devices.closed).toBe(true);
    expect(browser.state).toBe("inactive");
    await browser.stopped();
    expect(one.shot.value).toEqual({ stage: "idle" });

    const [heard, written] = await recording();
    heard.stop();
    await written.stopped();
    heard.close();
    expect(heard.shot.value).toEqual({ stage: "idle" });
    await heard.record("voice");
    expect(heard.shot.value).toEqual({ stage: "idle" });
  });

  test("that could not be sent is kept, to be sent again", async () => {
    const [one, browser] = await recording();
    one.stop();
    await browser.stopped();
    const note = noteOf(one);
    const lost = new ProntoError("offline", "no network");
    await one.send(() => Promise.reject(lost));
    expect(one.shot.value).toMatchObject({ stage: "recorded", note, failure: lost });
    const sent: Note[] = [];
    const sending = one.send(async (what) => void sent.push(what));
    expect(one.shot.value.stage).toBe("sending");
    await sending;
    expect(sent).toEqual([note]);
    expect(one.shot.value).toEqual({ stage: "sent" });
  });

  test("is discarded, also while it is recorded", async () => {
    const [one, browser] = await recording();
    one.discard();
    expect(browser.state).toBe("inactive");
    expect(devices.closed).toBe(true);
    expect(one.shot.value).toEqual({ stage: "idle" });
  });
});

describe("who leaves a note that he has not sent", () => {
  /** leaving is a note with what can take somebody away from it, and where he has gone. */
  function leaving(one: NoteRecorder) {
    const went: string[] = [];
    const unsent = new UnsentNote(() => void went.push("back"), one);
    const tab = new EventTarget();
    const closes = (): boolean => !tab.dispatchEvent(new Event("beforeunload", { cancelable: true }));
    return { unsent, went, tab, closes, home: () => unsent.leave(() => void went.push("home")) };
  }

  test("is asked while it is recorded and afterwards, and stays or goes", async () => {
    const [one, browser] = await recording();
    const { unsent, went, home } = leaving(one);
    home();
    expect([unsent.asking.value, went]).toEqual([true, []]);
    unsent.stay();
    expect([unsent.asking.value, one.shot.value.stage]).toEqual([false, "recording"]);
    one.stop();
    await browser.stopped();
    unsent.back();
    expect([unsent.asking.value, went]).toEqual([true, []]);
    unsent.discard();
    expect([unsent.asking.value, went, one.shot.value.stage]).toEqual([false, ["back"], "idle"]);
  });

  test("is not asked where nothing was recorded, or it is on its way or there", async () => {
    const one = recorder();
    const idle = leaving(one);
    idle.home();
    void one.record("voice"); // the browser is asking for the microphone
    idle.home();
    expect(idle.went).toEqual(["home", "home"]);
    const [other, browser] = await recording();
    const { went, home } = leaving(other);
    other.stop();
    await browser.stopped();
    let arrives = (): void => undefined;
    const sending = other.send(
      () =>
        new Promise((resolve) => {
          arrives = resolve;
        }),
    );
    home();
    arrives();
    await sending;
    home();
    expect(went).toEqual(["home", "home"]);
  });

  test("is asked by the browser when he closes the tab, also while it is sent; if he goes, the devices are let go", async () => {
    const [one, browser] = await recording();
    const { unsent, tab, closes } = leaving(one);
    expect(closes()).toBe(false);
    const undo = unsent.guard(tab);
    expect(closes()).toBe(true);
    one.stop();
    await browser.stopped();
    expect(closes()).toBe(true);
    const sending = one.send(async () => {
      expect(closes()).toBe(true);
      tab.dispatchEvent(new Event("pagehide"));
      expect(one.shot.value.stage).toBe("sending");
    });
    await sending;
    expect(closes()).toBe(false);
    undo();

    const [other, recorded] = await recording();
    const { unsent: second, tab: another, closes: asks } = leaving(other);
    const off = second.guard(another);
    another.dispatchEvent(new Event("pagehide"));
    expect([devices.closed, recorded.state, other.shot.value.stage]).toEqual([true, "inactive", "idle"]);
    off();
    expect(asks()).toBe(false);
  });
});

/** heads are what browsers begin a WebM recording with, up to the first tracks, and a piece of what follows. */
const heads = {
  Chromium:
    "1a45dfa39f4286810142f7810142f2810442f381084282847765626d42878104428581021853806701ffffffffffffff1549a966992ad7b1830f42404d80864368726f6d655741864368726f6d651654ae6bbfaebdd7810173c587722ef62a439b",
  Firefox:
    "1a45dfa3010000000000001f4286810142f7810142f2810442f381084282847765626d42878102428581021853806701ffffffffffffff114d9b7401000000000000001549a96601000000000000492ad7b1830f424044898800000000000000004d809851546d7578696e674170704c69625765624d2d302e302e31574199515477726974696e674170704c69625765624d2d302e302e311654ae6b0100000000000060ae0100",
};

test("a WebM recording is given its length, which browsers do not write", async () => {
  const hex = async (blob: Blob) => Buffer.from(await blob.arrayBuffer()).toString("hex");
  const cluster = Buffer.alloc(10_000, 7);
  const of = (head: string) => new Blob([Buffer.from(head, "hex"), cluster], { type: "audio/webm" });
  const seconds = "40af400000000000"; // 4000 ms as an IEEE 754 double

  const chromium = await hex(await mended(of(heads.Chromium), 4_000));
  const [before, after] = heads.Chromium.split("992ad7b1"); // the size of Info, 25 bytes
  const [rest, tracks] = `2ad7b1${after}`.split("1654ae6b");
  expect(chromium).toBe(
    `${before}0100000000000024${rest}448988${seconds}1654ae6b${tracks}${cluster.toString("hex")}`,
  );
  const firefox = await mended(of(heads.Firefox), 4_000);
  expect(await hex(firefox)).toBe(
    heads.Firefox.replace("4489880000000000000000", `448988${seconds}`) + cluster.toString("hex"),
  );
  expect(firefox.type).toBe("audio/webm");
  for (const other of ["", "00", "4f676753000200", "1a45dfa3", "1a45dfa39f42", heads.Chromium.slice(0, 120)])
    expect(await hex(await mended(new Blob([Buffer.from(other, "hex")]), 4_000))).toBe(other);
});

test("in a WebM recording each block of sound may be begun with, as Firefox does not say; pictures stay as they are", async () => {
  const head = "1a45dfa3801853806701ffffffffffffff1549a9668b4489880000000000000000";
  const tracks = "1654ae6b90ae86d78101838101ae86d78102838102"; // 1 is a picture, 2 a sound
  const cluster = (block: string) => `1f43b675${(0x80 + 3 + block.length / 2).toString(16)}e78100${block}`;
  const blocks = (sound: string) => [`a386820000${sound}aabb`, "a38681000000aabb", `a386820014${sound}aabb`];
  const of = (sound: string) => {
    const [first = "", ...more] = blocks(sound);
    return cluster(first) + cluster(more.join(""));
  };
  const made = await mended(new Blob([Buffer.from(head + tracks + of("00"), "hex")]), 0);
  const now = Buffer.from(await made.arrayBuffer()).toString("hex");
  expect(now).toBe(head + tracks + of("80"));
});

test("a note that was left is opened once; one that could not be opened is tried again", async () => {
  const entry = { call: "c" } as CallLogEntry;
  let asked = 0;
  const openNote = async () => {
    if (++asked === 1) throw new ProntoError("offline", "no network");
    return { recording: new Blob(["x"]), durationMs: 1, trust: "known" };
  };
  const notes = new HeardNotes({ pronto: { account: { openNote } } } as unknown as Phone);
  await notes.open(entry);
  expect(notes.of("c")).toMatchObject({ state: "failed", error: { code: "offline" } });
  await Promise.all([notes.open(entry), notes.open(entry)]);
  await notes.open(entry);
  expect(notes.of("c")).toMatchObject({ state: "open", note: { trust: "known" } });
  expect(asked).toBe(2);
  expect(notes.of("other")).toBeUndefined();
  expect(notes.shows(entry)).toBe(true); // it has gone from the server, and is here
});

test("a note that another device has opened is no longer shown, but to who was just about to open it", async () => {
  const entry = { call: "c", note: true } as CallLogEntry;
  const { note: _, ...gone } = entry;
  for (const [code, shown] of [
    ["otherDevice", false],
    ["notFound", true],
  ] as const) {
    const openNote = async () => {
      throw new ProntoError(code, "");
    };
    const notes = new HeardNotes({ pronto: { account: { openNote } } } as unknown as Phone);
    expect([notes.shows(entry), notes.shows(gone)]).toEqual([true, false]);
    await notes.open(entry);
    expect([notes.shows(entry), notes.shows(gone)]).toEqual([true, shown]);
  }
});

test("what goes wrong with a note is said with the next step", () => {
  const of = (code: ProntoError["code"]) => new ProntoError(code, "");
  expect(leavingText(of("notFound"), "Bia")).toMatch(/within ten minutes/);
  expect(leavingText(of("noNotes"), "Bia")).toMatch(/Bia takes no notes/);
  expect(leavingText(of("notesFull"), "Bia")).toMatch(/Try again when Bia/);
  expect(leavingText(of("identityChanged"), "Bia")).toMatch(/Compare the safety number/);
  expect(leavingText(of("offline"), "Bia")).toMatch(/offline/);
  expect(openingText(of("notFound"), "Ana")).toMatch(/another of your devices/);
  expect(openingText(of("otherDevice"), "Ana")).toMatch(/on a device that you used/);
  expect(openingText(of("identityChanged"), "Ana")).toMatch(/Compare the safety number/);
  expect(openingText(of("tampered"), "Ana")).toMatch(/Ask Ana to call again/);
  expect(openingText(new TypeError("x"), "Ana")).toMatch(/Something failed/);
});

test("a recording is saved under who left it and when; a type that is none of a recording is not taken over", () => {
  const at = new Date(2026, 10, 5, 9, 7).getTime();
  expect(fileName("audio/webm;codecs=opus", "Ana", at)).toBe("Ana-2026-11-05-0907.webm");
  expect(fileName("audio/mp4", "../Ana/ B:", at)).toBe("Ana-B-2026-11-05-0907.m4a");
  expect(fileName("text/html", "", at)).toBe("2026-11-05-0907.bin");
  expect(safeType("Video/WebM;codecs=vp8,opus")).toBe("Video/WebM;codecs=vp8,opus");
  expect(safeType("text/html")).toBe("application/octet-stream");
  expect(safeType("audio/webm, text/html")).toBe("application/octet-stream");
  expect(safeType("constructor")).toBe("application/octet-stream");
});
