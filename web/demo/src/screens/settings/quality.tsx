import type { JSX } from "preact";
import { bytes, spoken } from "../../format.ts";
import { t } from "../../lang/index.ts";
import { Card } from "../../parts/card.tsx";
import { Switch } from "../../parts/choice.tsx";
import { prefs, setPrefs } from "../../state/prefs.ts";
import { monthOf, usage } from "../../state/usage.ts";

/** QualityPage is how much data calls may use, and have used. */
export function QualityPage(): JSX.Element {
  const used = usage.value?.month === monthOf(new Date()) ? usage.value : undefined;
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
      </Card>
      <Card title={t("quality.month")} lead={t("quality.monthLead")}>
        {used === undefined ? (
          <p class="detail">{t("quality.nothing")}</p>
        ) : (
          <dl class="facts" data-testid="usage">
            <div>
              <dt>{t("quality.calls")}</dt>
              <dd>{t("quality.callsValue", { count: used.calls, duration: spoken(used.talkedMs) })}</dd>
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
        )}
      </Card>
    </>
  );
}
