import { type ReadonlySignal, signal } from "@preact/signals";
import { type Call, type Ended, Pronto, ProntoError } from "../../../sdk/src/index.ts";
import type { Phase } from "../protocol.ts";
import type { Words } from "./lang.ts";
import { AnswerError, agree, askBack, enter, forget, type Pass } from "./server.ts";

/** VisitOptions say where the visit leads. */
export interface VisitOptions {
  readonly link: string;
  readonly secret?: string | undefined;
  /** notice is the version of the privacy notice that the visitor is shown. */
  readonly notice: string;
  readonly tell: (phase: Phase, more?: { reason?: string; durationMs?: number }) => void;
}

/** Fault is a key of the words. */
export type Fault = keyof Words;

/** Visit is one visitor's way through the frame. Until start nothing but the page itself was asked of the server. */
export class Visit {
  readonly #options: VisitOptions;
  readonly #phase = signal<Phase>("asking");
  readonly #call = signal<Call | undefined>(undefined);
  readonly #ended = signal<Ended | undefined>(undefined);
  readonly #fault = signal<Fault | undefined>(undefined);
  readonly #away = signal(false);
  readonly #changed = signal(0);
  readonly #closed = signal(false);
  readonly #opensMs = signal<number | undefined>(undefined);
  readonly #forgotten = signal(false);
  #pronto: Pronto | undefined;
  #given: AbortController | undefined;
  #pass: Pass | undefined;

  constructor(options: VisitOptions) {
    this.#options = options;
  }

  get phase(): ReadonlySignal<Phase> {
    return this.#phase;
  }
  get call(): ReadonlySignal<Call | undefined> {
    return this.#call;
  }
  get ended(): ReadonlySignal<Ended | undefined> {
    return this.#ended;
  }
  /** fault is what to tell the visitor. */
  get fault(): ReadonlySignal<Fault | undefined> {
    return this.#fault;
  }
  /** away is while the server cannot be reached. */
  get away(): ReadonlySignal<boolean> {
    return this.#away;
  }
  /** changed counts the changes of the call, for what draws it. */
  get changed(): ReadonlySignal<number> {
    return this.#changed;
  }
  /** closed is whether he came at an hour at which nobody is there; opensMs is when somebody is. */
  get closed(): ReadonlySignal<boolean> {
    return this.#closed;
  }
  get opensMs(): ReadonlySignal<number | undefined> {
    return this.#opensMs;
  }
  /** forgotten is whether he has had deleted what was kept of him. */
  get forgotten(): ReadonlySignal<boolean> {
    return this.#forgotten;
  }

  /** start agrees to the notice and calls: the visitor's own click. */
  async start(name: string, camera: boolean): Promise<void> {
    if (this.#phase.value === "joining") return;
    this.#fault.value = undefined;
    this.#ended.value = undefined;
    this.#closed.value = false;
    this.#forgotten.value = false;
    this.#go("joining");
    this.#given = new AbortController();
    const { signal: given } = this.#given;
    try {
      this.#pass = await enter(this.#options.link, name);
      given.throwIfAborted();
      await agree(this.#pass, this.#options.notice);
      given.throwIfAborted();
      const pronto = this.#open(this.#pass);
      await pronto.connect({ signal: given });
      const { link, secret } = this.#options;
      const call = await pronto.joinLink(link, {
        microphone: true,
        camera,
        signal: given,
        ...(secret === undefined ? {} : { secret }),
      });
      this.#follow(call);
    } catch (error) {
      this.#close();
      if (given.aborted) this.#go("asking");
      else this.#fail(error);
    }
  }

  /** leave hangs up, or gives up calling. It resolves when the server has been told. */
  async leave(): Promise<void> {
    const call = this.#call.value;
    if (call === undefined) this.#given?.abort();
    else await call.leave();
  }

  /** askBack leaves word where to call him back. */
  async askBack(contact: string, note: string): Promise<void> {
    if (this.#pass === undefined) return;
    this.#fault.value = undefined;
    try {
      await askBack(this.#pass, contact, note);
      this.#go("noted");
    } catch (error) {
      this.#fault.value = faultOf(error);
    }
  }

  /** forget has deleted what is kept of him. */
  async forget(): Promise<void> {
    if (this.#pass === undefined) return;
    this.#fault.value = undefined;
    try {
      await forget(this.#pass);
      this.#forgotten.value = true;
    } catch (error) {
      this.#fault.value = faultOf(error);
    }
  }

  /** again goes back to the start. */
  again(): void {
    this.#fault.value = undefined;
    this.#go("asking");
  }

  #open(pass: Pass): Pronto {
    const pronto = new Pronto({ token: pass.token, deviceName: "website" });
    this.#pronto = pronto;
    pronto.on("state", (state) => {
      this.#away.value = state === "reconnecting";
    });
    pronto.on("problem", (problem) => {
      if (this.#pronto === pronto && problem.code !== "closed") this.#fail(problem);
    });
    return pronto;
  }

  #follow(call: Call): void {
    this.#call.value = call;
    const step = (): void => {
      if (this.#call.value !== call) return;
      this.#changed.value++;
      const { deviceError } = call;
      this.#fault.value = deviceError === undefined ? undefined : faultOf(deviceError);
      const others = call.participants.some(({ self, presence }) => !self && presence === "joined");
      if (call.phase !== "ended") this.#go(others ? "inCall" : "waiting");
    };
    call.on("change", step);
    call.on("track", step);
    call.on("ended", (ended) => {
      if (this.#call.value !== call) return;
      this.#call.value = undefined;
      this.#ended.value = ended;
      this.#close();
      const missed = ["noAnswer", "declined", "busy"].includes(ended.reason);
      this.#go(missed ? "callback" : "ended", ended);
    });
    step();
  }

  #close(): void {
    this.#pronto?.close();
    this.#pronto = undefined;
    this.#away.value = false;
  }

  #fail(error: unknown): void {
    this.#close();
    this.#call.value = undefined;
    if (isDead(error)) {
      this.#go("dead");
      return;
    }
    if (error instanceof ProntoError && error.code === "queueClosed") {
      this.#closed.value = true;
      this.#opensMs.value = Date.now() + (error.retryAfterMs ?? 0);
      this.#go("callback", { reason: "closed" });
      return;
    }
    this.#fault.value = faultOf(error);
    this.#go("asking");
  }

  #go(phase: Phase, more?: { reason?: string; durationMs?: number }): void {
    if (this.#phase.value === phase) return;
    this.#phase.value = phase;
    this.#options.tell(phase, more);
  }
}

function isDead(error: unknown): boolean {
  return error instanceof AnswerError
    ? error.status === 404
    : error instanceof ProntoError && error.code === "notFound";
}

const known: ReadonlySet<string> = new Set<Fault>([
  "permissionDenied",
  "noDevice",
  "deviceBusy",
  "insecureOrigin",
  "offline",
  "rateLimited",
  "encryptionNeeded",
  "callFull",
]);

const byStatus: Readonly<Partial<Record<number, Fault>>> = {
  0: "offline",
  422: "badText",
  429: "rateLimited",
};

/** faultOf is what to tell of an error. */
export function faultOf(error: unknown): Fault {
  if (error instanceof AnswerError) return byStatus[error.status] ?? "failed";
  const { code } = ProntoError.of(error);
  return known.has(code) ? (code as Fault) : "failed";
}
