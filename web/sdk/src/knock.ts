import type { Client } from "./later.ts";
import type { ProntoError } from "./problem.ts";
import type { Signalling } from "./signalling.ts";
import type { EventFrame, KnockAnswer } from "./wire.gen.ts";

/** Knocks are those that were not answered yet, by link. @internal */
export class Knocks {
  readonly #signalling: Signalling;
  readonly #client: Client;
  readonly #waiting = new Map<string, (answer: KnockAnswer) => void>();

  constructor(signalling: Signalling, client: Client) {
    this.#signalling = signalling;
    this.#client = client;
  }

  /** take takes an answer. */
  take(frame: Extract<EventFrame, { type: "knockAnswered" }>): void {
    this.#waiting.get(frame.body.link)?.(frame.body.answer);
  }

  /**
   * wait knocks and resolves when a host has let us in. It rejects with denied, with noAnswer if nobody came in a
   * quarter of an hour, with notFound if link or call are over, and with what signal was aborted with.
   */
  async wait(link: string, browser: string, waiting?: () => void, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const ended = new AbortController();
    try {
      await new Promise<void>((resolve, reject) => {
        this.#waiting.set(link, (answer) => {
          if (answer === "admitted") resolve();
          else reject(answers[answer](this.#client));
        });
        const knock = (): void => {
          this.#signalling.request("knock", { link, browser }).then(({ admitted = false }) => {
            if (admitted) resolve();
            else waiting?.();
          }, reject);
        };
        // A session of its own knows nothing of the knock of the one before.
        const undo = [
          this.#signalling.on("welcome", (welcome) => {
            if (!welcome.resumed) knock();
          }),
          this.#signalling.on("failed", reject),
        ];
        ended.signal.addEventListener("abort", () => {
          for (const each of undo) each();
        });
        signal?.addEventListener(
          "abort",
          () => {
            this.#signalling.request("stopWaiting", { link }).catch(() => undefined); // answered already, or gone
            reject(signal.reason);
          },
          { signal: ended.signal },
        );
        knock();
      });
    } finally {
      ended.abort();
      this.#waiting.delete(link);
    }
  }
}

const answers: Record<Exclude<KnockAnswer, "admitted">, (client: Client) => ProntoError> = {
  denied: ({ ProntoError }) => new ProntoError("denied", "a host did not let us in"),
  expired: ({ ProntoError }) => new ProntoError("noAnswer", "no host answered; try again later"),
  closed: ({ ProntoError }) => new ProntoError("notFound", "the link or its call is over"),
};
