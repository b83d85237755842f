import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect } from "preact/hooks";
import { names } from "../format.ts";
import { t } from "../lang/index.ts";
import { Banner } from "../parts/banner.tsx";
import { Button } from "../parts/button.tsx";
import type { IconName } from "../parts/icon.tsx";
import type { ActiveCall } from "../state/activecall.ts";
import { listDevices } from "../state/mediadevices.ts";
import type { Phone } from "../state/phone.ts";
import { setPrefs } from "../state/prefs.ts";
import { type CallShot, present } from "../state/shot.ts";
import { attempt } from "../state/toasts.ts";
import { deskOf } from "./desk.ts";
import type { MicSigns } from "./micsigns.ts";
import { speakerGone } from "./speaker.ts";

/** most is how many stand above a call at a time: the weightiest ones. */
const most = 2;
/** replacedMs is how long it is said which device took another one's place. */
const replacedMs = 12_000;

interface Alert {
  readonly id: string;
  readonly icon: IconName;
  readonly tone?: "note" | "warn" | "alarm";
  readonly text: ComponentChildren;
  readonly action?: JSX.Element;
  readonly dismiss?: () => void;
}

interface AlertsProps {
  readonly phone: Phone;
  readonly active: ActiveCall;
  readonly signs: MicSigns;
}

/** Alerts are the banners about what is wrong, each with what to do, for as long as its cause lasts. */
export function Alerts({ phone, active, signs }: AlertsProps): JSX.Element {
  const desk = deskOf(active);
  const replaced = desk.replaced.value;
  useEffect(() => void listDevices(), []);
  useEffect(() => {
    if (replaced === undefined) return;
    const timer = setTimeout(() => {
      desk.replaced.value = undefined;
    }, replacedMs);
    return () => clearTimeout(timer);
  }, [desk, replaced]);
  const alerts = [
    ...proposals(active),
    ...waiting(phone, active),
    ...ofMedia(active),
    ...ofMicrophone(active, signs),
    ...ofNetwork(active),
    ...ofMachine(active),
  ];
  return (
    <>
      {alerts.slice(0, most).map(({ id, icon, tone = "warn", text, action, dismiss }) => (
        <Banner key={id} icon={icon} tone={tone} action={action} onDismiss={dismiss} testid={`alert-${id}`}>
          {text}
        </Banner>
      ))}
    </>
  );
}

function act(
  text: string,
  testid: string,
  onPress: () => void,
  look: "plain" | "primary" = "plain",
): JSX.Element {
  return (
    <Button look={look} testid={testid} onPress={onPress}>
      {text}
    </Button>
  );
}

/** proposals ask to switch to video, or to voice. */
function proposals(active: ActiveCall): Alert[] {
  const { proposal, seats } = active.shot.value;
  if (proposal === undefined) return [];
  const by = seats.find((seat) => seat.participant === proposal.by);
  const { conduct } = active.call;
  const answer = (accept: boolean, camera?: boolean): void =>
    void attempt(async () => {
      await conduct.answerKind(accept);
      if (camera !== undefined) await active.setCamera(camera);
    });
  const video = proposal.kind === "video";
  if (by === undefined || by.self)
    return [
      {
        id: "proposed",
        icon: "camera",
        tone: "note",
        text: video ? t("kind.askedVideo") : t("kind.askedVoice"),
        action: act(t("kind.takeBack"), "take-back", () => answer(false)),
      },
    ];
  const text = video ? t("kind.wantsVideo", { name: by.name }) : t("kind.wantsVoice", { name: by.name });
  return [
    {
      id: "proposal",
      icon: video ? "camera" : "phone",
      tone: "note",
      text,
      action: (
        <span class="acts">
          {act(
            video ? t("kind.acceptVideo") : t("kind.acceptVoice"),
            "accept-kind",
            () => answer(true, video),
            "primary",
          )}
          {act(t("kind.decline"), "decline-kind", () => answer(false))}
        </span>
      ),
    },
  ];
}

/** waiting: this call, or another one, is on hold. */
function waiting(phone: Phone, active: ActiveCall): Alert[] {
  const own: Alert[] = active.shot.value.onHold
    ? [
        {
          id: "on-hold",
          icon: "pause",
          text: t("alert.onHold"),
          action: act(t("alert.resume"), "resume", () => void phone.resume(active), "primary"),
        },
      ]
    : [];
  const held = phone.held.value.map((other): Alert => {
    const name = namesOf(other.shot.value);
    return {
      id: "held",
      icon: "pause",
      tone: "note",
      text: t("alert.held", { name }),
      action: act(t("alert.switch"), "switch-call", () => void phone.resume(other)),
    };
  });
  return [...own, ...held];
}

