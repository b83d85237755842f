import type { Command, Identified, KeyState, Report } from "./e2ee/messages.ts";
import { ProntoError } from "./problem.ts";
import { trusted, type WorkerURL } from "./trusted.ts";
import type { KeyFailure } from "./wire.gen.ts";

/** builtWorker is the worker's file, beside this one; the build says its name. */
declare const builtWorker: string | undefined;

/** Asked is a request of the worker to the server. */
export type Asked = Extract<Report, { type: "ask" }>;

/** CallListener hears what the worker says about one call. */
export interface CallListener {
  ask(asked: Asked): Promise<unknown>;
  state(state: KeyState): void;
  failed(failure: KeyFailure): void;
  opened(): void;
}

type Reply = Extract<Command, { type: "answer" | "refusal" }>;
type Question = Exclude<Extract<Command, { id: number }>, Reply>;
type WithoutID<T> = T extends unknown ? Omit<T, "id"> : never;

/** canEncrypt tells whether this browser can encrypt calls: it needs encoded transforms and WebCrypto. */
export function canEncrypt(): boolean {
  return (
    typeof RTCRtpScriptTransform !== "undefined" &&
    typeof Worker !== "undefined" &&
    globalThis.crypto?.subtle !== undefined
  );
}

/** KeyWorker is the page's end of the worker that has all keys. */
export class KeyWorker {
  readonly worker: Worker;
  readonly #questions = new Map<number, { resolve(result: never): void; reject(error: Error): void }>();
  readonly #calls = new Map<string, CallListener>();
  #made = 0;

  constructor(url: WorkerURL | undefined) {
    const address = url ?? defaultURL();
    try {
      this.worker = new Worker(trusted(startable(address)));
    } catch (error) {
      throw new ProntoError(
        "invalid",
        `the key worker does not start; the option keyWorker names pronto-keys.js: ${error}`,
      );
    }
    this.worker.onmessage = ({ data }: MessageEvent<Report>) => this.#take(data);
    this.worker.onerror = () => this.#fail("the key worker could not be loaded, or has failed");
  }

  /** tell tells the worker something that has no answer. */
  tell(command: Exclude<Command, Question>): void {
    this.worker.postMessage(command);
  }

  /** identify says who we are: before any call. */
  identify(question: WithoutID<Extract<Question, { type: "identify" }>>): Promise<Identified> {
    return this.ask(question);
  }

  /** ask asks the worker. */
  ask<Result>(question: WithoutID<Question>): Promise<Result> {
    const id = ++this.#made;
    return new Promise((resolve, reject) => {
      this.#questions.set(id, { resolve, reject });
      this.worker.postMessage({ ...question, id });
    });
  }

  /** listen hears about a call, until the undo that it returns. */
  listen(call: string, listener: CallListener): () => void {
    this.#calls.set(call, listener);
    return () => this.#calls.delete(call);
  }

  close(): void {
    this.worker.terminate();
    this.#fail("the client was closed");
  }

  #take(report: Report): void {
    switch (report.type) {
      case "done":
        this.#questions.get(report.id)?.resolve(report.result as never);
        this.#questions.delete(report.id);
        break;
      case "error":
        this.#questions.get(report.id)?.reject(new ProntoError("internal", report.message));
        this.#questions.delete(report.id);
        break;
      case "ask":
        void this.#relay(report);
        break;
      case "state":
        this.#calls.get(report.call)?.state(report.state);
        break;
      case "failed":
        this.#calls.get(report.call)?.failed(report.failure);
        break;
      case "opened":
        this.#calls.get(report.call)?.opened();
        break;
    }
  }

  async #relay(asked: Asked): Promise<void> {
    const { id } = asked;
    try {
      const listener = this.#calls.get(asked.call);
      if (listener === undefined) throw new ProntoError("callEnded", "the call is over");
      this.tell({ type: "answer", id, body: await listener.ask(asked) });
    } catch (error) {
      this.tell({ type: "refusal", id, code: ProntoError.of(error).code });
    }
  }

  #fail(why: string): void {
    for (const { reject } of this.#questions.values()) reject(new ProntoError("internal", why));
    this.#questions.clear();
  }
}

function defaultURL(): URL {
  const file = typeof builtWorker === "undefined" ? "pronto-keys.js" : builtWorker;
  return new URL(file, import.meta.url);
}

/**
 * startable is an address that a worker can be started from. Browsers start none from another origin (HTML, section
 * 10.2.6.3); one of our own loads it from there, if the page's content security policy has worker-src blob:.
 */
function startable(url: WorkerURL): WorkerURL {
  const { location } = globalThis;
  const address = new URL(url, location?.href);
  if (location === undefined || address.origin === location.origin) return url;
  const script = `importScripts(${JSON.stringify(address.href)})`;
  return URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
}
