import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { type PlainKey, t } from "../../lang/index.ts";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { Switch } from "../../parts/choice.tsx";
import { install, installable } from "../../state/install.ts";
import type { Phone } from "../../state/phone.ts";
import { prefs, setPrefs } from "../../state/prefs.ts";
import { type ReachState, reachOf } from "../../state/reach.ts";

/** Notifications are whether and how calls are told of when the page is not looked at, or closed. */
export function Notifications({ phone }: { phone: Phone }): JSX.Element {
  const reach = reachOf(phone);
  useEffect(() => void reach.look(), [reach]);
  const on = reach.on.value;
  const push = reach.push.value;
  const impossible = push === "unsupported" || push === "denied";
  return (
    <Card>
      <Switch
        label={t("alerts.notify")}
        hint={t("alerts.notifyHint")}
        checked={on}
        disabled={push === undefined || impossible}
        onChange={(wanted) => void (wanted ? reach.turnOn() : reach.turnOff())}
        testid="notify"
      />
      <p class="detail" role="status" data-testid="notify-state">
        {t(stateText(on, push))}
      </p>
      {on ? (
        <Switch
          label={t("alerts.names")}
          hint={t("alerts.namesHint")}
          checked={prefs.value.names}
          onChange={(names) => setPrefs({ names })}
          testid="notify-names"
        />
      ) : null}
      {installable.value === undefined ? null : (
        <div class="actions">
          <Button icon="device" onPress={() => void install()} testid="install">
            {t("alerts.install")}
          </Button>
        </div>
      )}
    </Card>
  );
}

function stateText(on: boolean, push: ReachState): PlainKey {
  switch (push) {
    case undefined:
      return "app.loading";
    case "unsupported":
      return "alerts.unsupported";
    case "denied":
      return "alerts.denied";
    default:
      if (!on) return "alerts.off";
      return push === "on" ? "alerts.on" : push === "unavailable" ? "alerts.unavailable" : "alerts.onlyOpen";
  }
}
