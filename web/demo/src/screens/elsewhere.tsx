import type { JSX } from "preact";
import type { CallLogEntry } from "../../../sdk/src/index.ts";
import { names } from "../format.ts";
import { t } from "../lang/index.ts";
import { Banner } from "../parts/banner.tsx";
import { Button } from "../parts/button.tsx";
import type { Phone } from "../state/phone.ts";

/** Elsewhere says that another device of ours is in a call, and takes it over. */
export function Elsewhere({ phone, entry }: { phone: Phone; entry: CallLogEntry }): JSX.Element {
  const others = entry.with.map(({ name }) => name);
  return (
    <Banner
      icon="phone"
      testid="elsewhere"
      action={
        <Button
          look="accept"
          testid="move-here"
          disabled={phone.busy.value}
          onPress={() => void phone.moveHere(entry)}
        >
          {t("elsewhere.move")}
        </Button>
      }
    >
      {others.length === 0 ? t("elsewhere.alone") : t("elsewhere.with", { name: names(others) })}
    </Banner>
  );
}
