import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { Reminder } from "../../../sdk/src/index.ts";
import { clock } from "../../worker/note.ts";
import { language, t } from "../lang/index.ts";
import { IconButton } from "../parts/button.tsx";
import { useAside } from "../parts/covering.ts";
import { Icon } from "../parts/icon.tsx";
import type { Phone } from "../state/phone.ts";
import { hashOf } from "../state/route.ts";

/** ReminderPanel says which booked talks begin soon, above whatever else is shown, and leads there. */
export function ReminderPanel({ phone }: { phone: Phone }): JSX.Element {
  const panel = useRef<HTMLElement>(null);
  useAside(panel);
  return (
    <aside ref={panel} class="lobby" aria-label={t("remind.label")} data-testid="reminders">
      <ul>
        {phone.reminders.all.value.map((reminder) => (
          <li key={reminder.link} data-testid="reminder">
            <span class="who">
              <span class="name" role="status">
                {reminderText(reminder)}
              </span>
              {reminder.address === undefined ? <span class="detail">{t("links.elsewhere")}</span> : null}
            </span>
            {phone.call.value === undefined ? <Way reminder={reminder} /> : null}
            <IconButton
              icon="close"
              look="quiet"
              label={t("device.dismiss")}
              onPress={() => phone.reminders.dismiss(reminder.link)}
              testid="dismiss-reminder"
            />
          </li>
        ))}
      </ul>
    </aside>
  );
}

/** Way leads into the talk; where its key is missing, to its link. */
function Way({ reminder }: { reminder: Reminder }): JSX.Element | null {
  const { address, host = false, kind, link } = reminder;
  if (address === undefined && !host) return null;
  return (
    <a class="button primary" href={address ?? hashOf("links", link)} data-testid="join-talk">
      <Icon name={kind === "voice" ? "phone" : "camera"} />
      {t(address === undefined ? "links.join" : "join.join")}
    </a>
  );
}

/** reminderText says what begins, and when. */
export function reminderText({ fromMs, title }: Reminder): string {
  const time = clock(fromMs, language.value);
  return title === "" ? t("push.soon", { time }) : t("remind.soonAt", { time, title });
}
