import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { type Address, HttpError } from "../api.ts";
import { sendCode, verifyCode } from "../codes.ts";
import { deviceName } from "../format.ts";
import { t } from "../lang/index.ts";
import { Button } from "../parts/button.tsx";
import { TextField } from "../parts/field.tsx";
import { problemText } from "../problems.ts";
import { addressOf } from "../state/account.ts";
import { enterAs } from "../state/session.ts";

/** CodeForm signs in with a phone or an e-mail address: first where the code goes, then the code. */
export function CodeForm(): JSX.Element {
  const typed = useSignal("");
  const name = useSignal("");
  const code = useSignal("");
  const sentTo = useSignal<Address | undefined>(undefined);
  const busy = useSignal(false);
  const error = useSignal<string | undefined>(undefined);
  const attempt = async (act: () => Promise<void>): Promise<void> => {
    busy.value = true;
    error.value = undefined;
    try {
      await act();
    } catch (problem) {
      if (!(problem instanceof HttpError)) throw problem;
      error.value =
        problem.status === 401
          ? t("code.wrong")
          : problem.status === 422 && problem.code !== "nameReserved"
            ? t("code.nowhere")
            : problemText(problem);
    } finally {
      busy.value = false;
    }
  };
  const send = (event: Event): void => {
    event.preventDefault();
    const address = addressOf(typed.value);
    if (address === undefined) {
      error.value = t("code.noAddress");
      return;
    }
    void attempt(async () => {
      await sendCode(address);
      sentTo.value = address;
    });
  };
  const verify = (event: Event): void => {
    event.preventDefault();
    const address = sentTo.value;
    if (address === undefined) return;
    void attempt(async () => {
      await enterAs(
        await verifyCode(address, code.value.trim(), name.value.trim(), deviceName(navigator.userAgent)),
      );
    });
  };
  if (sentTo.value === undefined)
    return (
      <form class="stack" noValidate onSubmit={send}>
        <TextField
          label={t("code.address")}
          hint={t("code.addressHint")}
          error={error.value}
          value={typed.value}
          autocomplete="email"
          inputMode="email"
          id
          testid="address"
          onInput={(value) => {
            typed.value = value;
          }}
        />
        <Button submit look="primary" disabled={busy.value} testid="send-code">
          {t("code.send")}
        </Button>
      </form>
    );
  return (
    <form class="stack" noValidate onSubmit={verify}>
      <p class="lead" role="status">
        {t("code.sent", { address: typed.value.trim() })}
      </p>
      <TextField
        label={t("code.code")}
        error={error.value}
        value={code.value}
        autocomplete="one-time-code"
        inputMode="numeric"
        maxLength={6}
        autofocus
        id
        testid="code"
        onInput={(value) => {
          code.value = value;
        }}
      />
      <TextField
        label={t("code.name")}
        hint={t("code.nameHint")}
        value={name.value}
        autocomplete="name"
        maxLength={64}
        testid="name"
        onInput={(value) => {
          name.value = value;
        }}
      />
      <div class="actions">
        <Button
          onPress={() => {
            sentTo.value = undefined;
            error.value = undefined;
          }}
        >
          {t("code.back")}
        </Button>
        <Button submit look="primary" disabled={busy.value} testid="verify">
          {t("code.verify")}
        </Button>
      </div>
    </form>
  );
}
