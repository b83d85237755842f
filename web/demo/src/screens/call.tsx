import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import "../parts/callicon.tsx";
import { AddPeople } from "../call/addpeople.tsx";
import { Alerts } from "../call/alerts.tsx";
import { useBackAsks } from "../call/backasks.ts";
import { CallHeader } from "../call/callheader.tsx";
import { Chat } from "../call/chat.tsx";
import { Controls, canShare } from "../call/controls.tsx";
import { deskOf } from "../call/desk.ts";
import { DeviceProblemBanner } from "../call/deviceproblem.tsx";
import { DevicesDialog } from "../call/devicesdialog.tsx";
import { Hands } from "../call/hands.tsx";
import { useHoldToTalk } from "../call/holdtotalk.ts";
import { KeyHelp } from "../call/keyhelp.tsx";
import { useMicSigns } from "../call/micsigns.ts";
import { Notices } from "../call/notices.tsx";
import { usePermissions } from "../call/permissions.ts";
import { Heard, react, reactions, Signs } from "../call/reactions.tsx";
import { SecurityWarnings } from "../call/security.tsx";
import { Sounds, UnlockSound } from "../call/sounds.tsx";
import { Stage } from "../call/stage.tsx";
import { Statistics } from "../call/statistics.tsx";
import { useWakeLock } from "../call/wakelock.ts";
import { useKeys } from "../keys.ts";
import { t } from "../lang/index.ts";
import { Confirm } from "../parts/confirm.tsx";
import { ConnectionBanner } from "../parts/connectionbanner.tsx";
import type { ActiveCall } from "../state/activecall.ts";
import type { Phone } from "../state/phone.ts";
import { waitingAlone } from "../state/shot.ts";
import { attempt } from "../state/toasts.ts";
import { Outgoing } from "./outgoing.tsx";
import { CallReport } from "./report.tsx";

/** CallScreen is the call that this tab is in. */
export function CallScreen({ phone, active }: { phone: Phone; active: ActiveCall }): JSX.Element {
  const shot = active.shot.value;
  const adding = useSignal(false);
  const measuring = useSignal(false);
  const leaving = useSignal(false);
  const asking = useSignal(false); // what the keys are
  const outgoing = active.outgoing && shot.phase === "ringing" && waitingAlone(shot);
  const openAdd = (): void => {
    if (!phone.guest && !outgoing) adding.value = true;
  };
  const toggleStatistics = (): void => {
    measuring.value = !measuring.value;
  };
  const desk = deskOf(active);
  const signs = useMicSigns(active);
  const chats = shot.encryption.state === "on"; // what is written is sealed, or not sent
  const toggleChat = (): void => {
    desk.chatting.value = !desk.chatting.value;
  };
  useWakeLock();
  useBackAsks(() => {
    leaving.value = true;
  });
  usePermissions(active);
  useHoldToTalk(active);
  const raised = shot.seats.some((seat) => seat.self && seat.handMs !== undefined);
  useKeys({
    h: () => {
      if (!outgoing) void attempt(() => active.call.conduct.raiseHand(!raised));
    },
    ...Object.fromEntries(
      reactions.map((reaction, i) => [String(i + 1), () => react(active, outgoing ? undefined : reaction)]),
    ),
    m: () => void active.setMicrophone(!shot.microphone),
    v: () => void active.setCamera(!shot.camera),
    s: () => {
      if (canShare() && !outgoing) void active.shareScreen(!shot.screen);
    },
    p: openAdd,
    c: () => {
      if (!outgoing && chats) desk.chatting.value = !desk.chatting.value;
    },
    i: toggleStatistics,
    "?": () => {
      asking.value = true;
    },
  });
  return (
    <main
      class="call"
      data-testid="call"
      data-phase={shot.phase}
      data-chat={desk.chatting.value && chats && !outgoing}
    >
      <div class="banners">
        <ConnectionBanner phone={phone} />
        <DeviceProblemBanner active={active} />
        <SecurityWarnings active={active} />
        <Alerts phone={phone} active={active} signs={signs.value} />
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
          <Hands active={active} />
          <Signs active={active} />
          <Controls
            active={active}
            canAdd={!phone.guest}
            onAdd={openAdd}
            onStatistics={toggleStatistics}
            onChat={chats ? toggleChat : undefined}
            unread={desk.unread.value}
          />
          {desk.chatting.value && chats ? <Chat active={active} onClose={toggleChat} /> : null}
        </>
      )}
      <CallReport phone={phone} call={active.call.id} />
      {measuring.value && !outgoing ? <Statistics active={active} onClose={toggleStatistics} /> : null}
      <Heard active={active} />
      <Sounds seats={shot.seats} volumes={desk.volumes.value} />
      {desk.choosing.value ? (
        <DevicesDialog
          active={active}
          onClose={() => {
            desk.choosing.value = false;
          }}
        />
      ) : null}
      {leaving.value ? (
        <Confirm
          title={t("call.leaveTitle")}
          body={t("call.leaveBody")}
          confirm={t("call.leave")}
          onCancel={() => {
            leaving.value = false;
          }}
          onConfirm={() => void active.leave()}
        />
      ) : null}
      {asking.value ? (
        <KeyHelp
          onClose={() => {
            asking.value = false;
          }}
        />
      ) : null}
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
