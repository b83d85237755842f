import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { t } from "../lang/index.ts";
import { Button } from "../parts/button.tsx";
import { QR } from "../parts/qr.tsx";
import type { ActiveCall } from "../state/activecall.ts";
import type { Seat } from "../state/shot.ts";
import { attempt } from "../state/toasts.ts";

interface Props {
  readonly active: ActiveCall;
  readonly seat: Seat;
  readonly onBack: () => void;
}

/** SafetyNumber shows what two people compare once, as digits and as a QR code, and keeps that they have. */
export function SafetyNumber({ active, seat, onBack }: Props): JSX.Element {
  const number = useSignal<string | undefined>(undefined);
  useEffect(() => {
    void attempt(async () => {
      number.value = await active.call.safetyNumber(seat.participant);
    });
  }, [active, seat, number]);
  const decide = (verified: boolean) => {
    void attempt(() => active.call.trust(seat.participant, verified));
    onBack();
  };
  return (
    <>
      <p>{t("security.safetyText", { name: seat.name })}</p>
      {number.value === undefined ? (
        <p class="empty">{t("app.loading")}</p>
      ) : (
        <>
          <QR text={number.value.replaceAll(" ", "")} label={t("security.qr")} testid="safety-qr" />
          <p class="digits" data-testid="safety-number">
            {number.value}
          </p>
        </>
      )}
      <div class="actions">
        <Button testid="safety-differs" onPress={() => decide(false)}>
          {t("security.later")}
        </Button>
        <Button
          look="primary"
          testid="safety-same"
          disabled={number.value === undefined}
          onPress={() => decide(true)}
        >
          {t("security.same")}
        </Button>
      </div>
    </>
  );
}
