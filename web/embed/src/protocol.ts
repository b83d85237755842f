/**
 * The protocol between a page and the frame in it that has a call: web/embed/README.md describes it. Each side takes
 * messages only from the other's window and only from the origin that it expects, and sends to that origin only.
 */

/** Theme is light, dark, or what the visitor's system has. */
export type Theme = "light" | "dark" | "auto";

/** Phase is where the visit stands. */
export type Phase = "asking" | "joining" | "waiting" | "inCall" | "ended" | "callback" | "noted" | "dead";

/** ToFrame are the messages of the page, by type. Each is answered by reply or refused. */
export interface ToFrame {
  hello: { readonly theme?: Theme; readonly language?: string; readonly name?: string };
  setTheme: { readonly theme: Theme };
  setMicrophone: { readonly on: boolean };
  setCamera: { readonly on: boolean };
  leave: Record<string, never>;
}

/** FromFrame are the messages of the frame, by type. */
export interface FromFrame {
  ready: { readonly version: 1 };
  phase: { readonly phase: Phase; readonly reason?: string; readonly durationMs?: number };
  close: Record<string, never>;
  reply: { readonly to: string };
  refused: { readonly to: string; readonly code: RefusalCode; readonly detail: string };
}

/** RefusalCode says why the frame did not do it. */
export type RefusalCode = "unknownType" | "invalid" | "notInCall" | "gestureRequired";

/** Message is what travels. */
export interface Message<Types> {
  readonly pronto: 1;
  readonly id: string;
  readonly type: keyof Types & string;
  readonly payload: object;
}

/** isMessage tells whether data is of this protocol; it may be anybody's. */
export function isMessage(data: unknown): data is Message<Record<string, object>> {
  if (typeof data !== "object" || data === null) return false;
  const { pronto, id, type, payload } = data as Record<string, unknown>;
  return (
    pronto === 1 &&
    typeof id === "string" &&
    id.length <= 64 &&
    typeof type === "string" &&
    type.length <= 32 &&
    typeof payload === "object" &&
    payload !== null
  );
}

/** isOrigin tells whether a text is the origin of a web page, and nothing besides. */
export function isOrigin(text: string): boolean {
  try {
    const url = new URL(text);
    return (url.protocol === "https:" || url.protocol === "http:") && url.origin === text;
  } catch {
    return false;
  }
}

/** Wire is one end: it sends to one window of one origin, and hears from that alone. */
export class Wire<Out, In> {
  readonly #other: () => Window | null;
  readonly #origin: string;
  readonly #end = new AbortController();
  #made = 0;

  constructor(
    other: () => Window | null,
    origin: string,
    take: (message: Message<In> & { readonly payload: never }) => void,
  ) {
    if (!isOrigin(origin)) throw new Error("pronto: not the origin of a page");
    this.#other = other;
    this.#origin = origin;
    window.addEventListener(
      "message",
      (event: MessageEvent<unknown>) => {
        if (event.origin !== origin || event.source === null || event.source !== other()) return;
        if (isMessage(event.data)) take(event.data as unknown as Message<In> & { readonly payload: never });
      },
      { signal: this.#end.signal },
    );
  }

  /** send sends a message and returns its id. */
  send<T extends keyof Out & string>(type: T, payload: Out[T]): string {
    const id = `${++this.#made}`;
    this.#other()?.postMessage({ pronto: 1, id, type, payload }, this.#origin);
    return id;
  }

  close(): void {
    this.#end.abort();
  }
}
