import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { deviceID } from "../src/device.ts";
import { Emitter } from "../src/emitter.ts";
import { socketURL } from "../src/page.ts";
import { ProntoError } from "../src/problem.ts";
import { Recovery } from "../src/recovery.ts";
import { View } from "../src/view.ts";
import type { ViewItem } from "../src/wire.gen.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("an emitter", () => {
  test("tells all listeners, also when one throws, and on returns its own undo", () => {
    const reported = vi.fn();
    vi.stubGlobal("reportError", reported);
    const emitter = new Emitter<{ word: string }>();
    const heard: string[] = [];
    emitter.on("word", () => {
      throw new Error("a fault of the page");
    });
    const listener = (word: string) => heard.push(word);
    const undo = emitter.on("word", listener);
    emitter.on("word", listener);
    emitter.emit("word", "one");
    undo();
    undo();
    emitter.emit("word", "two");
    expect(heard).toEqual(["one", "one", "two"]);
    expect(reported).toHaveBeenCalledTimes(2);
  });
});

describe("a device's id", () => {
  test("is made once and kept, if it can be kept, and fits the protocol", () => {
    const kept = new Map<string, string>();
    const store = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    };
    const id = deviceID(store);
    expect(id).toMatch(/^[A-Za-z0-9_-]{16}$/);
    expect(deviceID(store)).toBe(id);
    kept.set("pronto.device", "not an id!");
    expect(deviceID(store)).not.toBe("not an id!");
  });

  test("is had without storage too", () => {
    const forbid = () => {
      throw new Error("forbidden");
    };
    expect(deviceID({ getItem: forbid, setItem: forbid })).toMatch(/^[A-Za-z0-9_-]{16}$/);
    expect(deviceID(undefined)).not.toBe(deviceID(undefined));
  });
});

describe("a view", () => {
  const item = (height: number): ViewItem => ({ participant: "p2", source: "camera", height });

  test("is sent once for the changes of a moment, and not when it is the same", () => {
    const sent = vi.fn();
    const view = new View(sent);
    view.show([item(100)]);
    view.show([item(200)]);
    vi.advanceTimersByTime(1_000);
    view.show([item(200)]);
    vi.advanceTimersByTime(1_000);
    expect(sent.mock.calls).toEqual([[[item(200)]]]);
    view.show([]);
    vi.advanceTimersByTime(1_000);
    expect(sent).toHaveBeenLastCalledWith([]);
  });

  test("is sent again on a new way, if the page has said one", () => {
    const sent = vi.fn();
    const view = new View(sent);
    view.again();
    vi.advanceTimersByTime(1_000);
    expect(sent).not.toHaveBeenCalled();
    view.show([item(200)]);
    vi.advanceTimersByTime(1_000);
    view.again();
    vi.advanceTimersByTime(1_000);
    expect(sent).toHaveBeenCalledTimes(2);
  });

  test("keeps to the protocol's limits", () => {
    const sent = vi.fn();
    const view = new View(sent);
    view.show([item(0), item(0.4), item(9_000.5), ...Array.from({ length: 60 }, (_, i) => item(i + 1))]);
    vi.advanceTimersByTime(1_000);
    const [items] = sent.mock.calls[0] ?? [];
    expect(items).toHaveLength(49);
    expect(items[0].height).toBe(4_320);
  });
});

describe("recovery", () => {
  let online = true;
  const restart = vi.fn();
  const failed = vi.fn();

  function make(): Recovery {
    online = true;
    restart.mockClear();
    failed.mockClear();
    return new Recovery({ online: () => online, restart, failed });
  }

  test("leaves a connection that works alone", () => {
    const recovery = make();
    recovery.heard("connected");
    vi.advanceTimersByTime(60_000);
    expect([restart.mock.calls.length, failed.mock.calls.length]).toEqual([0, 0]);
  });

  test("restarts a silent connection after 2 s, a failed one at once, and gives up after 20 s, once", () => {
    const recovery = make();
    recovery.heard("connected");
    recovery.heard("disconnected");
    vi.advanceTimersByTime(1_999);
    expect(restart).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(restart).toHaveBeenCalledTimes(1);
    recovery.heard("failed");
    expect(restart).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(18_000);
    recovery.heard("failed");
    vi.advanceTimersByTime(60_000);
    expect(failed).toHaveBeenCalledTimes(1);
  });

  test("does not count the time without the server, and a nudge restarts at once", () => {
    const recovery = make();
    recovery.heard("connected");
    online = false;
    recovery.heard("failed");
    vi.advanceTimersByTime(60_000);
    expect([restart.mock.calls.length, failed.mock.calls.length]).toEqual([0, 0]);
    online = true;
    recovery.nudge();
    expect(restart).toHaveBeenCalledTimes(1);
    recovery.heard("connected");
    recovery.nudge();
    expect(restart).toHaveBeenCalledTimes(1);
  });

  test.each([
    ["that looks for a way", true, "connecting", 1],
    ["whose other end has not said anything", false, "connecting", 0],
    ["that has worked before", true, "connected", 0],
  ] as const)("a first connection %s is slow after 3 s, once", (_, searching, state, times) => {
    const slow = vi.fn();
    failed.mockClear();
    const recovery = new Recovery({
      online: () => true,
      restart,
      failed,
      searching: () => searching,
      slow,
    });
    recovery.heard(state);
    if (state === "connected") recovery.heard("failed");
    vi.advanceTimersByTime(2_999);
    expect(slow).not.toHaveBeenCalled();
    vi.advanceTimersByTime(60_000);
    expect(slow).toHaveBeenCalledTimes(times);
    expect(failed).toHaveBeenCalledTimes(1); // it is tried on all the same
  });

  test("gives up a connection that never came about", () => {
    make();
    vi.advanceTimersByTime(20_000);
    expect(restart).toHaveBeenCalled();
    expect(failed).toHaveBeenCalledTimes(1);
  });
});

test.each([
  ["NotAllowedError", "permissionDenied"],
  ["NotFoundError", "noDevice"],
  ["OverconstrainedError", "noDevice"],
  ["NotReadableError", "deviceBusy"],
  ["AbortError", "deviceBusy"],
])("%s of a device is %s", (name, code) => {
  expect(ProntoError.fromDevice(new DOMException("no", name)).code).toBe(code);
});

test.each([
  ["https://calls.example.com", "wss://calls.example.com/v1/ws"],
  ["https://calls.example.com/", "wss://calls.example.com/v1/ws"],
  ["http://localhost:8080", "ws://localhost:8080/v1/ws"],
  ["wss://calls.example.com", "wss://calls.example.com/v1/ws"],
  ["wss://calls.example.com/v1/ws", "wss://calls.example.com/v1/ws"],
  ["https://example.com/calls/v1/ws", "wss://example.com/calls/v1/ws"],
])("the WebSocket of %s is %s", (address, socket) => {
  expect(socketURL(address)).toBe(socket);
});

test("what is no address of a server is refused at once", () => {
  expect(() => socketURL("calls")).toThrow(expect.objectContaining({ code: "invalid" }));
});
