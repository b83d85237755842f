import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { t } from "../lang/index.ts";
import { Button } from "../parts/button.tsx";
import { Dial } from "../parts/dial.tsx";
import { TextField } from "../parts/field.tsx";
import { Heading } from "../parts/heading.tsx";
import { Icon } from "../parts/icon.tsx";
import { Joining } from "../state/joining.ts";
import { BookedPage, Booking, DeadLink, TurnedAway, WaitingRoom } from "./joinpages.tsx";
import { PhoneScreen } from "./phone.tsx";
import { PreviewPane } from "./previewpane.tsx";

/** JoinScreen is the page of a call link: it works signed out, and says the same of every link that leads nowhere. */
export function JoinScreen({ link }: { link: string }): JSX.Element {
  const joining = useMemo(() => new Joining(link), [link]);
  useEffect(() => {
    void joining.resume();
    return () => {
      if (joining.phase.peek() !== "in") joining.preview.close();
    };
  }, [joining]);
  const phone = joining.phone.value;
  switch (joining.phase.value) {
    case "dead":
      return <DeadLink />;
    case "waiting":
      return <WaitingRoom joining={joining} name={joining.name} />;
    case "denied":
    case "unanswered":
    case "early":
      return <TurnedAway joining={joining} />;
    case "books":
      return <Booking joining={joining} />;
    case "booked":
      if (joining.booked.value !== undefined) return <BookedPage booked={joining.booked.value} />;
      return <Asking joining={joining} />;
    case "in":
      if (phone !== undefined && (phone.call.value !== undefined || phone.ended.value !== undefined)) {
        return <PhoneScreen phone={phone} onRejoin={() => void joining.rejoin()} />;
      }
      return <Asking joining={joining} />;
    default:
      return <Asking joining={joining} />;
  }
}

/** Asking is the page before the call: how we look and sound, under which name we come. */
function Asking({ joining }: { joining: Joining }): JSX.Element {
  const nickname = useSignal(joining.nickname);
  const asGuest = useSignal(joining.identity === undefined);
  const busy = joining.phase.value === "joining";
  useEffect(() => void joining.preview.openIfAllowed(), [joining]);
  const submit = (event: Event): void => {
    event.preventDefault();
    if (!asGuest.value) void joining.joinAsMe();
    else if (nickname.value.trim() !== "") void joining.joinAsGuest(nickname.value.trim());
  };
  return (
    <main class="prejoin" data-testid="join">
      <p class="wordmark">
        <Dial state={busy ? "connecting" : "idle"} />
        {t("app.name")}
      </p>
      <PreviewPane preview={joining.preview} name={asGuest.value ? nickname.value : joining.identity?.name} />
      <form class="stack" onSubmit={submit}>
        <Heading>{t("join.title")}</Heading>
        <p class="lead" role="status" data-testid="join-lead">
          {t("join.lead")}
        </p>
        {asGuest.value ? (
          <TextField
            label={t("join.nickname")}
            name="nickname"
            value={nickname.value}
            placeholder={t("join.nicknameHint")}
            maxLength={40}
            required
            autocomplete="nickname"
            testid="nickname"
            onInput={(value) => {
              nickname.value = value;
            }}
          />
        ) : null}
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
        <p class="detail encrypted">
          <Icon name="lock" />
          {t("join.private")}
        </p>
      </form>
    </main>
  );
}
