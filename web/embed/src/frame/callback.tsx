import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "./app.tsx";
import { Icon } from "./icons.tsx";
import { Forget } from "./over.tsx";
import { spoken } from "./settings.ts";
import type { Visit } from "./visit.ts";

/** Callback is where nobody could answer: the visitor may leave word where to call him back. */
export function Callback({ visit }: { readonly visit: Visit }): JSX.Element {
  const contact = useSignal("");
  const note = useSignal("");
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const submit = (event: Event): void => {
    event.preventDefault();
    if (contact.value.trim() !== "") void visit.askBack(contact.value.trim(), note.value.trim());
  };
  return (
    <main class="screen" data-testid="callback">
      <h1 ref={heading} tabIndex={-1}>
        {t(visit.closed.value ? "closed" : "unanswered")}
      </h1>
      {visit.closed.value ? <p>{t("opens", { when: when(visit.opensMs.value ?? 0) })}</p> : null}
      <form onSubmit={submit}>
        <p class="lead">{t("askBack")}</p>
        <label class="field">
          <span>{t("contact")}</span>
          <input
            type="text"
            name="contact"
            value={contact.value}
            placeholder={t("contactHint")}
            maxLength={100}
            required
            data-testid="contact"
            onInput={(event) => {
              contact.value = event.currentTarget.value;
            }}
          />
        </label>
        <label class="field">
          <span>{t("note")}</span>
          <textarea
            name="note"
            value={note.value}
            maxLength={250}
            data-testid="note"
            onInput={(event) => {
              note.value = event.currentTarget.value;
            }}
          />
        </label>
        <button type="submit" class="primary" data-testid="send">
          <Icon name="phone" />
          {t("send")}
        </button>
        <button type="button" class="plain" data-testid="again" onClick={() => visit.again()}>
          {t("again")}
        </button>
      </form>
      <Forget visit={visit} />
    </main>
  );
}

/** when is a moment in the visitor's words: today's hour, or the day too. */
function when(ms: number): string {
  const at = new Date(ms);
  const today = at.toDateString() === new Date().toDateString();
  return new Intl.DateTimeFormat(spoken.value.tag, {
    ...(today ? {} : { weekday: "long" }),
    hour: "2-digit",
    minute: "2-digit",
  }).format(at);
}
