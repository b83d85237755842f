import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Call, Incoming } from "../src/index.ts";
import { Pronto } from "../src/index.ts";
import type { CallState, Participant } from "../src/wire.gen.ts";
import { FakeServer, settle } from "./fakeserver.ts";

let server: FakeServer;
let pronto: Pronto;

const media = { microphone: true, camera: false, screen: false };

function person(participant: string, more: Partial<Participant> = {}): Participant {
  return { participant, user: participant, name: participant, presence: "joined", media, ...more };
}

/** ringing is a call that nobody has answered, so that there is no media yet. */
function ringing(more: Partial<CallState> = {}): CallState {
  return {
    call: "cal1",
    epoch: 1,
    seq: 1,
    kind: "voice",
    phase: "ringing",
    topology: "direct",
    generation: 1,
    self: "ana",
    host: "ana",
    support: "7K3M-Q2ZD",
    ringTimeoutMs: 45_000,
    encrypted: false,
    participants: [person("ana"), person("bia", { presence: "invited" })],
    ice: { servers: [] },
    ...more,
  };
}

const rings = { call: "cal1", kind: "video", from: "bia", name: "Bia", ringMs: 45_000 } as const;

beforeEach(async () => {
  vi.useFakeTimers();
  server = new FakeServer();
  pronto = new Pronto({
    token: "t",
    url: "wss://calls.example/v1/ws",
    device: "dev1",
    makeSocket: server.makeSocket,
  });
});

afterEach(() => {
  pronto.close();
  vi.useRealTimers();
});

async function connect(welcome: Parameters<FakeServer["greet"]>[0] = {}): Promise<void> {
  const me = pronto.connect();
  await server.greet(welcome);
  expect(await me).toEqual({ user: "ana", name: "Ana" });
}

async function ring(state = ringing()): Promise<Call> {
  const rung = pronto.ring(["bia"], { kind: "voice" });
  server.reply(server.last.of("ring").at(-1)?.id ?? "", "callState", state);
  return rung;
}

async function reconnect(welcome: Parameters<FakeServer["greet"]>[0]): Promise<void> {
  server.last.drop();
  await vi.advanceTimersByTimeAsync(200);
  await server.greet(welcome);
}

function event(type: Parameters<FakeServer["event"]>[0], seq: number, body: unknown, epoch = 1): void {
  server.event(type, body, { call: "cal1", epoch, seq });
}

describe("a call that rings", () => {
  test("is shown, and only then the server is told that this device rings", async () => {
    const shown: Incoming[] = [];
    pronto.on("incoming", (incoming) => {
      expect(server.last.of("deviceRings")).toEqual([]);
      shown.push(incoming);
    });
    await connect();
    server.event("incoming", rings);
    expect(shown).toMatchObject([
      {
        call: "cal1",
        kind: "video",
        from: "bia",
        name: "Bia",
        automated: false,
        others: 0,
        state: "ringing",
      },
    ]);
    expect(server.last.of("deviceRings").map((frame) => frame.body)).toEqual([{ call: "cal1" }]);
    server.event("incoming", rings);
    expect(shown).toHaveLength(1);
  });

  test("says that it is a program's", async () => {
    await connect();
    server.event("incoming", { ...rings, automated: true });
    expect(pronto.incoming.map(({ automated }) => automated)).toEqual([true]);
  });

  test("that nobody on this page shows is not said to ring", async () => {
    await connect();
    server.event("incoming", rings);
    expect(server.last.of("deviceRings")).toEqual([]);
    expect(pronto.incoming).toHaveLength(1);
  });

  test("stops with the server's reason, by the end of its time, and when a new session does not know it", async () => {
    const why: unknown[] = [];
    pronto.on("incoming", (incoming) => void incoming.on("stopped", (stopped) => why.push(stopped)));
    await connect();
    server.event("incoming", rings);
    server.event("ringStopped", { call: "cal1", reason: "answeredElsewhere", device: "phone" });
    server.event("incoming", { ...rings, call: "cal2", ringMs: 2_000 });
    await vi.advanceTimersByTimeAsync(5_000);
    server.event("incoming", { ...rings, call: "cal3" });
    await reconnect({ session: "ses2" });
    expect(why).toEqual([
      { reason: "answeredElsewhere", device: "phone" },
      { reason: "timeout" },
      { reason: "cancelled" },
    ]);
    expect(pronto.incoming).toEqual([]);
  });

  test("and was answered elsewhere rejects with the device's name", async () => {
    await connect();
    server.event("incoming", rings);
    const answered = pronto.incoming[0]?.accept();
    const refused = expect(answered).rejects.toMatchObject({ code: "answeredElsewhere", device: "phone" });
    const id = server.last.of("accept")[0]?.id ?? "";
    server.reply(id, "problem", { code: "answeredElsewhere", detail: "too late", device: "phone" });
    await refused;
    expect(pronto.incoming).toEqual([]);
  });

  test("says what it will send when it is accepted, and declines without waiting", async () => {
    await connect();
    server.event("incoming", rings);
    pronto.incoming[0]?.accept({ microphone: false }).catch(() => undefined);
    expect(server.last.of("accept")[0]?.body.media).toEqual({
      microphone: false,
      camera: true,
      screen: false,
    });
    server.event("incoming", { ...rings, call: "cal2" });
    const incoming = pronto.incoming[1];
    incoming?.decline().catch(() => undefined);
    expect(incoming?.state).toBe("stopped");
    expect(server.last.of("decline")[0]?.body).toEqual({ call: "cal2" });
  });
});

