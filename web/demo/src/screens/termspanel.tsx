import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Terms } from "../../../sdk/src/index.ts";
import { t } from "../lang/index.ts";
import { Banner } from "../parts/banner.tsx";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import type { Phone } from "../state/phone.ts";
import { attempt, say } from "../state/toasts.ts";

/** TermsBanner says on the first page that there are terms to accept. */
export function TermsBanner({ phone, terms }: { phone: Phone; terms: Terms }): JSX.Element {
  return (
    <Banner
      testid="terms"
      action={<AcceptTerms phone={phone} />}
      onDismiss={terms.required === true ? undefined : () => phone.terms.putOff()}
    >
      {t(terms.required === true ? "terms.needed" : "terms.new")} <ReadTerms terms={terms} />
    </Banner>
  );
}

/** TermsQuestion asks for terms without which there are no calls. It can be put off: calls go on ringing. */
export function TermsQuestion({ phone, terms }: { phone: Phone; terms: Terms }): JSX.Element {
  return (
    <Dialog
      labelledBy="terms-title"
      describedBy="terms-body"
      testid="terms-question"
      onCancel={() => phone.terms.putOff()}
    >
      <h2 id="terms-title">{t("terms.title")}</h2>
      <p id="terms-body">{t("terms.required")}</p>
      <p>
        <ReadTerms terms={terms} />
      </p>
      <div class="actions">
        <Button onPress={() => phone.terms.putOff()} testid="terms-later">
          {t("terms.later")}
        </Button>
        <AcceptTerms phone={phone} />
      </div>
    </Dialog>
  );
}

function ReadTerms({ terms }: { terms: Terms }): JSX.Element {
  return (
    <a href={terms.url} target="_blank" rel="noopener noreferrer" data-testid="terms-link">
      {t("terms.read")}
    </a>
  );
}

function AcceptTerms({ phone }: { phone: Phone }): JSX.Element {
  const busy = useSignal(false);
  const accept = async (): Promise<void> => {
    busy.value = true;
    if (await attempt(() => phone.pronto.acceptTerms())) say(t("terms.accepted"));
    busy.value = false;
  };
  return (
    <Button look="primary" disabled={busy.value} onPress={() => void accept()} testid="accept-terms">
      {t("terms.accept")}
    </Button>
  );
}
