import type { Signal } from "@preact/signals";
import type { JSX } from "preact";
import type { LobbyMode } from "../../../sdk/src/index.ts";
import { type PlainKey, t } from "../lang/index.ts";
import { Switch } from "../parts/choice.tsx";
import { Select, TextField } from "../parts/field.tsx";

const lobbies = {
  off: "links.lobbyOff",
  guests: "links.lobbyGuests",
  everyone: "links.lobbyEveryone",
} as const satisfies Record<LobbyMode, PlainKey>;

/** LobbySelect is who has to wait until a host lets him in. */
export function LobbySelect({
  value,
  onChange,
}: {
  value: LobbyMode;
  onChange: (value: LobbyMode) => void;
}): JSX.Element {
  return (
    <Select<LobbyMode>
      label={t("links.lobby")}
      value={value}
      options={(["off", "guests", "everyone"] as const).map((mode) => ({
        value: mode,
        name: t(lobbies[mode]),
      }))}
      testid="link-lobby"
      onChange={onChange}
    />
  );
}

/** MostSelect is how many may be in the call at a time. */
export function MostSelect({
  value,
  onChange,
}: {
  value: number;
  onChange: (value: number) => void;
}): JSX.Element {
  const counts = [0, 2, 5, 10, 25];
  const all = counts.includes(value) ? counts : [...counts, value];
  return (
    <Select<string>
      label={t("links.most")}
      value={String(value)}
      options={all.map((count) => ({
        value: String(count),
        name: count === 0 ? t("links.mostAny") : t("links.mostPeople", { count }),
      }))}
      testid="link-most"
      onChange={(chosen) => onChange(Number(chosen))}
    />
  );
}

/** Times are the hours of one day in which others may book a talk. */
export interface Times {
  readonly day: Signal<string>;
  readonly from: Signal<string>;
  readonly to: Signal<string>;
  readonly minutes: Signal<string>;
}

/** BookTimes asks when, and how long a talk is. */
export function BookTimes({ times, count }: { times: Times; count: number }): JSX.Element {
  const field = (name: "day" | "from" | "to", label: PlainKey): JSX.Element => (
    <TextField
      label={t(label)}
      type={name === "day" ? "date" : "time"}
      value={times[name].value}
      testid={`book-${name}`}
      onInput={(value) => {
        times[name].value = value;
      }}
    />
  );
  return (
    <>
      <div class="pair">
        {field("day", "links.bookDay")}
        <Select<string>
          label={t("links.bookLength")}
          value={times.minutes.value}
          options={["15", "30", "60"].map((value) => ({
            value,
            name: t("unit.minutes", { count: Number(value) }),
          }))}
          testid="book-length"
          onChange={(value) => {
            times.minutes.value = value;
          }}
        />
      </div>
      <div class="pair">
        {field("from", "quiet.from")}
        {field("to", "quiet.to")}
      </div>
      <p class="detail" role="status" data-testid="book-count">
        {t("links.bookCount", { count })}
      </p>
    </>
  );
}

/** TermSwitch is one of the terms that are on or off. */
export function TermSwitch({
  name,
  checked,
  onChange,
}: {
  name: "joinMuted" | "ringHost";
  checked: boolean;
  onChange: (on: boolean) => void;
}): JSX.Element {
  const hint = name === "ringHost" ? { hint: t("links.ringHostHint") } : {};
  return (
    <Switch
      label={t(name === "joinMuted" ? "links.joinMuted" : "links.ringHost")}
      {...hint}
      checked={checked}
      onChange={onChange}
      testid={`link-${name}`}
    />
  );
}
