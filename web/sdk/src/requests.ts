import { ProntoError } from "./problem.ts";
import {
  type ClientFrame,
  maxFrameBytes,
  type ProblemFrame,
  type ReplyFrame,
  type RequestMap,
  type RequestType,
} from "./wire.gen.ts";

/** maxPending is how many requests may wait at once; more are refused with rateLimited. */
const maxPending = 200;

/**
 * once are the requests that a new session must not repeat: the server that
 * knew whether they were carried out is gone.
 */
const once: ReadonlySet<RequestType> = new Set([
  "ring",
  "createLink",
  "joinLink",
  "newHostLink",
  "bookSlot",
  "knock",
]);

/** RequestOptions: an aborted signal rejects the request with the signal's reason. What was sent may be carried out all the same. */
export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Abortable is a request that can be given up after it was sent: late takes the reply that nobody waits for. */
export interface Abortable<Reply> extends RequestOptions {
  readonly late?: (reply: Reply) => void;
}

interface Pending {
  readonly frame: ClientFrame;
  resolve: (body: never) => void;
  reject: (error: ProntoError) => void;
  /** done ends the waiting. */
  readonly done: () => void;
  sent: boolean;
}

/** Requests are those that have no reply yet, in the order they were made. */
export class Requests {
  readonly #pending = new Map<string, Pending>();
  readonly #prefix: string;
  #made = 0;

  /** prefix keeps the ids of two loads of a page apart: they may share a session. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /**
   * add makes a request that send will send. Without a reply within
   * timeoutMs it is rejected with offline.
   */
  add<R extends RequestType>(
    type: R,
    body: RequestMap[R]["body"],
    timeoutMs: number,
    send: (frame: ClientFrame) => boolean,
    { signal, late }: Abortable<RequestMap[R]["reply"]> = {},
  ): Promise<RequestMap[R]["reply"]> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#pending.size >= maxPending) {
      return Promise.reject(new ProntoError("rateLimited", `${maxPending} requests wait already`));
    }
    this.#made++;
    const id = `${this.#prefix}${this.#made.toString(36)}`;
    const frame = { type, id, body } as unknown as ClientFrame;
    if (JSON.stringify(frame).length > maxFrameBytes) {
      // The server would close the socket, and again with each new one.
      return Promise.reject(new ProntoError("tooLarge", `${type} is over ${maxFrameBytes} bytes`));
    }
    return new Promise((resolve, reject) => {
      const giveUp = (error: unknown): void => {
        done();
        this.#pending.delete(id);
        reject(error);
      };
      const aborted = (): void => {
        const pending = this.#pending.get(id);
        if (late !== undefined && pending?.sent) {
          pending.resolve = late;
          pending.reject = () => undefined;
          reject(signal?.reason);
        } else {
          giveUp(signal?.reason);
        }
      };
      const timer = setTimeout(
        () => giveUp(new ProntoError("offline", `no answer to ${type} within ${timeoutMs} ms`)),
        timeoutMs,
      );
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", aborted);
      };
      signal?.addEventListener("abort", aborted);
      this.#pending.set(id, { frame, resolve, reject, done, sent: send(frame) });
    });
  }

  /** settle takes a reply; one to an unknown request is ignored. */
  settle(frame: ReplyFrame | ProblemFrame): void {
    const pending = frame.id === undefined ? undefined : this.#pending.get(frame.id);
    if (frame.id === undefined || pending === undefined) return;
    this.#pending.delete(frame.id);
    pending.done();
    if (frame.type === "problem") pending.reject(ProntoError.from(frame.body));
    else pending.resolve(frame.body as never);
  }

  /**
   * resend sends what is unanswered again, with the same ids. In a session of
   * its own, resumed being false, nobody can tell whether those that were sent
   * have been carried out.
   */
  resend(resumed: boolean, send: (frame: ClientFrame) => boolean): void {
    for (const [id, pending] of [...this.#pending]) {
      if (!resumed && pending.sent && once.has(pending.frame.type)) {
        this.#pending.delete(id);
        pending.done();
        pending.reject(
          new ProntoError("offline", `the server was lost before it answered ${pending.frame.type}`),
        );
        continue;
      }
      pending.sent = send(pending.frame);
    }
  }

  /** rejectAll gives up. */
  rejectAll(error: ProntoError): void {
    for (const pending of this.#pending.values()) {
      pending.done();
      pending.reject(error);
    }
    this.#pending.clear();
  }
}
