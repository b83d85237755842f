import { type ReadonlySignal, signal } from "@preact/signals";
import { type Call, type CallLink, canEncrypt, Devices, Pronto } from "../../../sdk/src/index.ts";
import { guestPass } from "../guestpass.ts";
import { deviceChoice, prefs } from "./prefs.ts";

/** LineName is one thing that a call needs. */
export type LineName = "server" | "microphone" | "camera" | "encryption" | "media" | "relayUDP" | "relayTCP";

/** Line is how one of them went: fair is slow, or works by a detour. */
export interface Line {
  readonly name: LineName;
  readonly grade: "waiting" | "running" | "good" | "fair" | "bad";
  /** ms is how long it took, or a packet's way there and back. */
  readonly ms?: number;
}

const order: readonly LineName[] = [
  "server",
  "microphone",
  "camera",
  "encryption",
  "media",
  "relayUDP",
  "relayTCP",
];
/** slowMs is a round trip that is felt in a talk (ITU-T G.114: 150 ms each way). */
const slowMs = 300;
const patienceMs = 15_000;
/** guests are as many as it takes to meet at the server's media: two would talk directly. */
const guests = 3;

/** report is the result as text, to be sent to who runs the server: no address, name or id is in it. */
export function report(lines: readonly Line[], userAgent: string): string {
  const told = lines.map(({ name, grade, ms }) => `${name}: ${grade}${ms === undefined ? "" : ` ${ms} ms`}`);
  return [`Pronto connection test`, userAgent, ...told].join("\n");
}

/**
 * ConnectionTest makes a small call of its own by a link that only it knows, through the node and the relay that a real
 * call would take.
 */
export class ConnectionTest {
  readonly #pronto: Pronto;
  readonly #lines = signal<readonly Line[]>(fresh());
  readonly #running = signal(false);
  readonly #cleanup: (() => void)[] = [];

  readonly lines: ReadonlySignal<readonly Line[]> = this.#lines;
  readonly running: ReadonlySignal<boolean> = this.#running;

  constructor(pronto: Pronto) {
    this.#pronto = pronto;
  }

  /** run tries one thing after the other. What fails is a line, not an error. */
  async run(): Promise<void> {
    if (this.#running.value) return;
    this.#running.value = true;
    this.#lines.value = fresh();
    try {
      await this.#try("server", () => this.#server());
      await this.#try("microphone", () => this.#device("microphone"));
      await this.#try("camera", () => this.#device("camera"));
      const calls = await this.#meet();
      // The relay refuses a loop: two members of a call may meet there, one alone may not.
      const ends = calls.slice(0, 2).map((call) => call.iceServers);
      await this.#try("relayUDP", () => relay(ends, "udp"));
      await this.#try("relayTCP", () => relay(ends, "tcp"));
    } finally {
      this.close();
      this.#running.value = false;
    }
  }

  /** close hangs up whatever is still open. */
  close(): void {
    for (const undo of this.#cleanup.splice(0)) undo();
  }

  #set(name: LineName, change: Omit<Line, "name">): void {
    this.#lines.value = this.#lines.value.map((line) => (line.name === name ? { name, ...change } : line));
  }

  async #try(name: LineName, act: () => Promise<Omit<Line, "name">>): Promise<void> {
    this.#set(name, { grade: "running" });
    try {
      this.#set(name, await within(patienceMs, act()));
    } catch {
      this.#set(name, { grade: "bad" });
    }
  }

