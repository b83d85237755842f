import type { JSX } from "preact";
import type { DayRange } from "../../../../sdk/src/index.ts";
import { t } from "../../lang/index.ts";
import { Button, IconButton } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { Switch } from "../../parts/choice.tsx";
import { TextField } from "../../parts/field.tsx";
import type { Phone } from "../../state/phone.ts";

/** mostRanges is the protocol's limit. */
const mostRanges = 4;
const night: DayRange = { from: 22 * 60, to: 7 * 60 };

/** minutesOf reads a time of the day, as an input of that type writes it; undefined if it is none. */
export function minutesOf(text: string): number | undefined {
  const read = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
  return read === null ? undefined : Number(read[1]) * 60 + Number(read[2]);
}

/** timeOf writes minutes since midnight as such an input wants them. */
export function timeOf(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

/** QuietPage is at which hours nothing rings. */
export function QuietPage({ phone }: { phone: Phone }): JSX.Element {
  const { people } = phone;
  const privacy = people.privacy.value;
  if (privacy === undefined) return <p class="empty">{t("app.loading")}</p>;
  const quiet = privacy.doNotDisturb;
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zone = quiet?.zone ?? here;
  const set = (ranges: readonly DayRange[]): void =>
    void people.setQuietHours(ranges.length === 0 ? undefined : { zone, ranges });
  const change = (index: number, part: keyof DayRange, text: string): void => {
    const minutes = minutesOf(text);
    if (minutes === undefined || quiet === undefined) return;
    set(quiet.ranges.map((range, i) => (i === index ? { ...range, [part]: minutes } : range)));
  };
  return (
    <Card>
      <Switch
        label={t("quiet.on")}
        hint={t("quiet.hint")}
        checked={quiet !== undefined}
        onChange={(on) => set(on ? [night] : [])}
        testid="quiet"
      />
      {quiet === undefined ? null : (
        <>
          {quiet.ranges.map((range, i) => (
            <fieldset key={i} class="range" data-testid="range">
              <legend class="unseen">{t("quiet.range", { number: i + 1 })}</legend>
              <TextField
                label={t("quiet.from")}
                type="time"
                value={timeOf(range.from)}
                testid={`from-${i}`}
                onInput={(value) => change(i, "from", value)}
              />
              <TextField
                label={t("quiet.to")}
                type="time"
                value={timeOf(range.to)}
                testid={`to-${i}`}
                onInput={(value) => change(i, "to", value)}
              />
              <IconButton
                icon="trash"
                look="quiet"
                label={t("quiet.remove", { number: i + 1 })}
                onPress={() => set(quiet.ranges.filter((_, other) => other !== i))}
              />
            </fieldset>
          ))}
          <p class="detail">{t("quiet.zone", { zone })}</p>
          <div class="actions">
            {quiet.ranges.length < mostRanges ? (
              <Button
                icon="plus"
                onPress={() => set([...quiet.ranges, { from: 13 * 60, to: 14 * 60 }])}
                testid="add-range"
              >
                {t("quiet.add")}
              </Button>
            ) : null}
            {zone === here ? null : (
              <Button onPress={() => void people.setQuietHours({ zone: here, ranges: quiet.ranges })}>
                {t("quiet.here", { zone: here })}
              </Button>
            )}
          </div>
        </>
      )}
    </Card>
  );
}
