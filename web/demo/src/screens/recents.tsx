import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { CallLogEntry } from "../../../sdk/src/index.ts";
import { clock, names, when } from "../format.ts";
import { type PlainKey, t } from "../lang/index.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Button } from "../parts/button.tsx";
import { CallButtons } from "../parts/callbuttons.tsx";
import { Choice } from "../parts/choice.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Empty } from "../parts/empty.tsx";
import { Heading } from "../parts/heading.tsx";
import { Icon } from "../parts/icon.tsx";
import { Menu } from "../parts/menu.tsx";
import { Row } from "../parts/row.tsx";
import { forgetAll } from "../state/forgetting.ts";
import { heardNotes } from "../state/heardnotes.ts";
import type { Phone } from "../state/phone.ts";
import { hashOf } from "../state/route.ts";
import { PlayNote } from "./playnote.tsx";
import { RecentMenu } from "./recentmenu.tsx";

type Filter = "all" | "missed";

/** RecentsScreen lists the calls, newest first; a missed one stands out, by word as well as by colour. */
export function RecentsScreen({ phone }: { phone: Phone }): JSX.Element {
  const filter = useSignal<Filter>("all");
  const deleting = useSignal(false);
  useEffect(() => void phone.log.load(), [phone]);
  const entries = phone.log.entries.value;
  const shown = entries?.filter(({ outcome }) => filter.value === "all" || outcome === "missed");
  return (
    <>
      <header class="top">
        <Heading>{t("recents.title")}</Heading>
        {entries === undefined || entries.length === 0 ? null : (
          <Menu label={t("recents.menu")} testid="recents-menu">
            <Button
              look="danger"
              icon="trash"
              testid="delete-all"
              onPress={() => {
                deleting.value = true;
              }}
            >
              {t("recents.deleteAll")}
            </Button>
          </Menu>
        )}
      </header>
      <Choice<Filter>
        legend={t("recents.filter")}
        unlabelled
        look="segments"
        value={filter.value}
        options={[
          { value: "all", name: t("recents.all") },
          { value: "missed", name: t("recents.onlyMissed"), testid: "only-missed" },
        ]}
        onChange={(value) => {
          filter.value = value;
        }}
      />
      {shown === undefined ? <p class="empty">{t("app.loading")}</p> : null}
      {shown?.length === 0 ? (
        <Empty icon="clock" text={filter.value === "all" ? t("recents.empty") : t("recents.noneMissed")} />
      ) : null}
      {shown === undefined || shown.length === 0 ? null : (
        <ul class="rows" data-testid="recents">
          {shown.map((entry) => (
            <Entry key={entry.call} entry={entry} phone={phone} />
          ))}
        </ul>
      )}
      {deleting.value ? (
        <Confirm
          title={t("recents.deleteAllTitle")}
          body={t("recents.deleteAllBody")}
          confirm={t("recents.deleteAll")}
          onConfirm={() => {
            deleting.value = false;
            void forgetAll(phone);
          }}
          onCancel={() => {
            deleting.value = false;
          }}
        />
      ) : null}
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

/** Entry is one call of the log. plain leaves out whom it was with, on his own page, and calling back. */
export function Entry({
  entry,
  phone,
  plain = false,
}: {
  entry: CallLogEntry;
  phone: Phone;
  plain?: boolean;
}): JSX.Element {
  const name = entry.with.length === 0 ? t("recents.nobody") : names(entry.with.map((person) => person.name));
  const users = entry.with.map((person) => person.user).filter((user) => user !== "");
  const [only] = users;
  const kind = entry.kind === "voice" ? t("recents.voice") : t("recents.video");
  const length = entry.durationMs > 0 ? ` · ${clock(entry.durationMs)}` : "";
  const about = `${kind} · ${when(entry.startedMs, Date.now())}${length}`;
  return (
    <Row
      class={entry.outcome}
      testid="recent"
      outcome={entry.outcome}
      picture={
        plain || entry.with.length !== 1 ? (
          <span class="sign">
            <Icon
              name={
                plain
                  ? entry.kind === "voice"
                    ? "phone"
                    : "camera"
                  : entry.with.length === 0
                    ? "link"
                    : "people"
              }
            />
          </span>
        ) : (
          <Avatar id={only ?? entry.call} name={name} />
        )
      }
      name={plain ? t(outcomeKey(entry)) : name}
      below={heardNotes(phone).shows(entry) ? <PlayNote phone={phone} entry={entry} /> : null}
      href={!plain && entry.with.length === 1 && only !== undefined ? hashOf("people", only) : undefined}
      detail={
        <>
          <Icon name={entry.direction === "incoming" ? "incoming" : "outgoing"} />
          {plain ? about : t(outcomeKey(entry))}
          {plain ? null : <span class="when">{about}</span>}
        </>
      }
    >
      {plain || users.every((user) => phone.watching.profiles.value.get(user)?.noCalls) ? null : (
        <CallButtons
          voice={t("recents.voiceBack", { name })}
          video={t("recents.videoBack", { name })}
          busy={phone.busy.value}
          onCall={(wanted) => void phone.ring(users, wanted)}
          testid="back"
        />
      )}
      {plain || entry.outcome === "ongoing" ? null : <RecentMenu phone={phone} entry={entry} name={name} />}
    </Row>
  );
}
