import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { t } from "./app.tsx";
import { Icon } from "./icons.tsx";
import { host, notice, operator, visitor, wantsVideo } from "./settings.ts";
import type { Visit } from "./visit.ts";

/** Ask is before the call: who, how, and what is done with it. Nothing has been asked of the visitor's devices yet. */
export function Ask({ visit }: { readonly visit: Visit }): JSX.Element {
  const video = useSignal(wantsVideo);
  const fault = visit.fault.value;
  const submit = (event: Event): void => {
    event.preventDefault();
    const name = visitor.value.trim();
    if (name !== "") void visit.start(name, video.value);
  };
  return (
    <main class="screen" data-testid="ask">
      <h1>{t("title")}</h1>
      {fault === undefined ? null : (
        <p class="fault" role="alert" data-testid="fault">
          {t(fault)}
        </p>
      )}
      <form onSubmit={submit}>
        <label class="field">
          <span>{t("name")}</span>
          <input
            type="text"
            name="name"
            value={visitor.value}
            placeholder={t("nameHint")}
            maxLength={40}
            required
            autocomplete="nickname"
            data-testid="name"
            onInput={(event) => {
              visitor.value = event.currentTarget.value;
            }}
          />
        </label>
        <fieldset class="kinds">
          <legend>{t("kind")}</legend>
          <Kind name="voice" checked={!video.value} onPick={() => (video.value = false)} />
          <Kind name="video" checked={video.value} onPick={() => (video.value = true)} />
        </fieldset>
        <p class="small" data-testid="notice">
          <Notice />
        </p>
        <Operator />
        <button type="submit" class="primary" data-testid="start">
          <Icon name="phone" />
          {t("start")}
        </button>
        {host === undefined ? null : <p class="small soft">{t("from", { site: new URL(host).host })}</p>}
      </form>
    </main>
  );
}

interface KindProps {
  readonly name: "voice" | "video";
  readonly checked: boolean;
  readonly onPick: () => void;
}

function Kind({ name, checked, onPick }: KindProps): JSX.Element {
  return (
    <label class="kind">
      <input
        type="radio"
        name="kind"
        value={name}
        checked={checked}
        data-testid={`kind-${name}`}
        onChange={onPick}
      />
      <Icon name={name === "voice" ? "mic" : "camera"} />
      <span>{t(name)}</span>
    </label>
  );
}

/** Operator is whom to turn to, if the server says so. */
function Operator(): JSX.Element | null {
  const { contact, complaints } = operator;
  if (contact === "" && complaints === "") return null;
  return (
    <p class="small soft links" data-testid="operator">
      {contact === "" ? null : <Away to={contact} text={t("contactLink")} />}
      {complaints === "" ? null : <Away to={complaints} text={t("complaintsLink")} />}
    </p>
  );
}

/** Away is a link that leads out of the frame. */
function Away({ to, text, testid }: { to: string; text: string; testid?: string }): JSX.Element {
  return (
    <a href={to} target="_blank" rel="noopener noreferrer" data-testid={testid}>
      {text}
      <span class="unseen"> ({t("newTab")})</span>
    </a>
  );
}

/** Notice is the sentence with the link to the privacy notice in it. */
function Notice(): JSX.Element {
  const [before, after] = t("notice").split("{link}");
  return (
    <>
      {before}
      <Away to={notice.url} text={t("noticeLink")} testid="notice-link" />
      {after}
    </>
  );
}
