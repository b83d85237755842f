import type { JSX } from "preact";
import { ConnectionBanner } from "../parts/connectionbanner.tsx";
import type { Phone } from "../state/phone.ts";
import { CallScreen } from "./call.tsx";
import { EndedScreen } from "./ended.tsx";
import { Home } from "./home.tsx";
import { IncomingDialog } from "./incoming.tsx";

/** PhoneScreen is what a connected phone shows: the call, else the page about the last one, else home; and what rings, above all. */
export function PhoneScreen({ phone, onRejoin }: { phone: Phone; onRejoin?: () => void }): JSX.Element {
  const active = phone.call.value;
  const ended = phone.ended.value;
  const [incoming] = phone.incoming.value;
  return (
    <>
      {active === undefined ? <ConnectionBanner phone={phone} /> : null}
      {active !== undefined ? (
        <CallScreen key={active.call.id} phone={phone} active={active} />
      ) : ended !== undefined ? (
        <EndedScreen phone={phone} ended={ended} onRejoin={onRejoin} />
      ) : (
        <Home phone={phone} />
      )}
      {incoming === undefined ? null : (
        <IncomingDialog key={incoming.call} phone={phone} incoming={incoming} />
      )}
    </>
  );
}
