import type { JSX } from "preact";
import { lazy } from "./parts/lazy.tsx";
import { Toasts } from "./parts/toasts.tsx";
import { PhoneScreen } from "./screens/phone.tsx";
import { SignIn } from "./screens/signin.tsx";
import { session } from "./state/session.ts";

const JoinScreen = lazy(async () => (await import("./screens/join.tsx")).JoinScreen);

/** App is the whole page: that of a link, or the phone of whom this tab is. */
export function App({ link }: { link: string | undefined }): JSX.Element {
  return (
    <>
      {link === undefined ? <SessionScreen /> : <JoinScreen link={link} />}
      <Toasts />
    </>
  );
}

function SessionScreen(): JSX.Element {
  const now = session.value;
  return now.phase === "signedIn" ? <PhoneScreen phone={now.phone} /> : <SignIn session={now} />;
}
