import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ProntoError } from "../src/problem.ts";
import { Signalling, type SignallingOptions } from "../src/signalling.ts";
import { closeCodes, type EventFrame } from "../src/wire.gen.ts";
import { FakeServer, settle } from "./fakeserver.ts";

let server: FakeServer;
let signalling: Signalling;
let events: EventFrame[];
let failures: ProntoError[];

function make(options: Partial<SignallingOptions> = {}): Signalling {
  const made = new Signalling({
    url: "wss://calls.example/v1/ws",
    token: "token1",
    device: "dev1",
    makeSocket: server.makeSocket,
    random: () => 0.5,
    ...options,
  });
  made.on("event", (frame) => events.push(frame));
  made.on("failed", (error) => failures.push(error));
  return made;
}

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  events = [];
  failures = [];
  signalling = make();
});

afterEach(() => {
  signalling.close();
  vi.useRealTimers();
});

async function online(): Promise<void> {
  signalling.open();
  await server.greet();
}

async function lose(code = 1006): Promise<void> {
  server.last.drop(code);
  await settle();
}

describe("hello", () => {
  test("is the first frame, with the token and the device, on the subprotocol", async () => {
    signalling = make({ deviceName: "Ana's laptop" });
    signalling.open();
    const early = signalling.request("getPeople", {});
    early.catch(() => undefined);
    server.last.open();
    await settle();
    expect(server.last.protocol).toBe("pronto.v1");
    expect(server.last.sent).toHaveLength(1);
    expect(server.hello().body).toEqual({ token: "token1", device: "dev1", deviceName: "Ana's laptop" });
  });

  test("asks a token function anew on each connection", async () => {
    let made = 0;
    signalling = make({ token: async () => `token${++made}` });
    await online();
    await lose();
    await vi.advanceTimersByTimeAsync(200);
    await server.greet({ resumed: true });
    expect(server.hello().body.token).toBe("token2");
  });

  test("resumes with session, secret and the last serial", async () => {
    await online();
    server.event("logged", {});
    await lose();
    await vi.advanceTimersByTimeAsync(200);
    await server.greet({ resumed: true });
    expect(server.hello().body.resume).toEqual({ session: "ses1", secret: "secret1", serial: 2 });
  });

  test("goes unanswered for 10 s at most", async () => {
    signalling.open();
    server.last.open();
    await vi.advanceTimersByTimeAsync(10_000 + 200);
    expect(server.sockets).toHaveLength(2);
  });
});

describe("a refused token", () => {
  const problem = { code: "unauthenticated", detail: "the token has expired" };

  test("that is a text closes the client for good", async () => {
    signalling.open();
    server.last.open();
    await settle();
    server.last.receive({ type: "problem", id: server.hello().id, body: problem });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(failures.map((error) => error.code)).toEqual(["unauthenticated"]);
    expect(signalling.state).toBe("closed");
    expect(server.sockets).toHaveLength(1);
  });

  test("that came from a function is fetched once more, and only once", async () => {
    signalling = make({ token: async () => "token" });
    signalling.open();
    for (const attempt of [1, 2]) {
      server.last.open();
      await settle();
      server.last.receive({ type: "problem", id: server.hello().id, body: problem });
      expect(server.sockets).toHaveLength(attempt);
      await vi.advanceTimersByTimeAsync(400);
    }
    expect(failures.map((error) => error.code)).toEqual(["unauthenticated"]);
  });

  test("told by the close code alone counts the same", async () => {
    signalling.open();
    server.last.open();
    await settle();
    await lose(closeCodes.unauthenticated);
    expect(failures.map((error) => error.code)).toEqual(["unauthenticated"]);
  });
});

