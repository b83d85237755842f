import type { JSX } from "preact";
import type { Identity } from "../api.ts";
import { t } from "../lang/index.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Button } from "../parts/button.tsx";
import { Dial } from "../parts/dial.tsx";
import { Heading } from "../parts/heading.tsx";
import { choose, enter, type Session } from "../state/session.ts";

/** SignIn offers the demo's identities, or says why there are none. */
export function SignIn({ session }: { session: Exclude<Session, { phase: "signedIn" }> }): JSX.Element {
  return (
    <main class="plainpage" data-testid="signin">
      <p class="wordmark">
        <Dial state={session.phase === "starting" ? "connecting" : "idle"} />
        {t("app.name")}
      </p>
      {content(session)}
    </main>
  );
}

function content(session: Exclude<Session, { phase: "signedIn" }>): JSX.Element {
  switch (session.phase) {
    case "starting":
      return <p class="lead">{t("app.loading")}</p>;
    case "choosing":
      return <Identities list={session.identities} busy={session.busy} />;
    case "demoOff":
      return (
        <>
          <Heading>{t("signin.offTitle")}</Heading>
          <p class="lead">{t("signin.off")}</p>
        </>
      );
    case "unreachable":
      return (
        <>
          <Heading>{t("app.name")}</Heading>
          <p class="lead">{t("signin.unreachable")}</p>
          <Button look="primary" onPress={() => void choose()}>
            {t("signin.again")}
          </Button>
        </>
      );
  }
}

function Identities({ list, busy }: { list: readonly Identity[]; busy: string | undefined }): JSX.Element {
  return (
    <>
      <Heading>{t("signin.title")}</Heading>
      <p class="lead">{t("signin.lead")}</p>
      <ul class="identities">
        {list.map(({ user, name }) => (
          <li key={user}>
            <button
              type="button"
              class="identity"
              disabled={busy !== undefined}
              data-testid={`as-${user}`}
              onClick={() => void enter(user)}
            >
              <Avatar id={user} name={name} size="large" />
              {name}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
