import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Identity } from "../api.ts";
import { t } from "../lang/index.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Button } from "../parts/button.tsx";
import { Dial } from "../parts/dial.tsx";
import { Heading } from "../parts/heading.tsx";
import { lazy } from "../parts/lazy.tsx";
import { choose, enter, type Session } from "../state/session.ts";

const CodeForm = lazy(async () => (await import("./later.ts")).CodeForm);
const OtherTab = lazy(async () => (await import("./later.ts")).OtherTab);
const Suspended = lazy(async () => (await import("./later.ts")).Suspended);
const LinkThis = lazy(async () => (await import("./later.ts")).LinkThis);

type SignedOut = Exclude<Session, { phase: "signedIn" }>;

/** SignIn offers what ways in there are, or says what to do when there are none. */
export function SignIn({ session }: { session: SignedOut }): JSX.Element {
  return (
    <div class="door" data-testid="signin">
      <div class="doorsign" aria-hidden="true">
        <Dial state={session.phase === "starting" || session.phase === "waiting" ? "connecting" : "idle"} />
        <p>{t("signin.motto")}</p>
      </div>
      <main class="doorway">
        <p class="wordmark">
          <Dial state="idle" />
          {t("app.name")}
        </p>
        <Content session={session} />
      </main>
    </div>
  );
}

function Content({ session }: { session: SignedOut }): JSX.Element {
  switch (session.phase) {
    case "starting":
      return <p class="lead">{t("app.loading")}</p>;
    case "choosing":
      return <Ways session={session} />;
    case "waiting":
      return (
        <>
          <Heading>{t("link.waitingTitle")}</Heading>
          <p class="lead" role="status">
            {t("link.waiting", { name: session.name })}
          </p>
          <Button onPress={() => void choose()}>{t("dialog.cancel")}</Button>
        </>
      );
    case "otherTab":
      return <OtherTab />;
    case "suspended":
      return <Suspended />;
    case "unreachable":
      return (
        <>
          <Heading>{t("signin.unreachableTitle")}</Heading>
          <p class="lead">{t("signin.unreachable")}</p>
          <Button look="primary" icon="refresh" onPress={() => void choose()}>
            {t("signin.again")}
          </Button>
        </>
      );
  }
}

/** Ways are the ways in; linking is the second look at a page that has another. */
function Ways({ session }: { session: Extract<Session, { phase: "choosing" }> }): JSX.Element {
  const linking = useSignal(/^#link\//.test(location.hash));
  const { identities, codes, busy } = session;
  if (linking.value)
    return (
      <LinkThis
        onBack={() => {
          linking.value = false;
        }}
      />
    );
  const nothing = identities.length === 0 && !codes;
  return (
    <>
      <Heading>{nothing ? t("signin.offTitle") : t("signin.title")}</Heading>
      {nothing ? <p class="lead">{t("signin.off")}</p> : null}
      {identities.length === 0 ? null : (
        <>
          <p class="lead">{t("signin.lead")}</p>
          <Identities list={identities} busy={busy} />
        </>
      )}
      {codes ? <CodeForm /> : null}
      <p class="otherway">
        <Button
          look="quiet"
          icon="device"
          testid="link-this"
          onPress={() => {
            linking.value = true;
          }}
        >
          {t("link.this")}
        </Button>
      </p>
    </>
  );
}

function Identities({ list, busy }: { list: readonly Identity[]; busy: string | undefined }): JSX.Element {
  return (
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
            <Avatar id={user} name={name} />
            {name}
          </button>
        </li>
      ))}
    </ul>
  );
}
