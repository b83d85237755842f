import type { ClientFrame, RequestType, ServerFrame, Welcome } from "../src/wire.gen.ts";

/** FakeSocket is a WebSocket whose other end is the test. */
export class FakeSocket {
  readonly url: string;
  readonly protocol: string;
  readonly sent: ClientFrame[] = [];
  readyState = 0;
  closedWith: number | undefined;
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor(url: string, protocol: string) {
    this.url = url;
    this.protocol = protocol;
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(code?: number): void {
    this.readyState = 3;
    this.closedWith ??= code;
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  receive(frame: unknown): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  /** drop ends it from the other end. */
  drop(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }

  /** of are the requests of a type that were sent on it. */
  of<R extends RequestType>(type: R): Extract<ClientFrame, { type: R }>[] {
    return this.sent.filter((frame) => frame.type === type) as Extract<ClientFrame, { type: R }>[];
  }
}

/** FakeServer hands out sockets and answers as the test says. */
export class FakeServer {
  readonly sockets: FakeSocket[] = [];
  serial = 0;

  readonly makeSocket = (url: string, protocol: string): WebSocket => {
    const socket = new FakeSocket(url, protocol);
    this.sockets.push(socket);
    return socket as unknown as WebSocket;
  };

  /** last is the newest socket. */
  get last(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error("no socket was made");
    return socket;
  }

  /** greet opens the newest socket and answers its hello. */
  async greet(welcome: Partial<Welcome> = {}): Promise<void> {
    this.last.open();
    await settle();
    if (!welcome.resumed) this.serial = 0;
    this.reply(this.hello().id, "welcome", {
      session: "ses1",
      secret: "secret1",
      graceMs: 30_000,
      user: "ana",
      name: "Ana",
      calls: [],
      incoming: [],
      ...welcome,
    });
    await settle();
  }

  hello(): Extract<ClientFrame, { type: "hello" }> {
    const hello = this.last.of("hello")[0];
    if (hello === undefined) throw new Error("no hello was sent");
    return hello;
  }

  reply(id: string, type: ServerFrame["type"], body: unknown): void {
    this.last.receive({ type, id, serial: ++this.serial, body });
  }

  event(type: ServerFrame["type"], body: unknown, more: object = {}): void {
    this.last.receive({ type, serial: ++this.serial, body, ...more });
  }
}

/** settle lets promises that are already decided go on; no time passes. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
