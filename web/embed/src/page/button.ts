import type { Theme } from "../protocol.ts";
import { CallFrame, type FrameEvents } from "./frame.ts";
import { css } from "./style.ts";
import { wordsFor } from "./words.ts";

const phone =
  "M22 16.9v3a2 2 0 0 1-2.2 2 19.8 19.8 0 0 1-8.6-3.1 19.5 19.5 0 0 1-6-6A19.8 19.8 0 0 1 2.1 4.2 2 2 0 0 1 4.1 2h3a2 2 0 0 1 2 1.7c.1 1 .4 1.9.7 2.8a2 2 0 0 1-.5 2.1L8.1 9.9a16 16 0 0 0 6 6l1.3-1.3a2 2 0 0 1 2.1-.4c.9.3 1.8.6 2.8.7A2 2 0 0 1 22 16.9z";
const cross = "M18 6 6 18M6 6l12 12";

let sheet: CSSStyleSheet | undefined;

/**
 * ProntoButton is <pronto-button link="…" mode="voice" label="Call us" theme="auto" lang="it">: a button that opens a
 * panel with the call. Before the click it contacts nobody and stores nothing. It tells the page by the events
 * pronto-phase, whose detail is {phase, reason?, durationMs?}, and pronto-close.
 */
export class ProntoButton extends HTMLElement {
  static readonly observedAttributes = ["label", "lang", "mode", "theme"];
  readonly #button = document.createElement("button");
  readonly #panel = document.createElement("section");
  readonly #title = document.createElement("h2");
  readonly #close = document.createElement("button");
  #frame: CallFrame | undefined;

  constructor() {
    super();
    const shadow = this.attachShadow({ mode: "open" });
    if (sheet === undefined) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
    }
    shadow.adoptedStyleSheets = [sheet];
    this.#button.type = "button";
    this.#button.className = "call";
    this.#button.setAttribute("part", "button");
    this.#button.setAttribute("aria-haspopup", "dialog");
    this.#button.addEventListener("click", () => this.open());
    this.#panel.className = "panel";
    this.#panel.hidden = true;
    this.#panel.setAttribute("role", "dialog");
    this.#panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !this.#talking) this.close();
    });
    const bar = document.createElement("div");
    bar.className = "bar";
    this.#close.type = "button";
    this.#close.className = "close";
    this.#close.append(icon(cross));
    this.#close.addEventListener("click", () => this.close());
    bar.append(this.#title, this.#close);
    this.#panel.append(bar);
    shadow.append(this.#button, this.#panel);
  }

  connectedCallback(): void {
    this.#draw();
  }

  attributeChangedCallback(name: string): void {
    this.#draw();
    if (name === "theme") void this.#frame?.setTheme(this.#theme ?? "auto").catch(() => undefined);
  }

  disconnectedCallback(): void {
    this.close();
  }

  /** frame is the call while the panel is open. */
  get frame(): CallFrame | undefined {
    return this.#frame;
  }

  /** open shows the panel, and only now tells the server that somebody is here. */
  open(): void {
    if (this.#frame !== undefined) return;
    const frame = this.#show();
    this.#button.setAttribute("aria-expanded", "true");
    this.#panel.hidden = false;
    (frame?.element ?? this.#close).focus();
  }

  /** close hangs up and takes the panel away. */
  close(): void {
    if (this.#panel.hidden) return;
    this.#frame?.remove();
    this.#frame = undefined;
    this.#panel.hidden = true;
    this.#panel.querySelector(".fault")?.remove();
    this.#button.setAttribute("aria-expanded", "false");
    this.#draw();
    this.#button.focus();
    this.#tell("pronto-close", {});
  }

  /** show puts the frame into the panel, or says that it cannot. */
  #show(): CallFrame | undefined {
    try {
      const frame = new CallFrame({
        link: this.getAttribute("link") ?? "",
        server: this.getAttribute("server") ?? undefined,
        mode: this.getAttribute("mode") === "video" ? "video" : "voice",
        theme: this.#theme,
        language: this.getAttribute("lang") ?? (document.documentElement.lang || undefined),
        name: this.getAttribute("name") ?? undefined,
        privacy: this.getAttribute("privacy") ?? undefined,
      });
      frame.on("phase", (phase) => this.#follow(phase));
      frame.on("close", () => this.close());
      frame.element.title = this.#label;
      this.#frame = frame;
      this.#panel.append(frame.element);
      return frame;
    } catch (error) {
      const text = document.createElement("p");
      text.className = "fault";
      text.setAttribute("role", "alert");
      text.textContent = wordsFor(this.getAttribute("lang")).fault;
      this.#panel.append(text);
      console.error(error);
      return undefined;
    }
  }

  #follow(phase: FrameEvents["phase"]): void {
    this.#draw();
    this.#tell("pronto-phase", phase);
  }

  #tell(type: string, detail: object): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }

  get #talking(): boolean {
    return ["joining", "waiting", "inCall"].includes(this.#frame?.phase ?? "");
  }

  get #theme(): Theme | undefined {
    const theme = this.getAttribute("theme");
    return theme === "light" || theme === "dark" || theme === "auto" ? theme : undefined;
  }

  get #label(): string {
    const words = wordsFor(this.getAttribute("lang"));
    return this.getAttribute("label") || (this.getAttribute("mode") === "video" ? words.video : words.call);
  }

  #draw(): void {
    const words = wordsFor(this.getAttribute("lang"));
    const label = document.createElement("span");
    label.textContent = this.#label;
    this.#button.replaceChildren(icon(phone), label);
    this.#title.textContent = this.#label;
    this.#panel.setAttribute("aria-label", this.#label);
    this.#close.setAttribute("aria-label", this.#talking ? words.hangUp : words.close);
  }
}

/** define makes <pronto-button> known to the page, once. */
export function define(): void {
  if (customElements.get("pronto-button") === undefined) customElements.define("pronto-button", ProntoButton);
}

function icon(path: string): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(space, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}
