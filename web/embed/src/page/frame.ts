import { type FromFrame, type Phase, type RefusalCode, type Theme, type ToFrame, Wire } from "../protocol.ts";

/** FrameOptions say which call a frame has, and how it looks. */
export interface FrameOptions {
  /** link is a call link: its address, or its id on the server. */
  readonly link: string;
  /** server is the origin of the Pronto server; that of the link, or of this script, by default. */
  readonly server?: string | undefined;
  readonly mode?: "voice" | "video" | undefined;
  readonly theme?: Theme | undefined;
  readonly language?: string | undefined;
  /** name is what the visitor is called until he says otherwise. */
  readonly name?: string | undefined;
  /** privacy is the address of your own privacy notice, shown instead of the server's. */
  readonly privacy?: string | undefined;
}

/** FrameEvents are what a frame tells its page. */
export interface FrameEvents {
  phase: { readonly phase: Phase; readonly reason?: string; readonly durationMs?: number };
  close: Record<string, never>;
}

/** RefusedError says that the frame would not do it. */
export class RefusedError extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode, detail: string) {
    super(detail);
    this.name = "RefusedError";
    this.code = code;
  }
}

/** leaveWithinMs is how long a frame that was removed may take to hang up. */
const leaveWithinMs = 1_000;

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** CallFrame is an iframe with a call in it. The server hears of the visitor when the element is put into the page. */
export class CallFrame {
  readonly element: HTMLIFrameElement;
  readonly #wire: Wire<ToFrame, FromFrame>;
  readonly #waiting = new Map<string, Waiting>();
  readonly #listeners = new Set<(type: string, payload: object) => void>();
  readonly #options: FrameOptions;
  #phase: Phase = "asking";

  constructor(options: FrameOptions) {
    this.#options = options;
    const address = frameAddress(options, location.origin);
    this.element = document.createElement("iframe");
    this.element.src = address.href;
    this.element.allow =
      "camera; microphone; display-capture; autoplay; fullscreen; clipboard-write; screen-wake-lock";
    this.element.referrerPolicy = "no-referrer";
    this.element.title = "Pronto";
    this.#wire = new Wire(
      () => this.element.contentWindow,
      address.origin,
      (message) => this.#take(message),
    );
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** on hears of an event until the signal is aborted. It returns its own undo. */
  on<E extends keyof FrameEvents>(
    event: E,
    listener: (payload: FrameEvents[E]) => void,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): () => void {
    const own = (type: string, payload: object): void => {
      if (type === event) listener(payload as FrameEvents[E]);
    };
    if (!signal?.aborted) this.#listeners.add(own);
    const undo = (): void => void this.#listeners.delete(own);
    signal?.addEventListener("abort", undo);
    return undo;
  }

  setTheme(theme: Theme): Promise<void> {
    return this.#ask("setTheme", { theme });
  }

  /** setMicrophone mutes. It cannot unmute: that takes the visitor's own click in the frame. */
  setMicrophone(on: boolean): Promise<void> {
    return this.#ask("setMicrophone", { on });
  }

  /** setCamera switches the camera off. It cannot switch it on. */
  setCamera(on: boolean): Promise<void> {
    return this.#ask("setCamera", { on });
  }

  /** leave hangs up. */
  leave(): Promise<void> {
    return this.#ask("leave", {});
  }

  /** remove takes the frame out of the page, at once for the eye; a call in it is left first. */
  remove(): void {
    if (!["joining", "waiting", "inCall"].includes(this.#phase)) {
      this.#end();
      return;
    }
    this.element.hidden = true;
    this.#listeners.clear();
    const late = setTimeout(() => this.#end(), leaveWithinMs);
    this.leave()
      .catch(() => undefined)
      .finally(() => {
        clearTimeout(late);
        this.#end();
      });
  }

  #end(): void {
    this.element.remove();
    this.#wire.close();
    for (const { reject } of this.#waiting.values()) reject(new Error("the frame was removed"));
    this.#waiting.clear();
    this.#listeners.clear();
  }

  #ask<T extends keyof ToFrame>(type: T, payload: ToFrame[T]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(this.#wire.send(type, payload), { resolve, reject });
    });
  }

  #take(message: { readonly type: string; readonly payload: object }): void {
    const { type, payload } = message;
    if (type === "reply" || type === "refused") {
      const { to, code, detail } = payload as FromFrame["refused"];
      const waiting = this.#waiting.get(to);
      this.#waiting.delete(to);
      if (type === "reply") waiting?.resolve();
      else waiting?.reject(new RefusedError(code, detail));
      return;
    }
    if (type === "ready") {
      const { theme, language, name } = this.#options;
      this.#wire.send("hello", {
        ...(theme === undefined ? {} : { theme }),
        ...(language === undefined ? {} : { language }),
        ...(name === undefined ? {} : { name }),
      });
    }
    if (type === "phase") this.#phase = (payload as FromFrame["phase"]).phase;
    for (const tell of [...this.#listeners]) tell(type, payload);
  }
}

/** scriptOrigin is the server that this script came from. */
const scriptOrigin = new URL(
  (document.currentScript as HTMLScriptElement | null)?.src || import.meta.url || location.href,
  location.href,
).origin;

/** frameAddress is the address of the frame for a link. A link's secret stays behind the #, where no server sees it. */
export function frameAddress(options: FrameOptions, origin: string): URL {
  const { link, mode, theme, language, privacy } = options;
  const whole = /^https?:\/\//.test(link) ? new URL(link) : undefined;
  const id = whole === undefined ? link : (/^\/j\/([^/]+)\/?$/.exec(whole.pathname)?.[1] ?? "");
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(id)) throw new Error("pronto: this is not a call link");
  const address = new URL(`/embed/${id}`, options.server ?? whole?.origin ?? scriptOrigin);
  address.searchParams.set("origin", origin);
  for (const [key, value] of Object.entries({ mode, theme, lang: language, privacy })) {
    if (value !== undefined) address.searchParams.set(key, value);
  }
  address.hash = whole?.hash ?? "";
  return address;
}
