import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Used } from "../../../../sdk/src/index.ts";
import { bytes, monthName, spoken } from "../../format.ts";
import { t } from "../../lang/index.ts";
import { Card } from "../../parts/card.tsx";
import { Switch } from "../../parts/choice.tsx";
import type { Phone } from "../../state/phone.ts";
import { prefs, setPrefs } from "../../state/prefs.ts";
import { byMonth, monthOf } from "../../state/usage.ts";
import { BackupCard } from "./backup.tsx";

const shownMonths = 12; // this one and those before it

/** QualityPage is how much data calls may use, and have used, and whether they are reported of. */
export function QualityPage({ phone }: { phone: Phone }): JSX.Element {
  const { usage } = phone.pronto;
  const months = useSignal(byMonth(usage.months()));
  const now = monthOf(new Date());
  const used = months.value.find(({ month }) => month === now);
  const before = months.value.filter(({ month }) => month < now).slice(0, shownMonths - 1);
  return (
    <>
      <Card>
        <Switch
          label={t("quality.saver")}
          hint={t("quality.saverHint")}
          checked={prefs.value.dataSaver}
          onChange={(dataSaver) => setPrefs({ dataSaver })}
          testid="data-saver"
        />
        <Switch
          label={t("quality.reports")}
          hint={t("quality.reportsHint")}
          checked={prefs.value.reports}
          onChange={(reports) => setPrefs({ reports })}
          testid="reports"
        />
      </Card>
      <Card title={t("quality.month")} lead={t("quality.monthLead")}>
        {used === undefined ? <p class="detail">{t("quality.nothing")}</p> : <MonthFacts used={used} />}
      </Card>
      {before.length === 0 ? null : (
        <Card title={t("quality.before")}>
          <dl class="facts" data-testid="usage-before">
            {before.map(({ month, calls, seconds, sentBytes, receivedBytes }) => (
              <div key={month}>
                <dt>
                  {monthName(month)}
                  <p class="detail">
                    {t("quality.callsValue", { count: calls, duration: spoken(1_000 * seconds) })}
                  </p>
                </dt>
                <dd>{bytes(sentBytes + receivedBytes)}</dd>
              </div>
            ))}
          </dl>
        </Card>
      )}
      <BackupCard
        usage={usage}
        onRestored={() => {
          months.value = byMonth(usage.months());
        }}
      />
    </>
  );
}

function MonthFacts({ used }: { used: Used }): JSX.Element {
  return (
    <dl class="facts" data-testid="usage">
      <div>
        <dt>{t("quality.calls")}</dt>
        <dd>{t("quality.callsValue", { count: used.calls, duration: spoken(1_000 * used.seconds) })}</dd>
      </div>
      <div>
        <dt>{t("quality.sent")}</dt>
        <dd>{bytes(used.sentBytes)}</dd>
      </div>
      <div>
        <dt>{t("quality.received")}</dt>
        <dd>{bytes(used.receivedBytes)}</dd>
      </div>
    </dl>
  );
}
