import { isFinal, retryDelayMs } from "./backoff.ts";
import { deviceID, randomID, type Store } from "./device.ts";
import { Emitter } from "./emitter.ts";
import { ProntoError } from "./problem.ts";
import { type Abortable, Requests } from "./requests.ts";
import { type MakeSocket, Socket } from "./socket.ts";
import { type TokenSource, Tokens } from "./token.ts";
import type {
  Capabilities,
  ClientFrame,
  EventFrame,
  Hello,
  RequestMap,
  RequestType,
  Resume,
  ServerFrame,
  Welcome,
} from "./wire.gen.ts";
import { closeCodes } from "./wire.gen.ts";

/** State is where the connection to the server stands. */
export type State = "idle" | "connecting" | "online" | "reconnecting" | "closed";

export interface SignallingOptions {
  readonly url: string;
  readonly token: TokenSource;
  readonly device?: string | undefined;
  readonly deviceName?: string | undefined;
  /** encryption is the version of end-to-end encryption that we speak; absent means none. */
  readonly encryption?: number | undefined;
  /** capabilities are what we can do; absent means not told. */
  readonly capabilities?: Capabilities | undefined;
  readonly store?: Store | undefined;
  readonly makeSocket?: MakeSocket | undefined;
  readonly random?: () => number;
}

export interface SignallingEvents {
  state: State;
  welcome: Welcome;
  event: EventFrame;
  /** failed says why the connection is closed for good. */
  failed: ProntoError;
}

const requestTimeoutMs = 30_000;
const welcomeTimeoutMs = 10_000;
const idlePingMs = 10_000;
const callPingMs = 2_000;
const deadAfterPings = 2;
const maxEarly = 1_000;

/**
 * Signalling keeps one session with the server, over as many sockets as it
 * takes. It knows no calls and no media.
 */
export class Signalling extends Emitter<SignallingEvents> {
  readonly #options: SignallingOptions;
  readonly #device: string;
  /** tokens gives out the token of this client. */
  readonly tokens: Tokens;
  readonly #requests = new Requests(`${randomID().slice(0, 8)}-`);
  #state: State = "idle";
  #session: Omit<Resume, "serial"> | undefined;
  #serial = 0; // of the last frame seen
  #socket: Socket | undefined;
  #attempt = 0; // failures in a row
  #refused = false; // the last hello's token was refused
  #welcomed = false; // this socket has had its welcome
  #helloID = "";
  #early: ServerFrame[] = []; // of the session, before the welcome
  #welcomeSerial = 0; // the welcome's own place among the serials
  #timer: ReturnType<typeof setTimeout> | undefined; // to connect again, or to give up waiting for the welcome
  #pinger: ReturnType<typeof setInterval> | undefined;
  #unansweredPings = 0;
  #rttMs = 0; // of the last ping that was answered, until it is told
  #pingMs = idlePingMs;

  constructor(options: SignallingOptions) {
    super();
    this.#options = options;
    this.tokens = new Tokens(options.token);
    this.#device = options.device ?? deviceID(options.store);
  }

  get state(): State {
    return this.#state;
  }

  /** device is this device's id. */
  get device(): string {
    return this.#device;
  }

