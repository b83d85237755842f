import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Kind } from "../../../sdk/src/index.ts";
import { useBackAsks } from "../call/backasks.ts";
import { t } from "../lang/index.ts";
import { leavingText, mistrusts } from "../notetexts.ts";
import { Confirm } from "../parts/confirm.tsx";
import { Icon } from "../parts/icon.tsx";
import { canRecord } from "../state/noterun.ts";
import type { Phone } from "../state/phone.ts";
import { say } from "../state/toasts.ts";
import type { UnsentNote } from "../state/unsentnote.ts";
import { NoteOffer, NoteRecorded, NoteRecording } from "./notestages.tsx";

interface LeaveNoteProps {
  readonly phone: Phone;
  readonly call: string;
  /** user is the account that we rang. */
  readonly user: string;
  /** name is whom the note is for. */
  readonly name: string;
  /** kind is the call's: after a video call there may be a picture. */
  readonly kind: Kind;
  /** unsent asks whoever leaves before the note is sent. */
  readonly unsent: UnsentNote;
  /** asked: somebody wants to leave one, and is told if that cannot be. Otherwise it is offered only where it can. */
  readonly asked?: boolean;
}

/** Offer is whether a note may be left; undefined while that is not known. */
type Offer = "open" | "none" | { readonly refused: unknown } | undefined;

/** LeaveNote offers to leave a note to whom we did not reach, if he takes notes: to record it, to hear it, and to send it. */
export function LeaveNote({
  phone,
  call,
  user,
  name,
  kind,
  unsent,
  asked = false,
}: LeaveNoteProps): JSX.Element | null {
  const offer = useSignal<Offer>(undefined);
  const online = phone.state.value === "online";
  const { recorder } = unsent;
  const card = useFocusOf(recorder.shot.value.stage);
  useEffect(() => {
    if (!online || offer.peek() === "open") return; // what could not be had may be with the next connection
    let here = true;
    void mayLeave(phone, call, user).then((may) => {
      if (here) offer.value = may;
    });
    return () => {
      here = false;
    };
  }, [phone, call, user, online, offer]);
  const gone = useRef(false);
  useEffect(
    () => () => {
      gone.current = true;
      recorder.close();
    },
    [recorder],
  );
  useAsksBefore(unsent);
  if (offer.value !== "open") return <NoOffer offer={offer.value} name={name} asked={asked} />;
  const send = (): void =>
    void recorder.send(async (note) => {
      try {
        await phone.pronto.account.leaveNote(call, note, { to: user });
      } catch (error) {
        if (gone.current) say(leavingText(error, name), true);
        throw error;
      }
    });
  const shot = recorder.shot.value;
  const titles = {
    idle: t("note.leave", { name }),
    opening: t("note.opening"),
    recording: t("note.recording"),
    recorded: t("note.yours"),
    sending: t("note.sending"),
    sent: t("note.sent"),
  };
  return (
    <section
      class="card note"
      ref={card}
      aria-labelledby="note-title"
      data-testid="note"
      data-stage={shot.stage}
    >
      <h2 id="note-title" tabIndex={-1}>
        {titles[shot.stage]}
      </h2>
      {shot.stage === "idle" ? (
        <NoteOffer recorder={recorder} problem={shot.problem} name={name} kind={kind} />
      ) : shot.stage === "opening" || shot.stage === "recording" ? (
        <NoteRecording recorder={recorder} shot={shot} />
      ) : shot.stage === "sent" ? (
        <p class="detail" data-testid="note-sent">
          <Icon name="check" />
          {t("note.sentText", { name })}
        </p>
      ) : (
        <NoteRecorded recorder={recorder} shot={shot} name={name} onSend={send} />
      )}
      {unsent.asking.value ? (
        <Confirm
          title={t("note.unsentTitle")}
          body={t("note.unsentBody", { name })}
          confirm={t("note.discard")}
          onCancel={() => unsent.stay()}
          onConfirm={() => unsent.discard()}
        />
      ) : null}
    </section>
  );
}

/** NoOffer says that no note can be left, or not yet: to who wants to, and where keys are not as they should be. */
function NoOffer(props: { offer: Exclude<Offer, "open">; name: string; asked: boolean }): JSX.Element | null {
  const { offer, name, asked } = props;
  const refused = typeof offer === "object" ? offer.refused : undefined;
  if (!asked && !mistrusts(refused)) return null;
  return (
    <div class="card note" role="status" data-testid="note-refused">
      <h2 id="note-title">{t("note.leave", { name })}</h2>
      <p class="detail">
        {offer === undefined
          ? t("app.loading")
          : offer === "none"
            ? t("note.takesNone", { name })
            : leavingText(refused, name)}
      </p>
    </div>
  );
}

/** mayLeave asks whether he takes notes. */
async function mayLeave(phone: Phone, call: string, user: string): Promise<Offer> {
  try {
    const can = await phone.pronto.account.canLeaveNote(call, { to: user });
    return can && canRecord("voice") ? "open" : "none";
  } catch (refused) {
    return { refused };
  }
}

/** useAsksBefore has the back button and the tab ask before a note is lost. */
function useAsksBefore(unsent: UnsentNote): void {
  const idle = ["idle", "sent"].includes(unsent.recorder.shot.value.stage);
  useEffect(() => (idle ? undefined : unsent.guard(window)), [unsent, idle]);
  useBackAsks(() => unsent.back(), unsent.loses.value);
}

/** useFocusOf moves the focus with the stages: what was pressed is no longer there. The first stage leaves it where it is. */
function useFocusOf(stage: string): { current: HTMLElement | null } {
  const card = useRef<HTMLElement>(null);
  const before = useRef(stage);
  useEffect(() => {
    if (before.current === stage) return;
    before.current = stage;
    const next = stage === "recording" || stage === "idle" ? "button" : "h2";
    card.current?.querySelector<HTMLElement>(next)?.focus();
  }, [stage]);
  return card;
}
