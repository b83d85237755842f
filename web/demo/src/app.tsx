import type { JSX } from "preact";
import { Toasts } from "./parts/toasts.tsx";
import { JoinScreen } from "./screens/join.tsx";
import { PhoneScreen } from "./screens/phone.tsx";
import { SignIn } from "./screens/signin.tsx";
import type { Joining } from "./state/joining.ts";
import { session } from "./state/session.ts";

/** App is the whole page: that of a link, or the phone of whom this tab is. */
export function App({ joining }: { joining: Joining | undefined }): JSX.Element {
  return (
    <>
      {joining === undefined ? <SessionScreen /> : <JoinScreen joining={joining} />}
      <Toasts />
    </>
  );
}

function SessionScreen(): JSX.Element {
  const now = session.value;
  return now.phase === "signedIn" ? <PhoneScreen phone={now.phone} /> : <SignIn session={now} />;
}