  /** open connects, and keeps connected until close. */
  open(): void {
    if (this.#state !== "idle" && this.#state !== "closed") return;
    this.#attempt = 0;
    this.#refused = false;
    this.#setState("connecting");
    this.#connect();
  }

  /** close ends the session. Unanswered requests are rejected. */
  close(): void {
    this.#end(new ProntoError("closed", "the client was closed"));
  }

  /** request sends a request now, or as soon as there is a socket. */
  request<R extends RequestType>(
    type: R,
    body: RequestMap[R]["body"],
    options: Abortable<RequestMap[R]["reply"]> = {},
  ): Promise<RequestMap[R]["reply"]> {
    if (this.#state === "idle" || this.#state === "closed") {
      return Promise.reject(new ProntoError("closed", "the client is not connected"));
    }
    return this.#requests.add(type, body, requestTimeoutMs, (frame) => this.#send(frame), options);
  }

  /**
   * beacon sends a last report over HTTP, which the browser carries out after the page is gone. The session's
   * secret says whose it is; nobody waits for an answer.
   */
  beacon(type: "reportEnd", body: RequestMap["reportEnd"]["body"]): void {
    if (this.#session === undefined || typeof navigator?.sendBeacon !== "function") return;
    const url = this.#options.url.replace(/^ws/, "http").replace(/\/v1\/ws.*$/, "/v1/report");
    navigator.sendBeacon(url, JSON.stringify({ ...this.#session, frame: { type, id: "beacon", body } }));
  }

  /** setInCall makes a lost network noticed sooner. */
  setInCall(inCall: boolean): void {
    const pingMs = inCall ? callPingMs : idlePingMs;
    if (pingMs === this.#pingMs) return;
    this.#pingMs = pingMs;
    if (this.#pinger !== undefined) this.#startPings();
  }

  /** wake connects at once if it was waiting, and tests the socket if there is one. */
  wake(): void {
    if (this.#state === "online") {
      if (this.#unansweredPings === 0) this.#ping();
    } else if (
      (this.#state === "connecting" || this.#state === "reconnecting") &&
      this.#socket === undefined
    ) {
      this.#connect();
    }
  }

  #send(frame: ClientFrame): boolean {
    return this.#welcomed && (this.#socket?.send(frame) ?? false);
  }

  #setState(state: State): void {
    if (state === this.#state) return;
    this.#state = state;
    this.emit("state", state);
  }

  #connect(): void {
    clearTimeout(this.#timer);
    this.#welcomed = false;
    this.#early = [];
    const make = this.#options.makeSocket ?? ((url, protocol) => new WebSocket(url, protocol));
    let socket: Socket;
    try {
      socket = new Socket(this.#options.url, make, {
        opened: () => void this.#hello(socket),
        frame: (frame) => this.#read(frame),
        closed: (code) => this.#lost(code),
      });
    } catch (error) {
      this.#end(new ProntoError("invalid", `the server's address does not fit: ${String(error)}`));
      return;
    }
    this.#socket = socket;
    this.#timer = setTimeout(() => socket.drop(1006), welcomeTimeoutMs);
  }

  async #hello(socket: Socket): Promise<void> {
    const { deviceName, encryption, capabilities } = this.#options;
    let text: string;
    try {
      text = await this.tokens.get();
    } catch (error) {
      if (this.#socket !== socket) return;
      if (error instanceof ProntoError && error.code === "unauthenticated") this.#end(error);
      else socket.drop(1006); // whoever gives out tokens may be away as well
      return;
    }
    if (this.#socket !== socket) return;
    this.#helloID = `hello-${randomID()}`;
    const resume = this.#session === undefined ? undefined : { ...this.#session, serial: this.#serial };
    socket.send({
      type: "hello",
      id: this.#helloID,
      body: {
        token: text,
        device: this.#device,
        deviceName, // JSON leaves out what is undefined
        encryption,
        capabilities,
        resume,
      } as Hello,
    });
  }

  #read(frame: ServerFrame): void {
    if (this.#welcomed) this.#take(frame);
    else if (frame.id === this.#helloID) this.#readHelloReply(frame);
    else if (this.#early.length < maxEarly) this.#early.push(frame);
  }

  /** take takes a frame of the session in its turn. */
  #take(frame: ServerFrame): void {
    const { serial } = frame;
    const last = this.#serial;
    if (serial !== undefined && !isReply(frame) && serial <= last) return; // seen before the socket was lost
    if (serial !== undefined && serial > last) {
      const next = last + 1 === this.#welcomeSerial ? last + 2 : last + 1;
      if (serial > next) {
        this.#socket?.drop(1006); // something is missing: the resumed session sends it again
        return;
      }
      this.#serial = serial;
    }
    if (isReply(frame)) this.#requests.settle(frame);
    else this.emit("event", frame);
  }

  #readHelloReply(frame: ServerFrame): void {
    if (frame.type === "problem") {
      this.#refuse(ProntoError.from(frame.body));
      return;
    }
    if (frame.type !== "welcome") return;
    clearTimeout(this.#timer);
    this.#welcomed = true;
    this.#attempt = 0;
    this.#refused = false;
    const welcome = frame.body;
    const resumed = welcome.resumed === true;
    this.#session = { session: welcome.session, secret: welcome.secret };
    this.#welcomeSerial = frame.serial ?? 0;
    if (!resumed) this.#serial = this.#welcomeSerial;
    this.#startPings();
    this.tokens.keep();
    this.#setState("online");
    this.emit("welcome", welcome);
    const early = this.#early;
    this.#early = [];
    if (resumed) for (const missed of early) this.#take(missed);
    this.#requests.resend(resumed, (request) => this.#send(request));
  }

  /** refuse takes the server's no to a hello. */
  #refuse(problem: ProntoError): void {
    switch (problem.code) {
      case "unauthenticated":
        if (this.#refused || !this.tokens.renewable) {
          this.#end(problem);
          return;
        }
        this.#refused = true; // a token may have run out: fetch one more
        this.tokens.forget();
        break;
      case "rateLimited":
      case "unavailable":
      case "internal":
        break;
      default:
        this.#end(problem);
        return;
    }
    this.#retry(1006, problem.retryAfterMs);
  }

  #lost(code: number): void {
    if (isFinal(code)) {
      this.#end(new ProntoError("closed", "the session goes on in another tab"));
    } else if (code === closeCodes.unauthenticated) {
      this.#refuse(new ProntoError("unauthenticated", "the server refused the token"));
    } else {
      this.#retry(code);
    }
  }

  #retry(code: number, notBeforeMs = 0): void {
    this.#dropSocket();
    if (this.#state === "closed") return;
    if (this.#state === "online") this.#setState("reconnecting");
    const wait = retryDelayMs(this.#attempt++, code, this.#options.random ?? Math.random);
    this.#timer = setTimeout(() => this.#connect(), Math.max(wait, notBeforeMs));
  }

  #end(error: ProntoError): void {
    this.#dropSocket();
    this.tokens.release();
    this.#session = undefined;
    this.#serial = 0;
    this.#requests.rejectAll(error);
    if (this.#state === "closed" || this.#state === "idle") return;
    this.#setState("closed");
    this.emit("failed", error);
  }

  #dropSocket(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#pinger);
    this.#pinger = undefined;
    this.#welcomed = false;
    this.#socket?.close();
    this.#socket = undefined;
  }

  #startPings(): void {
    clearInterval(this.#pinger);
    this.#unansweredPings = 0;
    this.#pinger = setInterval(() => this.#ping(), this.#pingMs);
  }

  #ping(): void {
    if (this.#unansweredPings >= deadAfterPings) {
      this.#socket?.drop(1006);
      return;
    }
    this.#unansweredPings++;
    const socket = this.#socket;
    const sentMs = performance.now();
    const rtt = this.#rttMs === 0 ? {} : { rttMs: this.#rttMs };
    this.#rttMs = 0;
    this.#requests
      .add("ping", { serial: this.#serial, ...rtt }, this.#pingMs * (deadAfterPings + 1), (frame) =>
        this.#send(frame),
      )
      .then(
        () => {
          if (socket !== this.#socket) return;
          this.#unansweredPings = 0;
          this.#rttMs = Math.min(60_000, Math.max(1, Math.round(performance.now() - sentMs)));
        },
        () => undefined, // the next ping notices
      );
  }
}

function isReply(frame: ServerFrame): frame is Exclude<ServerFrame, EventFrame> {
  return frame.type === "problem" || frame.id !== undefined;
}
