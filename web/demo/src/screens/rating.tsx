import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { RatingReason } from "../../../sdk/src/index.ts";
import { type PlainKey, t } from "../lang/index.ts";
import { Button } from "../parts/button.tsx";
import { Stars } from "../parts/stars.tsx";
import type { Ended } from "../state/ended.ts";
import { attempt } from "../state/toasts.ts";

const reasons = {
  echo: "rate.echo",
  noise: "rate.noise",
  cutOut: "rate.cutOut",
  delay: "rate.delay",
  blurry: "rate.blurry",
  frozen: "rate.frozen",
  dropped: "rate.dropped",
  else: "rate.else",
} as const satisfies Record<RatingReason, PlainKey>;

/** Rating asks how the call was; what was not good only of who was not delighted. It can be left alone. */
export function Rating({ rate }: { rate: NonNullable<Ended["rate"]> }): JSX.Element {
  const stars = useSignal(0);
  const picked = useSignal<ReadonlySet<RatingReason>>(new Set());
  const sent = useSignal(false);
  if (sent.value)
    return (
      <p class="card rating" role="status" data-testid="rated">
        {t("rate.thanks")}
      </p>
    );
  const toggle = (reason: RatingReason): void => {
    const next = new Set(picked.value);
    if (!next.delete(reason)) next.add(reason);
    picked.value = next;
  };
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const why = stars.value < 5 ? [...picked.value] : [];
    if (await attempt(() => rate(stars.value, why))) sent.value = true;
  };
  return (
    <form class="card rating" onSubmit={(event) => void submit(event)} data-testid="rating">
      <Stars
        legend={t("rate.title")}
        value={stars.value}
        onChange={(value) => {
          stars.value = value;
        }}
      />
      {stars.value > 0 && stars.value < 5 ? (
        <fieldset class="chips">
          <legend>{t("rate.why")}</legend>
          {(Object.keys(reasons) as RatingReason[]).map((reason) => (
            <label key={reason} class="chip">
              <input
                type="checkbox"
                checked={picked.value.has(reason)}
                data-testid={`reason-${reason}`}
                onChange={() => toggle(reason)}
              />
              {t(reasons[reason])}
            </label>
          ))}
        </fieldset>
      ) : null}
      <p class="detail">{t("rate.private")}</p>
      {stars.value === 0 ? null : (
        <Button submit look="primary" testid="send-rating">
          {t("rate.send")}
        </Button>
      )}
    </form>
  );
}
