import type { JSX } from "preact";
import { t } from "../lang/index.ts";
import type { Phone } from "../state/phone.ts";

/** ConnectionBanner says when the server is not there. Media between two people goes on meanwhile. */
export function ConnectionBanner({ phone }: { phone: Phone }): JSX.Element {
  const state = phone.state.value;
  return (
    <div class="connection" role="status" data-testid="connection" data-state={state}>
      {state === "reconnecting" ? t("state.reconnecting") : null}
    </div>
  );
}
