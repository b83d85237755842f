import type { RequestOptions } from "./requests.ts";
import type { Signalling } from "./signalling.ts";
import type { Callback, OpeningHours, Queue } from "./wire.gen.ts";

/** Queues are the links that lead to operators: each visitor rings all of them, and the first who answers has him. */
export class Queues {
  readonly #signalling: Signalling;

  /** @internal */
  constructor(signalling: Signalling) {
    this.#signalling = signalling;
  }

  /** set makes a link of ours lead to operators, at these hours or always; without operators it is a link like others. */
  set(link: string, operators: readonly string[], hours?: OpeningHours): Promise<Queue> {
    return this.#signalling.request("setQueue", {
      link,
      operators: [...operators],
      ...(hours === undefined ? {} : { hours }),
    });
  }

  /** get is the queue of a link that we own or are an operator of. */
  get(link: string, options?: RequestOptions): Promise<Queue> {
    return this.#signalling.request("getQueue", { link }, options);
  }

  /** callbacks are the visitors whom nobody could answer and who want to be called back, the longest first. */
  async callbacks(link: string, options?: RequestOptions): Promise<readonly Callback[]> {
    return (await this.#signalling.request("getCallbacks", { link }, options)).callbacks;
  }

  /** finish deletes a callback that was made; it rejects with notFound if another operator was first. */
  async finish(link: string, callback: string): Promise<void> {
    await this.#signalling.request("finishCallback", { link, callback });
  }
}
