import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { diagnose, Pronto } from "../src/index.ts";
import { Journal } from "../src/journal.ts";
import type { CallState } from "../src/wire.gen.ts";
import { FakeServer, settle } from "./fakeserver.ts";

// Each names somebody or something, and is like nothing else.
const canaries = {
  user: "canaryuser1",
  name: "Canarina Rossi",
  call: "cal_canary00001",
  link: "lnk_canary00002",
  token: "canarytoken",
  secret: "canarysecret",
  address: "203.0.113.77",
  password: "canarypassword",
};

let server: FakeServer;
let pronto: Pronto;

beforeEach(async () => {
  vi.useFakeTimers();
  server = new FakeServer();
  pronto = new Pronto({
    token: canaries.token,
    url: `wss://${canaries.address}/v1/ws`,
    device: "canarydevice",
    makeSocket: server.makeSocket,
    memory: null,
    noMedia: true,
  });
});

afterEach(() => {
  pronto.close();
  vi.useRealTimers();
});

function state(): CallState {
  const media = { microphone: true, camera: false, screen: false };
  const person = (participant: string) => ({
    participant,
    user: canaries.user,
    name: canaries.name,
    presence: "joined" as const,
    media,
  });
  return {
    call: canaries.call,
    epoch: 1,
    seq: 1,
    kind: "voice",
    phase: "active",
    topology: "sfu",
    generation: 1,
    self: "p1",
    support: "7K3M-Q2ZD",
    ringTimeoutMs: 45_000,
    connectedMs: 1,
    encrypted: false,
    participants: [person("p1"), person("p2")],
    ice: {
      servers: [
        { urls: [`turn:${canaries.address}`], username: canaries.user, credential: canaries.password },
      ],
    },
  };
}

test("diagnostics tell the steps and how calls stand, and name nobody", async () => {
  const connected = pronto.connect();
  await server.greet({ user: canaries.user, name: canaries.name, secret: canaries.secret });
  await connected;
  const joining = pronto.joinLink(canaries.link, { microphone: false, camera: false });
  await settle();
  server.reply(server.last.of("lookAtLink")[0]?.id ?? "", "linkDoor", {
    kind: "voice",
    title: canaries.name,
  });
  await vi.waitFor(() => expect(server.last.of("joinLink")).toHaveLength(1));
  server.reply(server.last.of("joinLink")[0]?.id ?? "", "callState", state());
  await joining;
  server.event(
    "participantLeft",
    { participant: canaries.user, reason: "hangup" },
    { call: canaries.call, epoch: 1, seq: 2 },
  );
  server.event("incoming", {
    call: "cal_canary00009",
    kind: "voice",
    from: canaries.user,
    name: canaries.name,
    ringMs: 9,
  });

  const made = await diagnose(pronto);
  expect(made).toMatchObject({ version: 1, connection: "online", telemetry: true });
  expect(made.calls).toMatchObject([
    { support: "7K3M-Q2ZD", kind: "voice", topology: "sfu", encrypted: false },
  ]);
  const steps = made.steps.map(({ what, detail }) => `${what} ${detail ?? ""}`.trim());
  for (const step of ["connection online", "call entered", "participantLeft hangup", "incoming"])
    expect(steps).toContain(step);
  expect(made.steps.find(({ what }) => what === "participantLeft")?.support).toBe("7K3M-Q2ZD");
  const text = JSON.stringify(made);
  expect(text).not.toMatch(/canar/i);
  for (const canary of Object.values(canaries)) expect(text).not.toContain(canary);
});

test("a journal keeps single words and the last steps only", () => {
  const journal = new Journal();
  journal.take({ type: "x", body: { reason: "Ana said: no", phase: "active" } });
  expect(journal.steps.at(-1)).toMatchObject({ what: "x", detail: "active" });
  journal.take({ type: "y", body: { reason: "+390655501", name: "Ana" } });
  expect(journal.steps.at(-1)).not.toHaveProperty("detail");
  journal.take({ type: "z", body: undefined });
  for (let i = 0; i < 400; i++) journal.note(`step ${i}`);
  expect(journal.steps).toHaveLength(300);
  expect(journal.steps.at(-1)?.what).toBe("step 399");
});

test("reports are switched off and on at any time", async () => {
  expect(pronto.telemetry).toBe(true);
  pronto.setTelemetry(false);
  expect((await diagnose(pronto)).telemetry).toBe(false);
});
