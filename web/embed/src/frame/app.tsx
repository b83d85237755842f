import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Ask } from "./ask.tsx";
import { Callback } from "./callback.tsx";
import { CallScreen } from "./callscreen.tsx";
import { fill, type Words } from "./lang.ts";
import { Over } from "./over.tsx";
import { spoken } from "./settings.ts";
import type { Visit } from "./visit.ts";

/** t is the text for a key, in the language that is spoken now. */
export function t(key: keyof Words, values: Readonly<Record<string, string>> = {}): string {
  return fill(spoken.value.words[key], values);
}

interface AppProps {
  readonly visit: Visit;
  /** onClose asks the page to take the frame away, and tells whether there is one. */
  readonly onClose: () => boolean;
}

/** App is the whole frame. */
export function App({ visit, onClose }: AppProps): JSX.Element {
  const phase = visit.phase.value;
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      const idle = ["asking", "ended", "dead", "noted", "callback"].includes(visit.phase.value);
      if (event.key === "Escape" && idle) onClose();
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, [visit, onClose]);
  switch (phase) {
    case "asking":
      return <Ask visit={visit} />;
    case "joining":
    case "waiting":
      return <Waiting visit={visit} />;
    case "inCall":
      return <CallScreen visit={visit} />;
    case "callback":
      return <Callback visit={visit} />;
    default:
      return <Over visit={visit} onClose={onClose} />;
  }
}

/** waitingFor says what is waited for; that it rings only when a device of somebody has said so. */
function waitingFor(visit: Visit): keyof Words {
  void visit.changed.value;
  if (visit.phase.value === "joining") return "joining";
  return visit.call.value?.queue === "ringing" ? "ringing" : "waiting";
}

function Waiting({ visit }: { readonly visit: Visit }): JSX.Element {
  const cancel = useRef<HTMLButtonElement>(null);
  useEffect(() => cancel.current?.focus(), []);
  const fault = visit.fault.value;
  return (
    <main class="screen centred" data-testid="waiting">
      <div class="pulse" aria-hidden="true" />
      <h1 class="lead">
        <span role="status">{t(waitingFor(visit))}</span>
      </h1>
      {fault === undefined ? null : (
        <p class="fault" role="alert">
          {t(fault)}
        </p>
      )}
      <button
        type="button"
        ref={cancel}
        class="plain"
        data-testid="cancel"
        onClick={() => void visit.leave()}
      >
        {t("cancel")}
      </button>
    </main>
  );
}
