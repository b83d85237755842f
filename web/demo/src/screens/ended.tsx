import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { bytes, names, spoken } from "../format.ts";
import { t } from "../lang/index.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Button } from "../parts/button.tsx";
import { Dial } from "../parts/dial.tsx";
import { Heading } from "../parts/heading.tsx";
import { Icon } from "../parts/icon.tsx";
import { type Ended, mayLeaveNote } from "../state/ended.ts";
import type { Phone } from "../state/phone.ts";
import { UnsentNote } from "../state/unsentnote.ts";
import { LeaveNote } from "./leavenote.tsx";
import { Rating } from "./rating.tsx";
import { CallReport } from "./report.tsx";

/** endedText says in words why a call is over. */
export function endedText(ended: Ended): string {
  const who = names(ended.names);
  switch (ended.reason) {
    case "hangup":
      return t("ended.hangup");
    case "moved":
      return ended.device === undefined
        ? t("ended.movedUnnamed")
        : t("ended.moved", { device: ended.device });
    case "left":
      return t("ended.left");
    case "declined":
      return t("ended.declined", { names: who });
    case "busy":
      return t("ended.busy", { names: who });
    case "noAnswer":
      return t("ended.noAnswer", { names: who });
    case "cancelled":
      return t("ended.cancelled");
    case "failed":
      return t("ended.failed");
    case "revoked":
      return t("ended.revoked");
    case "removed":
      return t("ended.removed");
  }
}

interface EndedScreenProps {
  readonly phone: Phone;
  readonly ended: Ended;
  /** onRejoin joins the link's call again; absent where there is no link. */
  readonly onRejoin?: (() => void) | undefined;
}

/** EndedScreen is what is left of a call: why it ended, how long it was, what it used, and the way back. */
export function EndedScreen({ phone, ended, onRejoin }: EndedScreenProps): JSX.Element {
  const unsent = useMemo(() => new UnsentNote(() => phone.putAway()), [phone]);
  const moved = ended.reason === "moved";
  const there = moved ? phone.elsewhere.value : undefined;
  const talked = !moved && ended.answered && ended.durationMs > 0;
  const { sentBytes, receivedBytes } = ended.traffic;
  return (
    <main class="plainpage centred" data-testid="ended" data-reason={ended.reason}>
      <Dial state="idle">
        {ended.names[0] === undefined ? (
          <Icon name="phone" />
        ) : (
          <Avatar id={ended.users[0] ?? ended.names[0]} name={ended.names[0]} size="large" />
        )}
      </Dial>
      <Heading>{moved ? t("ended.movedTitle") : t("ended.title")}</Heading>
      <p class="lead" data-testid="ended-reason">
        {endedText(ended)}
      </p>
      {talked ? (
        <p data-testid="ended-duration">{t("ended.duration", { duration: spoken(ended.durationMs) })}</p>
      ) : null}
      {talked && sentBytes + receivedBytes > 0 ? (
        <p class="detail" data-testid="ended-data">
          {t("ended.data", { sent: bytes(sentBytes), received: bytes(receivedBytes) })}
        </p>
      ) : null}
      <div class="actions">
        {there === undefined ? null : (
          <Button
            look="primary"
            icon="phone"
            disabled={phone.busy.value}
            onPress={() => void phone.moveHere(there)}
            testid="move-here"
          >
            {t("elsewhere.move")}
          </Button>
        )}
        {!moved && !phone.guest && ended.users.length > 0 ? (
          <Button
            look="primary"
            icon={ended.kind === "voice" ? "phone" : "camera"}
            disabled={phone.busy.value}
            onPress={() => unsent.leave(() => void phone.ring(ended.users, ended.kind))}
            testid="call-again"
          >
            {t("ended.again")}
          </Button>
        ) : null}
        {onRejoin !== undefined && !moved && !["revoked", "removed"].includes(ended.reason) ? (
          <Button look="primary" onPress={onRejoin} testid="rejoin">
            {t("ended.rejoin")}
          </Button>
        ) : null}
        {phone.guest ? null : (
          <Button onPress={() => unsent.leave(() => phone.putAway())} testid="put-away">
            {t("ended.home")}
          </Button>
        )}
      </div>
      {!phone.guest && mayLeaveNote(ended) ? (
        <LeaveNote
          phone={phone}
          call={ended.call}
          user={ended.users[0] ?? ""}
          name={ended.names[0] ?? ""}
          kind={ended.kind}
          unsent={unsent}
        />
      ) : null}
      {!moved && ended.answered && ended.rate !== undefined ? <Rating rate={ended.rate} /> : null}
      {phone.guest ? <p>{t("ended.guest")}</p> : null}
      {ended.support === "" ? null : (
        <p class="detail support">
          {t("ended.support")} <code data-testid="support">{ended.support}</code>
        </p>
      )}
      <CallReport phone={phone} call={ended.call} />
    </main>
  );
}
