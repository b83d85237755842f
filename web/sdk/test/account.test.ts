import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Account } from "../src/account.ts";
import { Pronto, ProntoError } from "../src/index.ts";
import { client } from "../src/later.ts";
import type { Signalling } from "../src/signalling.ts";
import { Tokens } from "../src/token.ts";
import type { Preferences, Profile, RequestType, Welcome } from "../src/wire.gen.ts";
import { FakeServer, settle } from "./fakeserver.ts";

const bia: Profile = { user: "bia", name: "Bia", about: "At the sea", avatar: "/v1/avatars/x" };
/** whole is Bia as a page of any site can show her. */
const whole: Profile = { ...bia, avatar: "https://calls.example/v1/avatars/x" };
const preferences: Preferences = {
  version: 3,
  showProfileTo: "everyone",
  privacy: {
    whoMayCall: "everyone",
    whoMayAdd: "everyone",
    silenceUnknown: false,
    hideAddress: false,
    version: 0,
  },
  presence: { audience: "contacts", except: [], version: 0 },
  blocked: [],
};

describe("the account", () => {
  let server: FakeServer;
  let pronto: Pronto;
  const answered = new Set<string>(); // requests, by their ids

  beforeEach(async () => {
    vi.useFakeTimers();
    server = new FakeServer();
    pronto = new Pronto({
      token: "t",
      url: "wss://calls.example/v1/ws",
      device: "dev1",
      makeSocket: server.makeSocket,
    });
    const me = pronto.connect();
    await server.greet({});
    await me;
  });

  afterEach(() => {
    answered.clear();
    pronto.close();
    vi.useRealTimers();
  });

  /** answer waits for a request of a type, the first one that has no answer yet, answers it and returns its body. */
  async function answer(
    type: RequestType,
    reply: Parameters<FakeServer["reply"]>[1],
    body: unknown,
  ): Promise<unknown> {
    const open = () => server.last.of(type).find(({ id }) => !answered.has(id ?? ""));
    for (let turns = 0; turns < 1_000 && open() === undefined; turns++) await settle(); // its part loads
    const frame = open();
    answered.add(frame?.id ?? "");
    server.reply(frame?.id ?? "", reply, body as never);
    return frame?.body;
  }

  test("asks for profiles and changes its own", async () => {
    const got = pronto.account.profiles(["bia"]);
    expect(await answer("getProfiles", "profiles", { profiles: [bia] })).toEqual({ users: ["bia"] });
    expect(await got).toEqual([whole]);
    const own = pronto.account.setProfile({ name: "Ana", about: "" });
    expect(await answer("setProfile", "profile", bia)).toEqual({ name: "Ana", about: "" });
    expect(await own).toEqual(whole);
  });

  test("reads and changes preferences by their version", async () => {
    const got = pronto.account.preferences();
    await answer("getPreferences", "preferences", preferences);
    expect(await got).toEqual(preferences);
    const refused = pronto.account.setPreferences({ ifVersion: 2, acceptTerms: "2026-01" });
    await answer("setPreferences", "problem", { code: "conflict", detail: "it was changed meanwhile" });
    await expect(refused).rejects.toMatchObject({ code: "conflict" });
  });

  test("is told of terms, accepts them whatever changes meanwhile, and hears when another device has", async () => {
    const terms = { version: "2026-02", url: "/terms", required: true };
    const whole = { ...terms, url: "https://calls.example/terms" };
    const heard: unknown[] = [];
    pronto.on("terms", (now) => heard.push(now));
    const again = async (welcome: Partial<Welcome>): Promise<void> => {
      server.last.drop();
      await vi.advanceTimersByTimeAsync(200);
      await server.greet(welcome);
    };
    expect(pronto.terms).toBeUndefined();
    await again({ terms });
    expect(pronto.terms).toEqual(whole);
    await again({ resumed: true });
    expect(pronto.terms).toEqual(whole);

    const accepted = pronto.acceptTerms();
    await answer("getPreferences", "preferences", preferences);
    await settle();
    await answer("setPreferences", "problem", { code: "conflict", detail: "it was changed meanwhile" });
    await settle();
    await answer("getPreferences", "preferences", { ...preferences, version: 4 });
    await settle();
    expect(
      await answer("setPreferences", "preferences", { ...preferences, version: 5, terms: "2026-02" }),
    ).toEqual({
      ifVersion: 4,
      acceptTerms: "2026-02",
    });
    await accepted;
    expect(pronto.terms).toBeUndefined();
    await pronto.acceptTerms(); // nothing to do

    await again({ session: "ses2", terms: { version: "2026-03", url: "https://example.com/terms" } });
    server.event("preferences", { ...preferences, terms: "2026-02" });
    expect(pronto.terms?.version).toBe("2026-03");
    server.event("preferences", { ...preferences, terms: "2026-03" });
    expect(heard).toEqual([
      whole,
      undefined,
      { version: "2026-03", url: "https://example.com/terms" },
      undefined,
    ]);
    await again({ session: "ses3", terms });
    await again({ session: "ses4" });
    expect(pronto.terms).toBeUndefined();
  });

  test("finds a number, changes its own, and lifts a ban", async () => {
    const found = pronto.account.findNumber("+393331234567");
    await answer("findNumber", "found", { person: { user: "bia", name: "Bia" } });
    expect(await found).toEqual({ user: "bia", name: "Bia" });
    const discovery = { on: false, uploaded: 0, numbersBlocked: 0, numberEnding: "21", discoverable: true };
    const changed = pronto.account.changeNumber("+393337654321", "123456");
    expect(await answer("changeNumber", "discovery", discovery)).toEqual({
      number: "+393337654321",
      code: "123456",
    });
    expect(await changed).toEqual(discovery);
    const lifted = pronto.account.liftBan("g1", "ugo");
    await answer("liftBan", "problem", { code: "notFound", detail: "he is not banned" });
    await expect(lifted).rejects.toMatchObject({ code: "notFound" });
  });

  test("is switched off and deleted by its own id", async () => {
    const off = pronto.account.disable();
    await answer("disableAccount", "done", {});
    await off;
    const gone = pronto.account.delete("ana");
    expect(await answer("deleteAccount", "done", {})).toEqual({ user: "ana" });
    await gone;
  });

  test("says when another device has changed it", () => {
    const heard: unknown[] = [];
    pronto.on("profile", (profile) => heard.push(profile));
    pronto.on("preferences", (record) => heard.push(record));
    server.last.receive({ type: "profile", serial: 2, body: bia });
    server.last.receive({ type: "preferences", serial: 3, body: preferences });
    expect(heard).toEqual([whole, preferences]);
  });
});

