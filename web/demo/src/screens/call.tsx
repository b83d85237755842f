import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { AddPeople } from "../call/addpeople.tsx";
import { CallHeader } from "../call/callheader.tsx";
import { Controls, canShare } from "../call/controls.tsx";
import { DeviceProblemBanner } from "../call/deviceproblem.tsx";
import { Notices } from "../call/notices.tsx";
import { SecurityWarnings } from "../call/security.tsx";
import { Sounds, UnlockSound } from "../call/sounds.tsx";
import { Stage } from "../call/stage.tsx";
import { Statistics } from "../call/statistics.tsx";
import { useWakeLock } from "../call/wakelock.ts";
import { useKeys } from "../keys.ts";
import { t } from "../lang/index.ts";
import { ConnectionBanner } from "../parts/connectionbanner.tsx";
import type { ActiveCall } from "../state/activecall.ts";
import type { Phone } from "../state/phone.ts";
import { waitingAlone } from "../state/shot.ts";
import { Outgoing } from "./outgoing.tsx";

/** CallScreen is the call that this tab is in. */
export function CallScreen({ phone, active }: { phone: Phone; active: ActiveCall }): JSX.Element {
  const shot = active.shot.value;
  const adding = useSignal(false);
  const measuring = useSignal(false);
  const outgoing = active.outgoing && shot.phase === "ringing" && waitingAlone(shot);
  const openAdd = (): void => {
    if (!phone.guest && !outgoing) adding.value = true;
  };
  const toggleStatistics = (): void => {
    measuring.value = !measuring.value;
  };
  useWakeLock();
  useKeys({
    m: () => void active.setMicrophone(!shot.microphone),
    v: () => void active.setCamera(!shot.camera),
    s: () => {
      if (canShare() && !outgoing) void active.shareScreen(!shot.screen);
    },
    p: openAdd,
    i: toggleStatistics,
  });
  return (
    <main class="call" data-testid="call" data-phase={shot.phase}>
      <div class="banners">
        <ConnectionBanner phone={phone} />
        <DeviceProblemBanner active={active} />
        <SecurityWarnings active={active} />
        <UnlockSound />
        {shot.screen ? (
          <div class="banner" role="status" data-testid="sharing">
            <p>{t("call.yourScreen")}</p>
          </div>
        ) : null}
      </div>
      {outgoing ? (
        <Outgoing active={active} />
      ) : (
        <>
          <CallHeader active={active} />
          <Stage active={active} />
          <Notices active={active} />
          <Controls active={active} canAdd={!phone.guest} onAdd={openAdd} onStatistics={toggleStatistics} />
        </>
      )}
      {measuring.value && !outgoing ? <Statistics active={active} /> : null}
      <Sounds seats={shot.seats} />
      {adding.value ? (
        <AddPeople
          phone={phone}
          active={active}
          onClose={() => {
            adding.value = false;
          }}
        />
      ) : null}
    </main>
  );
}