describe("a call", () => {
  test("follows its events, and tells of many changes once", async () => {
    await connect();
    const call = await ring();
    await settle();
    const changed = vi.fn();
    call.on("change", changed);
    event("participantRinging", 2, { participant: "bia" });
    event("participantInvited", 3, { by: "ana", participant: person("carlo", { presence: "invited" }) });
    await settle();
    expect(call.participants.map((p) => [p.participant, p.presence, p.self])).toEqual([
      ["ana", "joined", true],
      ["bia", "ringing", false],
      ["carlo", "invited", false],
    ]);
    expect(changed).toHaveBeenCalledTimes(1);
  });

  test("asks for its whole state after a gap, and takes what came meanwhile after it", async () => {
    await connect();
    const call = await ring();
    event("participantRinging", 3, { participant: "bia" });
    event("participantInvited", 4, { by: "ana", participant: person("carlo", { presence: "invited" }) });
    event("participantInvited", 5, { by: "ana", participant: person("dora", { presence: "invited" }) });
    expect(server.last.of("sync")).toHaveLength(1);
    expect(call.participants).toHaveLength(2);
    const carlo = person("carlo", { presence: "invited" });
    const participants = [...ringing().participants, carlo];
    server.reply(server.last.of("sync")[0]?.id ?? "", "callState", ringing({ seq: 4, participants }));
    await settle();
    expect(call.participants.map((p) => p.participant)).toEqual(["ana", "bia", "carlo", "dora"]);
  });

  test("ignores an earlier owner, and asks a new one for its state", async () => {
    await connect();
    const call = await ring(ringing({ epoch: 2 }));
    event("inviteUnanswered", 2, { participant: "bia" }, 1);
    expect(call.participants).toHaveLength(2);
    event("participantRinging", 2, { participant: "bia" }, 3);
    server.reply(server.last.of("sync")[0]?.id ?? "", "callState", ringing({ epoch: 3, seq: 2 }));
    await settle();
    event("participantRinging", 3, { participant: "bia" }, 3);
    expect(call.participants[1]?.presence).toBe("ringing");
  });

  test("whose whole state was not had asks again when the server is back", async () => {
    await connect();
    const call = await ring();
    event("participantRinging", 9, { participant: "bia" });
    const { id } = server.last.of("sync")[0] ?? { id: "" };
    server.reply(id, "problem", { code: "unavailable", detail: "later" });
    await settle();
    await reconnect({ resumed: true });
    server.reply(server.last.of("sync")[0]?.id ?? "", "callState", ringing({ seq: 9 }));
    await settle();
    event("participantRinging", 10, { participant: "bia" });
    expect(call.participants[1]?.presence).toBe("ringing");
  });

  test("lets the host turn somebody's microphone off, and heeds it when ours is", async () => {
    await connect();
    const call = await ring();
    const asked = call.muteParticipant("bia");
    const frame = server.last.of("muteParticipant").at(-1);
    expect(frame?.body).toEqual({ call: "cal1", participant: "bia" });
    server.reply(frame?.id ?? "", "done", {});
    await asked;
    event("mediaChanged", 2, { participant: "bia", media: { ...media, microphone: false }, by: "ana" });
    expect(call.participants.find((p) => p.participant === "bia")?.media.microphone).toBe(false);
    event("mediaChanged", 3, { participant: "ana", media: { ...media, microphone: false }, by: "bia" });
    expect(call.local.microphone).toBe(false);
  });

  test("tells the others that our battery is nearly empty, once, and never how full it is", async () => {
    const battery = Object.assign(new EventTarget(), { level: 0.5, charging: false });
    const is = (level: number, charging: boolean): void => {
      Object.assign(battery, { level, charging });
      battery.dispatchEvent(new Event("levelchange"));
    };
    vi.stubGlobal("navigator", { getBattery: async () => battery });
    try {
      await connect();
      await ring();
      await settle();
      for (const level of [0.06, 0.04, 0.03]) is(level, false);
      is(0.03, true);
      expect(server.last.of("setBattery").map((frame) => frame.body)).toEqual([
        { call: "cal1", low: true },
        { call: "cal1", low: false },
      ]);
      event("callEnded", 9, { reason: "hangup", durationMs: 0 });
      is(0.02, false);
      expect(server.last.of("setBattery")).toHaveLength(2);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  test("ends once, with the server's reason", async () => {
    await connect();
    const call = await ring();
    const ended = vi.fn();
    call.on("ended", ended);
    event("callEnded", 9, { reason: "declined", durationMs: 0 });
    event("callEnded", 10, { reason: "hangup", durationMs: 1 });
    expect(ended.mock.calls).toEqual([[{ reason: "declined", durationMs: 0 }]]);
    expect([call.phase, pronto.calls]).toEqual(["ended", []]);
  });

  test("is over at once for who leaves, also without the server", async () => {
    await connect();
    const call = await ring();
    const ended = vi.fn();
    call.on("ended", ended);
    server.last.drop();
    void call.leave();
    expect(ended).toHaveBeenCalledWith({ reason: "cancelled", durationMs: 0 });
    await vi.advanceTimersByTimeAsync(200);
    await server.greet({ resumed: true });
    expect(server.last.of("leave").map((frame) => frame.body)).toEqual([{ call: "cal1" }]);
  });

  test.each([
    ["lost", "failed"],
    ["removed", "removed"],
    ["moved", "hangup"],
  ])("that we left by being %s is over here as %s", async (reason, end) => {
    await connect();
    const call = await ring();
    const ended = vi.fn();
    call.on("ended", ended);
    event("participantLeft", 2, { participant: "ana", reason });
    expect(ended).toHaveBeenCalledWith({ reason: end, durationMs: 0 });
    expect(call.ended).toEqual({ reason: end, durationMs: 0 });
  });

  test("that a new session does not know is over; one that it knows goes on as the same object", async () => {
    await connect();
    const call = await ring();
    await reconnect({ session: "ses2", calls: [ringing({ epoch: 2, seq: 5 })] });
    expect(pronto.calls).toEqual([call]);
    const ended = vi.fn();
    call.on("ended", ended);
    await reconnect({ session: "ses3" });
    expect(ended).toHaveBeenCalledWith({ reason: "failed", durationMs: 0 });
  });

  test("that this device was in before the page was loaded is there after connect", async () => {
    const told = vi.fn();
    pronto.on("call", told);
    await connect({ calls: [ringing()] });
    expect(told).toHaveBeenCalledTimes(1);
    expect(pronto.calls.map((call) => call.id)).toEqual(["cal1"]);
  });

  test("without devices goes on without them, and says so to the others", async () => {
    await connect();
    const call = await ring();
    await settle();
    expect(call.deviceError?.code).toBe("insecureOrigin");
    expect(call.local).toMatchObject({ microphone: false, camera: false });
    expect(server.last.of("setMedia").at(-1)?.body.media).toEqual({
      microphone: false,
      camera: false,
      screen: false,
    });
    await expect(call.setMicrophone(true)).rejects.toMatchObject({ code: "insecureOrigin" });
  });
});

test("connect rejects when the token is refused, and says so as an event", async () => {
  const problems: string[] = [];
  pronto.on("problem", (problem) => problems.push(problem.code));
  const connected = expect(pronto.connect()).rejects.toMatchObject({ code: "unauthenticated" });
  server.last.open();
  await settle();
  server.last.receive({
    type: "problem",
    id: server.hello().id,
    body: { code: "unauthenticated", detail: "no" },
  });
  await connected;
  expect(problems).toEqual(["unauthenticated"]);
});

test("a page gets the token for what people ask of the REST API themselves", async () => {
  expect(await pronto.token()).toBe("t");
});

test("close leaves all calls", async () => {
  await connect();
  await ring();
  const socket = server.last;
  pronto.close();
  expect(socket.of("leave").map((frame) => frame.body)).toEqual([{ call: "cal1" }]);
  expect(pronto.state).toBe("closed");
});

test("people, privacy and the log are told as events", async () => {
  const told: unknown[] = [];
  pronto.on("people", (body) => told.push(body));
  pronto.on("privacy", (body) => told.push(body));
  pronto.on("logged", (body) => told.push(body));
  await connect();
  server.event("people", { contacts: [], blocked: [] });
  server.event("privacy", { whoMayCall: "nobody", hideAddress: true, version: 3 });
  server.event("logged", { call: "cal1" });
  expect(told).toEqual([
    { contacts: [], blocked: [] },
    { whoMayCall: "nobody", hideAddress: true, version: 3 },
    { call: "cal1" },
  ]);
});

describe("a call that another device of ours is in", () => {
  test("moves here, with what is sent from here", async () => {
    await connect();
    const moving = pronto.moveHere("cal1", { microphone: false });
    const [asked] = server.last.of("moveHere");
    expect(asked?.body).toEqual({
      call: "cal1",
      media: { microphone: false, camera: false, screen: false },
    });
    server.reply(asked?.id ?? "", "callState", ringing({ seq: 3 }));
    expect((await moving).id).toBe("cal1");
    expect(pronto.calls.map(({ id }) => id)).toEqual(["cal1"]);
  });

  test("moves away again and is over here, and can be moved back", async () => {
    await connect();
    const call = await ring();
    const ended: unknown[] = [];
    call.on("ended", ({ reason, device }) => ended.push([reason, device]));
    server.event("callMoved", { call: "cal1", device: "phone" });
    expect(ended).toEqual([["moved", "phone"]]);
    expect(pronto.calls).toEqual([]);
    const moving = pronto.moveHere("cal1");
    server.reply(server.last.of("moveHere").at(-1)?.id ?? "", "callState", ringing({ seq: 5 }));
    expect((await moving).phase).toBe("ringing");
    expect(server.last.of("leave")).toEqual([]);
  });
});
