import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { CallLink, Kind, LobbyMode } from "../../../sdk/src/index.ts";
import { type PlainKey, t } from "../lang/index.ts";
import { Button } from "../parts/button.tsx";
import { Choice, Switch } from "../parts/choice.tsx";
import { Select, TextField } from "../parts/field.tsx";
import { dayOf, slotsBetween } from "../slots.ts";
import type { LinkList } from "../state/linklist.ts";
import { BookTimes, LobbySelect, MostSelect, TermSwitch, type Times } from "./linkterms.tsx";

const dayMs = 86_400_000;

const expiries = {
  "3600": "links.expiryHour",
  "86400": "links.expiryDay",
  "604800": "links.expiryWeek",
  "0": "links.expiryNever",
} as const satisfies Record<string, PlainKey>;

const uses = { "0": "links.usesAny", "1": "links.usesOnce", "10": "links.usesTen" } as const satisfies Record<
  string,
  PlainKey
>;

/** LinkForm makes a link. */
export function LinkForm({
  links,
  onMade,
}: {
  links: LinkList;
  onMade: (link: CallLink) => void;
}): JSX.Element {
  const kind = useSignal<Kind>("video");
  const title = useSignal("");
  const expiry = useSignal("86400");
  const most = useSignal("0");
  const lobby = useSignal<LobbyMode>("off");
  const opens = useSignal("");
  const people = useSignal(0);
  const joinMuted = useSignal(false);
  const ringHost = useSignal(true);
  const hostLink = useSignal(false);
  const books = useSignal(false);
  const times: Times = {
    day: useSignal(dayOf(Date.now() + dayMs)),
    from: useSignal("09:00"),
    to: useSignal("12:00"),
    minutes: useSignal("30"),
  };
  const slots = books.value
    ? slotsBetween(times.day.value, times.from.value, times.to.value, Number(times.minutes.value), Date.now())
    : [];
  const opensMs = new Date(opens.value).getTime();
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const name = title.value.trim();
    const made = await links.create({
      kind: kind.value,
      ...(name === "" ? {} : { title: name }),
      ...(expiry.value === "0" ? {} : { expiresInSeconds: Number(expiry.value) }),
      ...(most.value === "0" ? {} : { maxUses: Number(most.value) }),
      ...(lobby.value === "off" ? {} : { lobby: lobby.value, ringHost: ringHost.value }),
      ...(Number.isNaN(opensMs) ? {} : { opensMs }),
      ...(people.value === 0 ? {} : { maxParticipants: people.value }),
      ...(joinMuted.value ? { joinMuted: true } : {}),
      ...(hostLink.value ? { hostLink: true } : {}),
      slots,
    });
    if (made !== undefined) onMade(made);
  };
  return (
    <form class="stack" onSubmit={(event) => void submit(event)}>
      <Choice<Kind>
        legend={t("links.kind")}
        look="segments"
        value={kind.value}
        options={[
          { value: "voice", name: t("links.voice"), testid: "link-voice" },
          { value: "video", name: t("links.video"), testid: "link-video" },
        ]}
        onChange={(value) => {
          kind.value = value;
        }}
      />
      <TextField
        label={t("links.titleLabel")}
        value={title.value}
        placeholder={t("links.titleHint")}
        maxLength={80}
        testid="link-title"
        onInput={(value) => {
          title.value = value;
        }}
      />
      <div class="pair">
        <Select
          label={t("links.expiry")}
          value={expiry.value}
          options={["3600", "86400", "604800", "0"].map((value) => ({
            value,
            name: t(expiries[value as keyof typeof expiries]),
          }))}
          testid="link-expiry"
          onChange={(value) => {
            expiry.value = value;
          }}
        />
        <Select
          label={t("links.uses")}
          value={most.value}
          options={["0", "1", "10"].map((value) => ({ value, name: t(uses[value as keyof typeof uses]) }))}
          testid="link-uses"
          onChange={(value) => {
            most.value = value;
          }}
        />
      </div>
      <LobbySelect
        value={lobby.value}
        onChange={(value) => {
          lobby.value = value;
        }}
      />
      <details class="more" data-testid="link-more">
        <summary>{t("links.more")}</summary>
        <div class="stack">
          {lobby.value === "off" ? null : (
            <TermSwitch
              name="ringHost"
              checked={ringHost.value}
              onChange={(on) => {
                ringHost.value = on;
              }}
            />
          )}
          <TextField
            label={t("links.opens")}
            type="datetime-local"
            value={opens.value}
            hint={t("links.opensHint")}
            testid="link-opens"
            onInput={(value) => {
              opens.value = value;
            }}
          />
          <MostSelect
            value={people.value}
            onChange={(value) => {
              people.value = value;
            }}
          />
          <TermSwitch
            name="joinMuted"
            checked={joinMuted.value}
            onChange={(on) => {
              joinMuted.value = on;
            }}
          />
          <Switch
            label={t("links.hostLink")}
            hint={t("links.hostLinkHint")}
            checked={hostLink.value}
            onChange={(on) => {
              hostLink.value = on;
            }}
            testid="link-host"
          />
          <Switch
            label={t("links.books")}
            hint={t("links.booksHint")}
            checked={books.value}
            onChange={(on) => {
              books.value = on;
            }}
            testid="link-books"
          />
          {books.value ? <BookTimes times={times} count={slots.length} /> : null}
        </div>
      </details>
      <Button submit look="primary" icon="link" testid="create-link">
        {t("links.create")}
      </Button>
    </form>
  );
}