function namesOf({ title, seats }: CallShot): string {
  return title ?? names(seats.filter(({ self }) => !self).map(({ name }) => name));
}

function ofMedia(active: ActiveCall): Alert[] {
  const { brokenMs, phase } = active.shot.value;
  if (brokenMs === undefined || phase !== "active") return [];
  return [
    {
      id: "broken",
      icon: "refresh",
      tone: "alarm",
      text: <Reconnecting sinceMs={brokenMs} />,
    },
  ];
}

/** Reconnecting counts the seconds for the eye; a screen reader hears the sentence once. */
function Reconnecting({ sinceMs }: { sinceMs: number }): JSX.Element {
  const now = useSignal(Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      now.value = Date.now();
    }, 1_000);
    return () => clearInterval(timer);
  }, [now]);
  const seconds = Math.max(0, Math.round((now.value - sinceMs) / 1_000));
  return (
    <>
      {t("alert.broken")} <span aria-hidden="true">{t("alert.seconds", { seconds: String(seconds) })}</span>
    </>
  );
}

function ofMicrophone(active: ActiveCall, signs: MicSigns): Alert[] {
  const desk = deskOf(active);
  const self = active.shot.value.seats.find((seat) => seat.self);
  const choose = act(t("alert.choose"), "choose-devices", () => {
    desk.choosing.value = true;
  });
  const list: Alert[] = [];
  if (signs.mutedSpeaking)
    list.push({
      id: "muted",
      icon: "microphoneOff",
      text: t("alert.muted"),
      action: act(t("call.micOff"), "unmute", () => void active.setMicrophone(true), "primary"),
    });
  if (signs.silent) list.push({ id: "silent", icon: "warning", text: t("alert.silent"), action: choose });
  else if (self?.notHeard && !self.muted)
    list.push({ id: "not-heard", icon: "warning", text: t("alert.notHeard"), action: choose });
  const replaced = desk.replaced.value;
  if (replaced !== undefined)
    list.push({
      id: "replaced",
      icon: "headset",
      tone: "note",
      text: t("alert.replaced", { name: replaced || t("devices.standard") }),
      action: choose,
      dismiss: () => {
        desk.replaced.value = undefined;
      },
    });
  if (speakerGone())
    list.push({
      id: "speaker",
      icon: "headset",
      tone: "note",
      text: t("alert.speaker"),
      action: choose,
      dismiss: () => setPrefs({ speaker: undefined }),
    });
  return list;
}

function ofNetwork(active: ActiveCall): Alert[] {
  const { seats, camera } = active.shot.value;
  const others = seats.filter((seat) => !seat.self && present(seat));
  const paused = others.filter((seat) => seat.paused);
  const sending = others.filter((seat) => seat.camera !== undefined || seat.paused);
  const list: Alert[] = [];
  if (paused.length > 0 && paused.length === sending.length)
    list.push({ id: "sound-only", icon: "sound", text: t("alert.soundOnly") });
  if (seats.some((seat) => seat.self && seat.poorNetwork))
    list.push({
      id: "poor-own",
      icon: "pulse",
      text: t("alert.poorOwn"),
      ...(camera
        ? { action: act(t("alert.onlySound"), "only-sound", () => void active.setCamera(false)) }
        : {}),
    });
  const poor = others.filter((seat) => seat.poorNetwork).map(({ name }) => name);
  if (poor.length > 0)
    list.push({
      id: "poor-other",
      icon: "pulse",
      tone: "note",
      text: t("alert.poorOther", { names: names(poor) }),
    });
  return list;
}

function ofMachine(active: ActiveCall): Alert[] {
  const { seats, camera, cameraFrozen, cpuLimited } = active.shot.value;
  const stop = camera
    ? { action: act(t("call.cameraOn"), "stop-camera", () => void active.setCamera(false)) }
    : {};
  const list: Alert[] = [];
  if (cameraFrozen && camera)
    list.push({
      id: "frozen",
      icon: "cameraOff",
      text: t("alert.frozen"),
      action: act(t("alert.restart"), "restart-camera", () => void restart(active)),
    });
  if (cpuLimited && camera) list.push({ id: "cpu", icon: "device", text: t("alert.cpu"), ...stop });
  if (seats.some((seat) => seat.self && seat.batteryLow))
    list.push({ id: "battery", icon: "battery", text: t("alert.battery"), ...stop });
  return list;
}

/** restart opens the camera again. */
async function restart(active: ActiveCall): Promise<void> {
  await active.setCamera(false);
  await active.setCamera(true);
}
