import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { CallLogEntry } from "../../../sdk/src/index.ts";
import { clock, names, when } from "../format.ts";
import { type PlainKey, t } from "../lang/index.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Button } from "../parts/button.tsx";
import { CallButtons } from "../parts/callbuttons.tsx";
import { Heading } from "../parts/heading.tsx";
import { Icon } from "../parts/icon.tsx";
import type { Phone } from "../state/phone.ts";

/** RecentsScreen lists the calls, newest first; a missed one stands out, by word as well as by colour. */
export function RecentsScreen({ phone }: { phone: Phone }): JSX.Element {
  useEffect(() => void phone.log.load(), [phone]);
  const entries = phone.log.entries.value;
  return (
    <>
      <header class="top">
        <Heading>{t("recents.title")}</Heading>
      </header>
      {entries === undefined ? <p class="empty">{t("app.loading")}</p> : null}
      {entries?.length === 0 ? <p class="empty">{t("recents.empty")}</p> : null}
      {entries === undefined || entries.length === 0 ? null : (
        <ul class="rows" data-testid="recents">
          {entries.map((entry) => (
            <Entry key={entry.call} entry={entry} phone={phone} />
          ))}
        </ul>
      )}
      {phone.log.more.value ? (
        <Button onPress={() => void phone.log.loadMore()}>{t("recents.more")}</Button>
      ) : null}
    </>
  );
}

/** outcomeKey is the word for how a call went. */
export function outcomeKey({ outcome, direction }: Pick<CallLogEntry, "outcome" | "direction">): PlainKey {
  if (outcome === "missed") return "recents.missed";
  if (outcome === "declined") return "recents.declined";
  if (outcome === "unanswered") return "recents.unanswered";
  if (outcome === "ongoing") return "recents.ongoing";
  return direction === "incoming" ? "recents.incoming" : "recents.outgoing";
}

function Entry({ entry, phone }: { entry: CallLogEntry; phone: Phone }): JSX.Element {
  const name = entry.with.length === 0 ? t("recents.nobody") : names(entry.with.map((person) => person.name));
  const users = entry.with.map((person) => person.user).filter((user) => user !== "");
  return (
    <li class={`row ${entry.outcome}`} data-testid="recent" data-outcome={entry.outcome}>
      {entry.with.length === 1 ? (
        <Avatar id={users[0] ?? entry.call} name={name} />
      ) : (
        <span class="sign">
          <Icon name={entry.with.length === 0 ? "link" : "people"} />
        </span>
      )}
      <span class="who">
        <span class="name">{name}</span>
        <span class="detail">
          <Icon name={entry.direction === "incoming" ? "incoming" : "outgoing"} />
          {t(outcomeKey(entry))} · {t(entry.kind === "voice" ? "kind.voice" : "kind.video")}
        </span>
        <span class="detail">
          {when(entry.startedMs, Date.now())}
          {entry.durationMs > 0 ? ` · ${clock(entry.durationMs)}` : null}
        </span>
      </span>
      {users.length === 0 ? null : (
        <CallButtons
          voice={t("recents.voiceBack", { name })}
          video={t("recents.videoBack", { name })}
          busy={phone.busy.value}
          onCall={(kind) => void phone.ring(users, kind)}
          testid="back"
        />
      )}
    </li>
  );
}
