import type { ClientFrame } from "../wire.gen.ts";

/** turns is how many promises in a row the client may wait for between two frames; no timer, which a test may have stopped. */
const turns = 20;

/** LoopSocket is a WebSocket whose other end is in the same page. */
export class LoopSocket {
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  #last: Promise<void> = Promise.resolve();
  readonly #take: (frame: ClientFrame, socket: LoopSocket) => void;

  constructor(take: (frame: ClientFrame, socket: LoopSocket) => void) {
    this.#take = take;
    queueMicrotask(() => {
      if (this.readyState !== 0) return;
      this.readyState = 1;
      this.onopen?.();
    });
  }

  send(text: string): void {
    this.#take(JSON.parse(text) as ClientFrame, this);
  }

  close(): void {
    this.readyState = 3;
  }

  /** receive hands a frame to the client, as a network does: later, and when what came of the one before is done. */
  receive(frame: object): void {
    const data = JSON.stringify(frame);
    this.#last = this.#last.then(async () => {
      for (let i = 0; i < turns; i++) await undefined;
      if (this.readyState === 1) this.onmessage?.({ data });
    });
  }

  /** drop ends it from the other end. */
  drop(code: number): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }
}
