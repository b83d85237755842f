import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { t } from "../lang/index.ts";
import { Button } from "../parts/button.tsx";
import { Dial } from "../parts/dial.tsx";
import { Heading } from "../parts/heading.tsx";
import type { Joining, Wish } from "../state/joining.ts";
import { PhoneScreen } from "./phone.tsx";

/** JoinScreen is the page of a call link: it works signed out, and says the same of every link that leads nowhere. */
export function JoinScreen({ joining }: { joining: Joining }): JSX.Element {
  const wish = useSignal<Wish>({ microphone: true, camera: true });
  useEffect(() => void joining.resume(), [joining]);
  const phone = joining.phone.value;
  switch (joining.phase.value) {
    case "dead":
      return <DeadLink />;
    case "in":
      if (phone !== undefined && (phone.call.value !== undefined || phone.ended.value !== undefined)) {
        return <PhoneScreen phone={phone} onRejoin={() => void joining.rejoin(wish.value)} />;
      }
      return <Asking joining={joining} wish={wish.value} onWish={(next) => (wish.value = next)} />;
    default:
      return <Asking joining={joining} wish={wish.value} onWish={(next) => (wish.value = next)} />;
  }
}

function DeadLink(): JSX.Element {
  return (
    <main class="plainpage" data-testid="dead-link">
      <Dial state="idle" />
      <Heading>{t("join.deadTitle")}</Heading>
      <p class="lead">{t("join.dead")}</p>
      <p>
        <a href="/">{t("join.home")}</a>
      </p>
    </main>
  );
}

interface AskingProps {
  readonly joining: Joining;
  readonly wish: Wish;
  readonly onWish: (wish: Wish) => void;
}

function Asking({ joining, wish, onWish }: AskingProps): JSX.Element {
  const nickname = useSignal("");
  const asGuest = useSignal(joining.identity === undefined);
  const waiting = joining.phase.value === "waiting";
  const busy = waiting || joining.phase.value === "joining";
  const submit = (event: Event): void => {
    event.preventDefault();
    if (!asGuest.value) void joining.joinAsMe(wish);
    else if (nickname.value.trim() !== "") void joining.joinAsGuest(nickname.value.trim(), wish);
  };
  return (
    <main class="plainpage" data-testid="join">
      <p class="wordmark">
        <Dial state={busy ? "connecting" : "idle"} />
        {t("app.name")}
      </p>
      <Heading>{t("join.title")}</Heading>
      <p class="lead" role="status" data-testid={waiting ? "join-waiting" : "join-lead"}>
        {t(waiting ? "join.waiting" : "join.lead")}
      </p>
      <form class="joinform" onSubmit={submit}>
        {asGuest.value ? (
          <label class="field">
            <span>{t("join.nickname")}</span>
            <input
              type="text"
              name="nickname"
              value={nickname.value}
              placeholder={t("join.nicknameHint")}
              maxLength={40}
              required
              autocomplete="nickname"
              data-testid="nickname"
              onInput={(event) => {
                nickname.value = event.currentTarget.value;
              }}
            />
          </label>
        ) : null}
        <label class="option">
          <input
            type="checkbox"
            role="switch"
            checked={wish.microphone}
            aria-checked={wish.microphone}
            data-testid="with-microphone"
            onChange={(event) => onWish({ ...wish, microphone: event.currentTarget.checked })}
          />
          <span>{t("join.microphone")}</span>
        </label>
        <label class="option">
          <input
            type="checkbox"
            role="switch"
            checked={wish.camera}
            aria-checked={wish.camera}
            data-testid="with-camera"
            onChange={(event) => onWish({ ...wish, camera: event.currentTarget.checked })}
          />
          <span>{t("join.camera")}</span>
        </label>
        <Button submit look="primary" icon="phone" disabled={busy} testid="join-call">
          {asGuest.value || joining.identity === undefined
            ? t("join.join")
            : t("join.asMe", { name: joining.identity.name })}
        </Button>
        {asGuest.value ? null : (
          <Button
            testid="as-guest"
            onPress={() => {
              asGuest.value = true;
            }}
          >
            {t("join.asGuest")}
          </Button>
        )}
      </form>
    </main>
  );
}
