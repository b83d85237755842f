/** JournalStep is one thing that happened to this client, in words of the protocol; it names nobody. */
export interface JournalStep {
  /** atMs is when, by the device's clock (Date.now). */
  readonly atMs: number;
  readonly what: string;
  /** detail is the event's own word: a state, a reason, a code. */
  readonly detail?: string;
  /** support is the code of the call that it belongs to. */
  readonly support?: string;
}

const mostSteps = 300;
const words = ["reason", "phase", "topology"] as const;

/**
 * Journal keeps the last steps of this client, for its diagnostics. Of what the server tells it keeps the type and
 * single words only: ids, names, addresses and descriptions of sessions never come in.
 */
export class Journal {
  #steps: JournalStep[] = [];

  /** steps are the last ones, the oldest first. */
  get steps(): readonly JournalStep[] {
    return this.#steps;
  }

  note(what: string, detail?: string, support?: string): void {
    const step = {
      atMs: Date.now(),
      what,
      ...(detail === undefined ? {} : { detail }),
      ...(support === undefined ? {} : { support }),
    };
    this.#steps = [...this.#steps, step].slice(-mostSteps);
  }

  /** take notes an event of the server. */
  take({ type, body }: { readonly type: string; readonly body: unknown }, support?: string): void {
    const fields = Object(body) as Record<string, unknown>;
    const detail = words.map((word) => fields[word]).find(isWord);
    this.note(type, detail, support);
  }
}

/** isWord tells words of the protocol from text: they are of letters alone, and short. */
function isWord(value: unknown): value is string {
  return typeof value === "string" && /^[a-zA-Z]{1,24}$/.test(value);
}