describe("requests", () => {
  test("get their own reply, and a problem becomes a ProntoError", async () => {
    await online();
    const people = signalling.request("getPeople", {});
    const link = signalling.request("revokeLink", { link: "abc" });
    const [a] = server.last.of("getPeople");
    const [b] = server.last.of("revokeLink");
    server.reply(b?.id ?? "", "problem", {
      code: "rateLimited",
      detail: "slower",
      retryAfterMs: 1500,
      device: "phone",
    });
    server.reply(a?.id ?? "", "people", { contacts: [], blocked: [] });
    expect(await people).toEqual({ contacts: [], blocked: [] });
    await expect(link).rejects.toMatchObject({
      name: "ProntoError",
      code: "rateLimited",
      message: "slower",
      retryAfterMs: 1500,
      device: "phone",
    });
  });

  test("without an answer are sent again with the same id after a resume", async () => {
    await online();
    const asked = signalling.request("leave", { call: "cal1" });
    const id = server.last.of("leave")[0]?.id;
    await lose();
    await vi.advanceTimersByTimeAsync(200);
    await server.greet({ resumed: true });
    expect(server.last.of("leave").map((frame) => frame.id)).toEqual([id]);
    server.reply(id ?? "", "done", {});
    expect(await asked).toEqual({});
  });

  test("made without a socket wait for one", async () => {
    signalling.open();
    const asked = signalling.request("getPeople", {});
    await server.greet();
    server.reply(server.last.of("getPeople")[0]?.id ?? "", "people", { contacts: [], blocked: [] });
    expect(await asked).toEqual({ contacts: [], blocked: [] });
  });

  test("that must not happen twice are not repeated in a new session; others are", async () => {
    await online();
    const rung = signalling.request("ring", { users: ["bia"], kind: "voice" });
    const refused = expect(rung).rejects.toMatchObject({ code: "offline" });
    const left = signalling.request("leave", { call: "cal1" });
    left.catch(() => undefined);
    await lose();
    await vi.advanceTimersByTimeAsync(200);
    await server.greet({ resumed: false, session: "ses2" });
    await refused;
    expect(server.last.of("ring")).toEqual([]);
    expect(server.last.of("leave")).toHaveLength(1);
  });

  test("are given up after 30 s, when closed, and when there is no connection", async () => {
    await expect(signalling.request("getPeople", {})).rejects.toMatchObject({ code: "closed" });
    await online();
    const slow = expect(signalling.request("getPeople", {})).rejects.toMatchObject({ code: "offline" });
    await vi.advanceTimersByTimeAsync(30_000);
    await slow;
    const late = expect(signalling.request("getLinks", {})).rejects.toMatchObject({ code: "closed" });
    signalling.close();
    await late;
  });

  test("over the size of a frame are refused here, not by a closed socket", async () => {
    await online();
    const sdp = "x".repeat(140_000);
    await expect(
      signalling.request("negotiate", { call: "cal1", generation: 1, sdp, sends: [] }),
    ).rejects.toMatchObject({ code: "tooLarge" });
    expect(server.last.of("negotiate")).toEqual([]);
  });

  test("cannot pile up without end", async () => {
    signalling.open();
    const all = Array.from({ length: 201 }, () => signalling.request("getPeople", {}).catch((e) => e.code));
    signalling.close();
    const codes = await Promise.all(all);
    expect(codes.filter((code) => code === "rateLimited")).toHaveLength(1);
  });
});

describe("serials", () => {
  test("seen before are dropped", async () => {
    await online();
    server.event("logged", { call: "one" });
    server.serial--;
    server.event("logged", { call: "one again" });
    expect(events.map((frame) => frame.body)).toEqual([{ call: "one" }]);
  });

  test("with a gap drop the socket, and the resume names the last one before it", async () => {
    await online();
    server.event("logged", { call: "one" });
    server.serial++;
    server.event("logged", { call: "three" });
    expect(events).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(server.sockets).toHaveLength(2);
    server.last.open();
    await settle();
    expect(server.hello().body.resume?.serial).toBe(2);
  });

  test("missed come before the welcome or after it, and each once, in order", async () => {
    await online();
    server.event("logged", { call: "2" });
    await lose();
    await vi.advanceTimersByTimeAsync(200);
    server.last.open();
    await settle();
    server.event("logged", { call: "3" });
    server.event("logged", { call: "4" });
    expect(events).toHaveLength(1);
    const id = server.hello().id;
    server.reply(id, "welcome", {
      session: "ses1",
      secret: "secret1",
      resumed: true,
      calls: [],
      incoming: [],
    });
    server.event("logged", { call: "6" });
    expect(events.map((frame) => (frame.body as { call: string }).call)).toEqual(["2", "3", "4", "6"]);
    expect(server.sockets).toHaveLength(2);
  });

  test("of a lost session are void: a new one begins with its welcome", async () => {
    await online();
    server.event("logged", { call: "2" });
    await lose();
    await vi.advanceTimersByTimeAsync(200);
    await server.greet({ resumed: false, session: "ses2", secret: "secret2" });
    server.event("logged", { call: "new" });
    expect(events).toHaveLength(2);
    await lose();
    await vi.advanceTimersByTimeAsync(200);
    server.last.open();
    await settle();
    expect(server.hello().body.resume).toEqual({ session: "ses2", secret: "secret2", serial: 2 });
  });
});

