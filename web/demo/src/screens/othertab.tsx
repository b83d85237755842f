import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { t } from "../lang/index.ts";
import { Button } from "../parts/button.tsx";
import { Heading } from "../parts/heading.tsx";
import { enterHere } from "../state/session.ts";

/** OtherTab says that another tab of this browser is the phone, and takes it over, with the call that it is in. */
export function OtherTab(): JSX.Element {
  const asked = useSignal(false);
  return (
    <>
      <Heading>{t("tab.title")}</Heading>
      <p class="lead" data-testid="other-tab">
        {t("tab.lead")}
      </p>
      <Button
        look="primary"
        testid="use-here"
        disabled={asked.value}
        onPress={() => {
          asked.value = true;
          void enterHere();
        }}
      >
        {t("tab.here")}
      </Button>
    </>
  );
}
