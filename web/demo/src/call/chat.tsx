import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { when } from "../format.ts";
import { t } from "../lang/index.ts";
import { IconButton } from "../parts/button.tsx";
import { giveBack, useCovering } from "../parts/covering.ts";
import { Icon } from "../parts/icon.tsx";
import type { ActiveCall } from "../state/activecall.ts";
import { attempt } from "../state/toasts.ts";
import { deskOf } from "./desk.ts";

/** mostChars is how long a line may be: well within what the SDK takes, whatever the script. */
const mostChars = 500;

/** Chat is what people write during a call. It is sealed with the call's keys, kept in this tab only, and gone with the call. */
export function Chat({ active, onClose }: { active: ActiveCall; onClose: () => void }): JSX.Element {
  const desk = deskOf(active);
  const panel = useRef<HTMLElement>(null);
  const end = useRef<HTMLSpanElement>(null);
  const lines = desk.chat.value;
  const before = useRef(document.activeElement); // before the field below takes the focus
  useCovering(panel); // on a narrow page; what it covers can be reached again before the focus goes back there
  useEffect(() => () => giveBack(before.current, "c"), []);
  useEffect(() => {
    desk.unread.value = 0;
    end.current?.scrollIntoView({ block: "nearest" });
  }, [desk, lines]);
  return (
    <aside
      ref={panel}
      class="chat"
      aria-label={t("chat.title")}
      data-testid="chat-panel"
      tabIndex={-1} // a press anywhere in it keeps the keyboard here, and Escape works
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
    >
      <header>
        <h2>{t("chat.title")}</h2>
        <IconButton icon="close" look="quiet" label={t("chat.close")} onPress={onClose} testid="chat-close" />
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and so the keyboard must reach it */}
      <div class="lines" role="log" aria-label={t("chat.lines")} tabIndex={0} data-testid="chat-lines">
        <p class="lead">{t("chat.lead")}</p>
        {lines.map((line) => (
          <div key={line.id} class={line.mine ? "line mine" : "line"}>
            <strong>{line.mine ? t("call.you") : line.name}</strong>
            <time dateTime={new Date(line.atMs).toISOString()}>{when(line.atMs, Date.now())}</time>
            <p>{line.text}</p>
          </div>
        ))}
        <span ref={end} />
      </div>
      <Compose active={active} />
    </aside>
  );
}

function Compose({ active }: { active: ActiveCall }): JSX.Element {
  const text = useSignal("");
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const submit = (event: Event): void => {
    event.preventDefault();
    const line = text.value.trim();
    if (line === "") return;
    void attempt(async () => {
      await active.call.say(line);
      deskOf(active).wrote(line);
      if (text.value.trim() === line) text.value = ""; // unless he writes on already
    });
  };
  return (
    <form class="compose" onSubmit={submit}>
      <label class="field">
        <span class="unseen">{t("chat.write")}</span>
        <input
          ref={input}
          type="text"
          value={text.value}
          placeholder={t("chat.write")}
          maxLength={mostChars}
          autocomplete="off"
          data-testid="chat-text"
          onInput={(event) => {
            text.value = event.currentTarget.value;
          }}
        />
      </label>
      <button
        type="submit"
        class="iconbutton"
        aria-label={t("chat.send")}
        title={t("chat.send")}
        data-testid="chat-send"
      >
        <Icon name="send" />
      </button>
    </form>
  );
}