describe("reconnecting", () => {
  test("backs off from 0.2 s to 5 s, with jitter", async () => {
    await online();
    await lose();
    for (const wait of [150, 300, 600, 1200, 2400, 3750, 3750]) {
      const before = server.sockets.length;
      await vi.advanceTimersByTimeAsync(wait - 1);
      expect(server.sockets).toHaveLength(before);
      await vi.advanceTimersByTimeAsync(1);
      expect(server.sockets).toHaveLength(before + 1);
      await lose();
    }
    expect(signalling.state).toBe("reconnecting");
  });

  test.each([
    ["restarting", closeCodes.restarting, 1_000],
    ["tooSlow", closeCodes.tooSlow, 0],
    ["tooMany", closeCodes.tooMany, 3_750],
    ["tooLarge", closeCodes.tooLarge, 150],
    ["protocol", closeCodes.protocol, 150],
  ])("after %s waits as that code asks", async (_, code, wait) => {
    await online();
    await lose(code);
    if (wait > 0) {
      await vi.advanceTimersByTimeAsync(wait - 1);
      expect(server.sockets).toHaveLength(1);
    }
    await vi.advanceTimersByTimeAsync(1);
    expect(server.sockets).toHaveLength(2);
  });

  test("ends when another tab has taken the session", async () => {
    await online();
    await lose(closeCodes.replaced);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(signalling.state).toBe("closed");
    expect(failures.map((error) => error.code)).toEqual(["closed"]);
    expect(server.sockets).toHaveLength(1);
  });

  test("waits as long as the server asks before another hello", async () => {
    signalling.open();
    server.last.open();
    await settle();
    const body = { code: "unavailable", detail: "later", retryAfterMs: 4_000 };
    server.last.receive({ type: "problem", id: server.hello().id, body });
    await vi.advanceTimersByTimeAsync(3_999);
    expect(server.sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(server.sockets).toHaveLength(2);
  });

  test("happens at once when the network is back", async () => {
    await online();
    for (let i = 0; i < 5; i++) {
      await lose();
      if (i < 4) await vi.advanceTimersByTimeAsync(5_000);
    }
    const before = server.sockets.length;
    signalling.wake();
    expect(server.sockets).toHaveLength(before + 1);
  });
});

describe("pings", () => {
  test("say the last serial, every 10 s, and every 2 s in a call", async () => {
    await online();
    server.event("logged", {});
    await vi.advanceTimersByTimeAsync(10_000);
    expect(server.last.of("ping").map((frame) => frame.body.serial)).toEqual([2]);
    server.reply(server.last.of("ping")[0]?.id ?? "", "done", {});
    signalling.setInCall(true);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(server.last.of("ping")).toHaveLength(2);
  });

  test("without an answer, two of them, give the socket up", async () => {
    await online();
    signalling.setInCall(true);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(server.sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(signalling.state).toBe("reconnecting");
    await vi.advanceTimersByTimeAsync(200);
    expect(server.sockets).toHaveLength(2);
  });

  test("that are answered keep the socket", async () => {
    await online();
    for (let i = 0; i < 6; i++) {
      await vi.advanceTimersByTimeAsync(10_000);
      server.reply(server.last.of("ping")[i]?.id ?? "", "done", {});
      await settle();
    }
    expect(server.sockets).toHaveLength(1);
  });
});

test("frames that are not JSON objects with a type are ignored", async () => {
  await online();
  for (const data of ["", "[]", "null", "{", '{"type":7}', '"text"']) server.last.onmessage?.({ data });
  expect(signalling.state).toBe("online");
  expect(events).toEqual([]);
});