  /** server measures a request and its answer: the best of three, so that one stray delay does not count. */
  async #server(): Promise<Omit<Line, "name">> {
    const times: number[] = [];
    for (let i = 0; i < 3; i++) {
      const since = performance.now();
      await this.#pronto.privacy();
      times.push(performance.now() - since);
    }
    return timed(Math.min(...times));
  }

  async #device(source: "microphone" | "camera"): Promise<Omit<Line, "name">> {
    const devices = new Devices(deviceChoice(prefs.value));
    try {
      await (source === "microphone" ? devices.setMicrophone(true) : devices.setCamera(true));
      return { grade: "good" };
    } finally {
      devices.close();
    }
  }

  /** meet has three guests of ours meet at the server's media, encrypted as a call is, and hear each other's packets. */
  async #meet(): Promise<readonly Call[]> {
    const calls: Call[] = [];
    this.#set("encryption", { grade: "running" });
    this.#set("media", { grade: "running" });
    const since = performance.now();
    try {
      const link = await this.#pronto.links.create({ kind: "voice", expiresInSeconds: 300, maxUses: guests });
      this.#cleanup.push(() => void this.#pronto.links.revoke(link.link).catch(() => undefined));
      for (let i = 0; i < guests; i++) calls.push(await this.#guest(link));
      const [call] = calls;
      if (call === undefined) throw new Error("nobody came");
      await this.#try("encryption", () => encrypted(call));
      await this.#try("media", () => flowing(call, since));
    } catch {
      for (const name of ["encryption", "media"] as const)
        if (this.#lines.value.some((line) => line.name === name && line.grade === "running"))
          this.#set(name, { grade: "bad" });
    }
    return calls;
  }

  async #guest({ link, secret }: CallLink): Promise<Call> {
    const { token } = await guestPass(link, "Test");
    const memory = new Map<string, string>();
    const storage = {
      getItem: (key: string) => memory.get(key) ?? null,
      setItem: (key: string, value: string) => void memory.set(key, value),
    };
    const pronto = new Pronto({
      token,
      storage,
      devices: deviceChoice(prefs.value),
      memory: null,
      telemetry: false,
    });
    this.#cleanup.push(() => pronto.close());
    await within(patienceMs, pronto.connect());
    return within(
      patienceMs,
      pronto.joinLink(link, {
        microphone: true,
        camera: false,
        ...(secret === undefined ? {} : { secret }),
      }),
    );
  }
}

function fresh(): readonly Line[] {
  return order.map((name) => ({ name, grade: "waiting" }));
}

function timed(ms: number): Omit<Line, "name"> {
  return { grade: ms > slowMs ? "fair" : "good", ms: Math.max(1, Math.round(ms)) };
}

/** encrypted waits until the call has its keys; a server that wants none is fair. */
async function encrypted(call: Call): Promise<Omit<Line, "name">> {
  if (!canEncrypt()) return { grade: "bad" };
  await until(() => call.encryption.state !== "connecting");
  return { grade: call.encryption.state === "on" ? "good" : "fair" };
}

/** flowing waits until sound of another has come through the server; by the relay is fair. */
async function flowing(call: Call, sinceMs: number): Promise<Omit<Line, "name">> {
  let path: string | undefined;
  await until(async () => {
    const stats = await call.stats();
    path = stats.path;
    return call.topology === "sfu" && stats.participants.some(({ audio }) => (audio?.packets ?? 0) > 0);
  });
  return { grade: path === "relay" ? "fair" : "good", ms: Math.round(performance.now() - sinceMs) };
}

/** relay sends a message from one end to the other and back through the relay, by one transport only. */
async function relay(
  ends: readonly (readonly RTCIceServer[])[],
  transport: "udp" | "tcp",
): Promise<Omit<Line, "name">> {
  const [near, far] = ends.map(
    (servers) => new RTCPeerConnection({ iceServers: only(servers, transport), iceTransportPolicy: "relay" }),
  );
  if (near === undefined || far === undefined) return { grade: "bad" };
  try {
    const channel = near.createDataChannel("test");
    near.onicecandidate = ({ candidate }) =>
      void far.addIceCandidate(candidate ?? undefined).catch(() => undefined);
    far.onicecandidate = ({ candidate }) =>
      void near.addIceCandidate(candidate ?? undefined).catch(() => undefined);
    far.ondatachannel = ({ channel: other }) => {
      other.onmessage = ({ data }) => other.send(data);
    };
    await near.setLocalDescription();
    await far.setRemoteDescription(near.localDescription as RTCSessionDescription);
    await far.setLocalDescription();
    await near.setRemoteDescription(far.localDescription as RTCSessionDescription);
    await within(patienceMs, new Promise((resolve) => channel.addEventListener("open", resolve)));
    const since = performance.now();
    const back = new Promise((resolve) => channel.addEventListener("message", resolve));
    channel.send("1");
    await within(patienceMs, back);
    return timed(performance.now() - since);
  } finally {
    near.close();
    far.close();
  }
}

/** only leaves the addresses of one transport; TLS counts as TCP. */
function only(servers: readonly RTCIceServer[], transport: "udp" | "tcp"): RTCIceServer[] {
  const tcp = (url: string): boolean => /transport=tcp/.test(url) || url.startsWith("turns:");
  return servers
    .map((server) => ({
      ...server,
      urls: [server.urls].flat().filter((url) => tcp(url) === (transport === "tcp")),
    }))
    .filter(({ urls }) => urls.length > 0);
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + patienceMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error("it did not come about in time");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("it took too long")), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
