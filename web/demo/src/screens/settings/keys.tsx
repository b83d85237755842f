import type { JSX } from "preact";
import { type PlainKey, t } from "../../lang/index.ts";
import { Card } from "../../parts/card.tsx";
import { Switch } from "../../parts/choice.tsx";
import { prefs, setPrefs } from "../../state/prefs.ts";

const keys: readonly (readonly [string, PlainKey])[] = [
  ["M", "keys.microphone"],
  ["V", "keys.camera"],
  ["S", "keys.share"],
  ["P", "keys.people"],
  ["I", "keys.statistics"],
];

/** KeysPage lists the keys, and turns single letters off for whom they are in the way (WCAG 2.1.4). */
export function KeysPage(): JSX.Element {
  return (
    <Card>
      <Switch
        label={t("keys.single")}
        hint={t("keys.singleHint")}
        checked={prefs.value.singleKeys}
        onChange={(singleKeys) => setPrefs({ singleKeys })}
        testid="single-keys"
      />
      <dl class="keys">
        {keys.map(([key, name]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{t(name)}</dd>
          </div>
        ))}
        <div>
          <dt>
            <kbd>{t("keys.control")}</kbd> <kbd>{t("keys.enter")}</kbd>
          </dt>
          <dd>{t("keys.accept")}</dd>
        </div>
        <div>
          <dt>
            <kbd>{t("keys.escape")}</kbd>
          </dt>
          <dd>{t("keys.decline")}</dd>
        </div>
      </dl>
    </Card>
  );
}