test("a key for notes is published when the server wants one, by a browser that can encrypt", async () => {
  const noteKey = { credential: "c", key: "k", signature: "s" };
  const asked: string[] = [];
  class FakeWorker {
    onmessage: ((message: { data: unknown }) => void) | undefined;
    postMessage({ type, id }: { type: string; id: number }): void {
      asked.push(type);
      const result = type === "identify" ? { key: "i", signed: true } : { noteKey, identity: "i" };
      queueMicrotask(() => this.onmessage?.({ data: { type: "done", id, result } }));
    }
    terminate(): void {}
  }
  vi.stubGlobal("RTCRtpScriptTransform", class {});
  vi.stubGlobal("Worker", FakeWorker);
  const server = new FakeServer();
  const { makeSocket } = server;
  const pronto = new Pronto({ token: "t", url: "wss://calls.example", device: "dev1", makeSocket });
  try {
    const me = pronto.connect();
    await server.greet({});
    await me;
    expect(asked).toEqual([]);
    server.event("noteKeyWanted", {});
    const key = { device: "dev1", name: "", createdMs: 0, seenMs: 0, key: "i" };
    for (let n = 0; n < 2; n++) {
      await vi.waitFor(() => expect(server.last.of("getDevices")).toHaveLength(n + 1));
      server.reply(server.last.of("getDevices")[n]?.id ?? "", "devices", { devices: [key] });
    }
    await vi.waitFor(() => expect(server.last.of("setNoteKey")).toHaveLength(1));
    expect(server.last.of("setNoteKey")[0]?.body).toEqual(noteKey);
    expect(server.last.of("setDeviceKey")).toEqual([]);
    expect(asked).toEqual(["identify", "noteKey"]);
  } finally {
    pronto.close();
    vi.unstubAllGlobals();
  }
});

describe("what goes beside the WebSocket", () => {
  const asked: { url: string; init: RequestInit }[] = [];
  const account = (status: number, body: unknown = {}) =>
    new Account(
      {} as Signalling,
      {
        url: "wss://calls.example/v1/ws",
        tokens: new Tokens(async () => "t"),
        fetch: async (url, init) => {
          asked.push({ url: String(url), init: init ?? {} });
          return new Response(status === 204 ? null : JSON.stringify(body), { status });
        },
      },
      client,
      () => undefined,
    );

  beforeEach(() => {
    asked.length = 0;
  });

  test("sends an image with the account's token, and takes it away", async () => {
    const image = new Blob(["png"]);
    await account(204).setAvatar(image);
    await account(204).removeAvatar();
    expect(asked.map((a) => [a.init.method, a.url])).toEqual([
      ["PUT", "https://calls.example/v1/account/avatar"],
      ["DELETE", "https://calls.example/v1/account/avatar"],
    ]);
    expect(asked[0]?.init.headers).toMatchObject({ Authorization: "Bearer t" });
    expect(asked[0]?.init.body).toBe(image);
  });

  test("asks for a code", async () => {
    await account(202).sendCode("+393331234567");
    expect(asked[0]?.url).toBe("https://calls.example/v1/accounts/code");
    expect(asked[0]?.init.body).toBe('{"phone":"+393331234567"}');
  });

  test.each([
    [401, "unauthenticated"],
    [403, "forbidden"],
    [404, "unavailable"],
    [413, "tooLarge"],
    [422, "invalid"],
    [429, "rateLimited"],
    [503, "unavailable"],
  ])("refuses with %i as %s", async (status, code) => {
    const refused = account(status, { detail: "why" }).setAvatar(new Blob([]));
    await expect(refused).rejects.toMatchObject({ code, message: expect.stringContaining("why") });
    await expect(refused).rejects.toBeInstanceOf(ProntoError);
  });

  test("is offline when the server cannot be reached", async () => {
    const away = new Account(
      {} as Signalling,
      {
        url: "ws://localhost/v1/ws",
        tokens: new Tokens("t"),
        fetch: () => Promise.reject(new TypeError("no network")),
      },
      client,
      () => undefined,
    );
    await expect(away.removeAvatar()).rejects.toMatchObject({ code: "offline" });
  });
});
