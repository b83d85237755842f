import {
  type FromFrame,
  type Message,
  type Phase,
  type RefusalCode,
  type ToFrame,
  Wire,
} from "../protocol.ts";
import { host, setLanguage, setTheme, visitor } from "./settings.ts";
import type { Visit } from "./visit.ts";

/** Host is the page around the frame, if it may be spoken to. */
export class Host {
  readonly #wire: Wire<FromFrame, ToFrame> | undefined;
  #visit: Visit | undefined;

  constructor() {
    if (host !== undefined)
      this.#wire = new Wire(
        () => window.parent,
        host,
        (message) => this.#take(message),
      );
  }

  /** serve lets the page act on the visit, and tells it that it may. */
  serve(visit: Visit): void {
    this.#visit = visit;
    this.#wire?.send("ready", { version: 1 });
  }

  phase(phase: Phase, more: { reason?: string; durationMs?: number } = {}): void {
    this.#wire?.send("phase", { phase, ...more });
  }

  /** close asks the page to take the frame away. It tells whether there is a page to ask. */
  close(): boolean {
    this.#wire?.send("close", {});
    return this.#wire !== undefined;
  }

  #take(message: Message<ToFrame> & { readonly payload: never }): void {
    const done = (): void => void this.#wire?.send("reply", { to: message.id });
    const refuse = (code: RefusalCode, detail: string): void =>
      void this.#wire?.send("refused", { to: message.id, code, detail });
    const { type, payload } = message as unknown as { type: string; payload: Record<string, unknown> };
    switch (type) {
      case "hello":
        this.#greet(payload);
        done();
        break;
      case "setTheme":
        if (isTheme(payload.theme)) {
          setTheme(payload.theme);
          done();
        } else refuse("invalid", "theme is light, dark or auto");
        break;
      case "setMicrophone":
      case "setCamera":
        this.#switch(type, payload.on, done, refuse);
        break;
      case "leave":
        void this.#visit?.leave().finally(done);
        break;
      default:
        refuse("unknownType", "the frame knows no message of this type");
    }
  }

  #greet({ theme, language, name }: Record<string, unknown>): void {
    if (isTheme(theme)) setTheme(theme);
    if (typeof language === "string") setLanguage(language);
    if (typeof name === "string" && visitor.value === "") visitor.value = name.slice(0, 40);
  }

  /** switch turns off what the page wants off. On takes the visitor's own hand: a page must not be able to listen in. */
  #switch(
    type: "setMicrophone" | "setCamera",
    on: unknown,
    done: () => void,
    refuse: (code: RefusalCode, detail: string) => void,
  ): void {
    const call = this.#visit?.call.value;
    const microphone = type === "setMicrophone";
    if (typeof on !== "boolean") refuse("invalid", "on is true or false");
    else if (call === undefined) refuse("notInCall", "there is no call");
    else if (on && !(microphone ? call.local.microphone : call.local.camera))
      refuse("gestureRequired", "only the visitor switches it on, in the frame");
    else void (microphone ? call.setMicrophone(on) : call.setCamera(on)).then(done);
  }
}

function isTheme(theme: unknown): theme is "light" | "dark" | "auto" {
  return theme === "light" || theme === "dark" || theme === "auto";
}
