import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { ConnectionBanner } from "../parts/connectionbanner.tsx";
import { lazy } from "../parts/lazy.tsx";
import type { Phone } from "../state/phone.ts";
import { Home } from "./home.tsx";
import { IncomingDialog } from "./incoming.tsx";

/** preloadMs is when a page that has shown itself fetches what the first call needs. */
const preloadMs = 300;
/** reachMs is when it begins to keep itself for later, and to tell of calls while nobody looks. */
const reachMs = 1500;
const CallScreen = lazy(async () => (await import("./callpages.ts")).CallScreen);
const LobbyPanel = lazy(async () => (await import("./lobbypanel.tsx")).LobbyPanel);
const ReminderPanel = lazy(async () => (await import("./reminderpanel.tsx")).ReminderPanel);
const TermsQuestion = lazy(async () => (await import("./later.ts")).TermsQuestion);
const EndedScreen = lazy(async () => (await import("./callpages.ts")).EndedScreen);

/** PhoneScreen is what a connected phone shows: the call, else the page about the last one, else home; and what rings, above all. */
export function PhoneScreen({ phone, onRejoin }: { phone: Phone; onRejoin?: () => void }): JSX.Element {
  const active = phone.call.value;
  const ended = phone.ended.value;
  const [incoming] = phone.incoming.value;
  const terms = phone.terms.asked.value ? phone.terms.now.value : undefined;
  useEffect(() => {
    const timer = setTimeout(() => {
      CallScreen.preload();
      EndedScreen.preload();
      void import("../state/activecall.ts").catch(() => undefined);
    }, preloadMs);
    return () => clearTimeout(timer);
  }, []);
  const rings = incoming !== undefined || active !== undefined;
  useEffect(() => {
    if (rings) void import("./callpages.ts").then(({ warmUp }) => warmUp()).catch(() => undefined);
  }, [rings]);
  useEffect(() => {
    if (phone.guest) return;
    let still: (() => void) | undefined;
    let gone = false;
    let timer: ReturnType<typeof setTimeout>;
    const begin = (): void => {
      timer = setTimeout(
        () =>
          import("../state/reach.ts").then(
            ({ reachOf }) => {
              if (!gone) still = reachOf(phone).start();
            },
            () => gone || begin(), // the server is away
          ),
        reachMs,
      );
    };
    begin();
    return () => {
      gone = true;
      clearTimeout(timer);
      still?.();
    };
  }, [phone]);
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
      {phone.guest && active === undefined ? null : <LobbyPanel phone={phone} />}
      {phone.reminders.all.value.length === 0 ? null : <ReminderPanel phone={phone} />}
      {incoming === undefined ? null : (
        <IncomingDialog key={incoming.call} phone={phone} incoming={incoming} />
      )}
      {terms === undefined ? null : <TermsQuestion phone={phone} terms={terms} />}
    </>
  );
}
