import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Incoming } from "../../../sdk/src/index.ts";
import { t } from "../lang/index.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Button } from "../parts/button.tsx";
import { Dial } from "../parts/dial.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { play, tunes } from "../ringtone.ts";
import type { Phone } from "../state/phone.ts";
import { prefs } from "../state/prefs.ts";
import { flash } from "../titleflash.ts";

/** guardMs is how long keys and presses are ignored: who was typing or pressing something else did not mean the call. */
const guardMs = 500;

/** IncomingDialog rings: to the ear, to the eye, and in the tab's title. */
export function IncomingDialog({ phone, incoming }: { phone: Phone; incoming: Incoming }): JSX.Element {
  const shownMs = useRef(performance.now());
  const answering = useSignal(false);
  const { name, others } = incoming;
  const answered = answering.value;
  useEffect(() => {
    if (answered) return;
    const silence = prefs.peek().sounds ? play(tunes[prefs.peek().ringtone]) : () => undefined;
    const calm = flash(t("in.titleFlash", { name }));
    return () => {
      silence();
      calm();
    };
  }, [name, answered]);
  const meant = (act: () => void) => (): void => {
    if (performance.now() - shownMs.current >= guardMs) act();
  };
  const accept = (camera: boolean, hold = false): (() => void) =>
    meant(() => {
      if (answering.value || phone.terms.block()) return;
      answering.value = true;
      void phone.accept(incoming, camera, hold);
    });
  const busy = phone.call.value !== undefined;
  const decline = meant(() => void phone.decline(incoming));
  const video = incoming.kind === "video";
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (event.key !== "Enter" || !event.ctrlKey || event.repeat) return;
      event.preventDefault();
      accept(video)();
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  });
  return (
    <Dialog
      labelledBy="incoming-title"
      describedBy="incoming-more"
      role="alertdialog"
      class="incoming"
      onCancel={decline}
      testid="incoming"
    >
      <Dial state={answered ? "connecting" : "ringing"}>
        <Avatar id={incoming.from} name={name} size="large" />
      </Dial>
      <h2 id="incoming-title">{t(video ? "in.video" : "in.voice", { name })}</h2>
      <div id="incoming-more">
        <p role="status" data-testid="answering">
          {answered ? t("in.connecting") : ""}
        </p>
        {incoming.automated ? <span class="tag">{t("in.bot")}</span> : null}
        {others > 0 ? <p>{t("in.others", { count: others })}</p> : null}
        {busy ? <p>{t("in.busy")}</p> : null}
      </div>
      <div class="answers">
        {busy ? (
          <Button look="accept" icon="phone" autofocus onPress={accept(video, true)} testid="accept-hold">
            {t("in.holdAccept")}
          </Button>
        ) : null}
        <Button
          look={busy ? "plain" : "accept"}
          icon={video ? "camera" : "phone"}
          autofocus={!busy}
          onPress={accept(video)}
          testid="accept"
        >
          {t(busy ? "in.endAccept" : video ? "in.acceptVideo" : "in.accept")}
        </Button>
        {video && !busy ? (
          <Button icon="phone" onPress={accept(false)} testid="accept-voice">
            {t("in.acceptNoVideo")}
          </Button>
        ) : null}
        <Button look="hangup" icon="hangup" onPress={decline} testid="decline">
          {t("in.decline")}
        </Button>
      </div>
    </Dialog>
  );
}
