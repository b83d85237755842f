import type { ClientFrame, ServerFrame } from "./wire.gen.ts";

/** MakeSocket opens a WebSocket; tests hand in their own. */
export type MakeSocket = (url: string, protocol: string) => WebSocket;

/** SocketEvents are what a Socket tells its owner, until it has told it that it is closed. */
export interface SocketEvents {
  opened(): void;
  frame(frame: ServerFrame): void;
  /** closed is the last thing. code is the WebSocket's, 1006 for none. */
  closed(code: number): void;
}

const subprotocol = "pronto.v1";
const open = 1; // WebSocket.OPEN

/** Socket is one WebSocket: frames in and out, and one word at its end. */
export class Socket {
  readonly #socket: WebSocket;
  readonly #events: SocketEvents;
  #over = false;

  constructor(url: string, make: MakeSocket, events: SocketEvents) {
    this.#events = events;
    this.#socket = make(url, subprotocol);
    this.#socket.onopen = () => {
      if (!this.#over) events.opened();
    };
    this.#socket.onmessage = (message: MessageEvent<unknown>) => this.#read(message.data);
    this.#socket.onclose = (event) => this.#end(event.code);
  }

  /** send tells whether the frame went on its way. */
  send(frame: ClientFrame): boolean {
    if (this.#over || this.#socket.readyState !== open) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** drop gives the socket up without waiting for a dead network to agree. */
  drop(code: number): void {
    this.#end(code);
  }

  /** close ends it without telling the owner. */
  close(): void {
    this.#over = true;
    this.#socket.close(1000);
  }

  #read(data: unknown): void {
    if (this.#over || typeof data !== "string") return;
    let frame: ServerFrame;
    try {
      frame = JSON.parse(data) as ServerFrame;
    } catch {
      return; // a frame that cannot be read is as good as none: the serial shows the gap
    }
    if (typeof frame?.type === "string") this.#events.frame(frame);
  }

  #end(code: number): void {
    if (this.#over) return;
    this.#over = true;
    this.#socket.close();
    this.#events.closed(code);
  }
}
