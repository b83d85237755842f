import type { Call } from "./call.ts";
import type { Devices } from "./devices.ts";
import { Emitter } from "./emitter.ts";
import type { RequestOptions } from "./requests.ts";
import type { Kind, StopReason, Incoming as WireIncoming } from "./wire.gen.ts";

/** Stopped says why a device no longer rings. */
export interface Stopped {
  readonly reason: StopReason;
  /** device is the name of our device that answered or declined. */
  readonly device?: string;
}

/** AcceptOptions are what to send from the start; without them the microphone, and the camera in a video call. */
export interface AcceptOptions extends RequestOptions {
  readonly microphone?: boolean;
  readonly camera?: boolean;
  /** devices are open already, as for a preview: what they send is sent from the start, and once we are in they are the call's. */
  readonly devices?: Devices;
}

/** Answers is what an Incoming needs to be answered. @internal */
export interface Answers {
  accept(incoming: Incoming, options: AcceptOptions): Promise<Call>;
  decline(incoming: Incoming): Promise<void>;
}

/** lateMs is how long to wait for the server's word that it stopped, before stopping without. */
const lateMs = 3_000;

/** Incoming is a call that rings here. */
export class Incoming extends Emitter<{ stopped: Stopped }> {
  declare readonly call: string;
  declare readonly kind: Kind;
  /** from is the account that calls. */
  declare readonly from: string;
  /** name is what to show for it. */
  declare readonly name: string;
  /** automated says that it is a program, no person: show that beside the name. */
  declare readonly automated: boolean;
  /** others is how many more are in the call or rung. */
  declare readonly others: number;
  readonly #answers: Answers;
  readonly #timer: ReturnType<typeof setTimeout>;
  #state: "ringing" | "stopped" = "ringing";

  /** @internal */
  constructor(body: WireIncoming, answers: Answers) {
    super();
    this.call = body.call;
    this.kind = body.kind;
    this.from = body.from;
    this.name = body.name;
    this.automated = !!body.automated;
    this.others = body.others ?? 0;
    this.#answers = answers;
    this.#timer = setTimeout(() => this.stop({ reason: "timeout" }), body.ringMs + lateMs);
  }

  get state(): "ringing" | "stopped" {
    return this.#state;
  }

  /** accept answers on this device. It rejects with answeredElsewhere if another device was first. */
  accept(options: AcceptOptions = {}): Promise<Call> {
    return this.#answers.accept(this, options);
  }

  /** decline refuses the call on all devices of the account. */
  decline(): Promise<void> {
    return this.#answers.decline(this);
  }

  /** stop ends the ringing; silently if we have answered ourselves. @internal */
  stop(why?: Stopped): void {
    if (this.#state === "stopped") return;
    this.#state = "stopped";
    clearTimeout(this.#timer);
    if (why) this.emit("stopped", why);
  }
}
