/** Listener is told of one event. What it throws is reported and stops nobody else. */
export type Listener<Value> = (value: Value) => void;

/** ListenOptions: an aborted signal removes the listener. */
export interface ListenOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Emitter tells listeners of the events that Events names, in the order they were added. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();

  /** on adds a listener and returns what removes it again; so does the signal. */
  on<E extends keyof Events>(
    event: E,
    listener: Listener<Events[E]>,
    { signal }: ListenOptions = {},
  ): () => void {
    if (signal?.aborted) return () => undefined;
    let all = this.#listeners.get(event);
    if (all === undefined) {
      all = new Set();
      this.#listeners.set(event, all);
    }
    const own: Listener<Events[E]> = (value) => listener(value); // so that the same function may be added twice
    all.add(own as Listener<never>);
    const remove = (): void => {
      all.delete(own as Listener<never>);
      signal?.removeEventListener("abort", remove);
    };
    signal?.addEventListener("abort", remove);
    return remove;
  }

  /** heard tells whether anybody listens. @internal */
  heard(event: keyof Events): boolean {
    return (this.#listeners.get(event)?.size ?? 0) > 0;
  }

  /** emit tells the listeners. @internal */
  emit<E extends keyof Events>(event: E, value: Events[E]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) {
      try {
        (listener as Listener<Events[E]>)(value);
      } catch (error) {
        reportError(error);
      }
    }
  }
}
