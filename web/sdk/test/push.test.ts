import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Pronto, type Push } from "../src/index.ts";
import type { RequestType } from "../src/wire.gen.ts";
import { FakeServer } from "./fakeserver.ts";

const key = "BAQB";
const old = "BAAA";

/** bytes are those of a key, as a browser gives them. */
function bytes(blob: string): ArrayBuffer {
  return Uint8Array.from(atob(blob), (c) => c.charCodeAt(0)).buffer;
}

/** FakeManager is a browser's PushManager: it has one subscription at most, each for one key. */
class FakeManager {
  here: { endpoint: string; options: { applicationServerKey: ArrayBuffer } } | null = null;
  made = 0;
  answers = true;

  async getSubscription() {
    return this.here;
  }
  async subscribe({ applicationServerKey }: { applicationServerKey: Uint8Array<ArrayBuffer> }) {
    if (!this.answers) await new Promise(() => undefined);
    this.made++;
    this.here = {
      endpoint: `https://push.example/${this.made}`,
      options: { applicationServerKey: applicationServerKey.buffer },
      getKey: (name: string) => bytes(name === "auth" ? "AAAA" : "BBBB"),
      unsubscribe: async () => {
        this.here = null;
        return true;
      },
    } as never;
    return this.here;
  }
}

describe("push", () => {
  let server: FakeServer;
  let pronto: Pronto;
  let push: Push;
  let manager: FakeManager;
  let worker: ServiceWorkerRegistration;
  const notification = { permission: "default", requestPermission: vi.fn() };

  beforeEach(async () => {
    vi.useFakeTimers();
    manager = new FakeManager();
    worker = { pushManager: manager } as unknown as ServiceWorkerRegistration;
    notification.permission = "default";
    notification.requestPermission.mockImplementation(async () => {
      notification.permission = "granted";
      return "granted";
    });
    vi.stubGlobal("Notification", notification);
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
    push = await pronto.push();
  });
  afterEach(() => {
    pronto.close();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  /** answer replies to the last request of a type, once there is one, and returns what it asked. */
  async function answer(type: RequestType, body: object): Promise<unknown> {
    await vi.waitFor(() => expect(server.last.of(type).length).toBeGreaterThan(0));
    const frame = server.last.of(type).at(-1);
    server.reply(frame?.id ?? "", "push", body as never);
    return frame?.body;
  }

  test("is subscribed with the server's key, and the server told where", async () => {
    const state = push.subscribe(worker);
    await answer("getPush", { key });
    expect(await answer("setPush", { key, subscribed: true })).toEqual({
      endpoint: "https://push.example/1",
      p256dh: "BBBB",
      auth: "AAAA",
    });
    expect(await state).toBe("on");
  });

  test("replaces a subscription that was made for another key", async () => {
    await manager.subscribe({ applicationServerKey: new Uint8Array(bytes(old)) });
    const state = push.state(worker);
    await answer("getPush", { key, subscribed: true });
    expect(await state, "it can reach nobody").toBe("off");
    const again = push.subscribe(worker);
    await vi.waitFor(() => expect(server.last.of("getPush").length).toBe(2));
    await answer("getPush", { key, subscribed: true });
    expect(await answer("setPush", { key, subscribed: true })).toMatchObject({
      endpoint: "https://push.example/2",
    });
    expect(await again).toBe("on");
  });

  test("says why it is not there", async () => {
    expect(await push.state(undefined)).toBe("unsupported");
    const unavailable = push.state(worker);
    await answer("getPush", {});
    expect(await unavailable).toBe("unavailable");
    notification.requestPermission.mockImplementation(async () => {
      notification.permission = "denied";
      return "denied";
    });
    expect(await push.subscribe(worker)).toBe("denied");
    expect(server.last.of("setPush")).toEqual([]);
  });

  test("does not wait for a push service without end", async () => {
    manager.answers = false;
    const state = push.subscribe(worker);
    const refused = expect(state).rejects.toMatchObject({ code: "unavailable" });
    await answer("getPush", { key });
    await vi.advanceTimersByTimeAsync(31_000);
    await refused;
  });

  test("is ended here and at the server, or at the server only", async () => {
    await manager.subscribe({ applicationServerKey: new Uint8Array(bytes(key)) });
    const kept = push.unsubscribe(worker, { keep: true });
    await answer("clearPush", { key });
    expect(await kept).toBe("off");
    expect(manager.here).not.toBeNull();
    const ended = push.unsubscribe(worker);
    await vi.waitFor(() => expect(server.last.of("clearPush").length).toBe(2));
    await answer("clearPush", { key });
    await ended;
    expect(manager.here).toBeNull();
  });

  test("starts a worker by a trusted address where the page demands one", async () => {
    const register = vi.fn(async () => worker);
    vi.stubGlobal("navigator", { serviceWorker: { register } });
    await push.startWorker("/sw.js", { scope: "/" });
    expect(register).toHaveBeenCalledWith("/sw.js", { scope: "/" });
    vi.stubGlobal("navigator", {});
    await expect(push.startWorker("/sw.js")).rejects.toMatchObject({ code: "invalid" });
  });
});
