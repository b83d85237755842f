import type { JSX } from "preact";
import { t } from "../../lang/index.ts";
import { Card } from "../../parts/card.tsx";
import { Switch } from "../../parts/choice.tsx";
import { KeyList } from "../../parts/keylist.tsx";
import { prefs, setPrefs } from "../../state/prefs.ts";

/** KeysPage lists the keys, and turns single ones off for whom they are in the way (WCAG 2.1.4). */
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
      <KeyList />
    </Card>
  );
}
