import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Emitter } from "../src/emitter.ts";
import { connect, Pronto } from "../src/index.ts";
import { FakeServer, settle } from "./fakeserver.ts";

let server: FakeServer;
let pronto: Pronto;

const state = {
  call: "cal1",
  epoch: 1,
  seq: 1,
  kind: "voice",
  phase: "ringing",
  topology: "direct",
  generation: 1,
  self: "p1",
  support: "7K3M-Q2ZD",
  ringTimeoutMs: 45_000,
  encrypted: false,
  participants: [],
  ice: { servers: [] },
};

function options() {
  return { url: "wss://calls.example/v1/ws", device: "dev1", makeSocket: server.makeSocket };
}

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  pronto = new Pronto({ token: "t", ...options() });
});
afterEach(() => {
  pronto.close();
  vi.useRealTimers();
});

async function online(): Promise<void> {
  const me = pronto.connect();
  await server.greet();
  await me;
}

describe("an aborted signal", () => {
  test("removes a listener, and one that is aborted already adds none", () => {
    const emitter = new Emitter<{ word: string }>();
    const end = new AbortController();
    const heard: string[] = [];
    emitter.on("word", (word) => heard.push(word), { signal: end.signal });
    emitter.emit("word", "one");
    end.abort();
    emitter.emit("word", "two");
    emitter.on("word", (word) => heard.push(word), { signal: end.signal });
    emitter.emit("word", "three");
    expect(heard).toEqual(["one"]);
  });

  test("rejects a request with its reason, and what was not sent is never sent", async () => {
    await online();
    server.last.drop();
    const end = new AbortController();
    const asked = pronto.people({ signal: end.signal });
    end.abort(new Error("enough"));
    await expect(asked).rejects.toThrow("enough");
    await vi.advanceTimersByTimeAsync(200);
    await server.greet({ resumed: true });
    expect(server.last.of("getPeople")).toEqual([]);
  });

  test("refuses what has not begun", async () => {
    await online();
    await expect(pronto.people({ signal: AbortSignal.abort(new Error("no")) })).rejects.toThrow("no");
    await expect(
      pronto.ring(["bia"], { kind: "voice", signal: AbortSignal.abort(new Error("no")) }),
    ).rejects.toThrow("no");
    expect(server.last.of("ring")).toEqual([]);
  });

  test("gives up a ring, and the call that comes of it is left", async () => {
    await online();
    const end = new AbortController();
    const rung = pronto.ring(["bia"], { kind: "voice", signal: end.signal });
    end.abort(new Error("changed my mind"));
    await expect(rung).rejects.toThrow("changed my mind");
    server.reply(server.last.of("ring")[0]?.id ?? "", "callState", state);
    await settle();
    expect(server.last.of("leave").map((frame) => frame.body)).toEqual([{ call: "cal1" }]);
    expect(pronto.calls).toEqual([]);
  });

  test("closes the client that it was connected with, before and after the welcome", async () => {
    const early = new AbortController();
    const first = connect("t", { ...options(), signal: early.signal });
    early.abort(new Error("unmounted"));
    await expect(first).rejects.toThrow("unmounted");

    const later = new AbortController();
    const second = connect("t", { ...options(), signal: later.signal });
    await server.greet();
    const client = await second;
    expect(client.state).toBe("online");
    later.abort();
    expect(client.state).toBe("closed");
    expect(server.last.closedWith).toBe(1000);
  });

  test("lets a client be mounted, unmounted and mounted again, as React's StrictMode does", async () => {
    const mount = () => {
      const end = new AbortController();
      return { me: pronto.connect({ signal: end.signal }), unmount: () => end.abort() };
    };
    const first = mount();
    first.unmount();
    const second = mount();
    await expect(first.me).rejects.toMatchObject({ name: "AbortError" });
    await server.greet();
    expect(await second.me).toEqual({ user: "ana", name: "Ana" });
    expect(server.sockets.filter((socket) => socket.readyState !== 3)).toHaveLength(1);
    second.unmount();
  });
});

describe("disposal", () => {
  test("closes the client at the end of its block", async () => {
    const done = (async () => {
      await using client = new Pronto({ token: "t", ...options() });
      const me = client.connect();
      await server.greet();
      await me;
      return client;
    })();
    expect((await done).state).toBe("closed");
  });

  test("leaves a call at the end of its block", async () => {
    await online();
    const rung = pronto.ring(["bia"], { kind: "voice" });
    server.reply(server.last.of("ring")[0]?.id ?? "", "callState", state);
    const call = await rung;
    const left = call[Symbol.asyncDispose]();
    expect(server.last.of("leave")).toHaveLength(1);
    server.reply(server.last.of("leave")[0]?.id ?? "", "done", {});
    await left;
    expect(call.phase).toBe("ended");
  });
});
