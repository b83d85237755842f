import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { HttpError } from "../api.ts";
import { t } from "../lang/index.ts";
import { Button } from "../parts/button.tsx";
import { TextField } from "../parts/field.tsx";
import { Heading } from "../parts/heading.tsx";
import { problemText } from "../problems.ts";
import { enterByCode } from "../state/session.ts";

/** linkCode takes the code out of what was typed or scanned: the code itself, or an address that ends in it. */
export function linkCode(text: string): string | undefined {
  return /(?:^|#link\/)([A-Za-z0-9_-]{22})$/.exec(text.trim())?.[1];
}

/** LinkThis makes this browser one more device of an account that is signed in elsewhere. */
export function LinkThis({ onBack }: { onBack: () => void }): JSX.Element {
  const typed = useSignal(linkCode(location.hash) ?? "");
  const busy = useSignal(false);
  const error = useSignal<string | undefined>(undefined);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const code = linkCode(typed.value);
    if (code === undefined) {
      error.value = t("link.noCode");
      return;
    }
    busy.value = true;
    history.replaceState(null, "", "/"); // the code is good once, and nobody's business afterwards
    try {
      await enterByCode(code);
    } catch (problem) {
      if (!(problem instanceof HttpError)) throw problem;
      error.value = problem.status === 401 ? t("link.old") : problemText(problem);
    } finally {
      busy.value = false;
    }
  };
  return (
    <form class="stack" noValidate onSubmit={(event) => void submit(event)}>
      <Heading>{t("link.title")}</Heading>
      <p class="lead">{t("link.lead")}</p>
      <TextField
        label={t("link.code")}
        hint={t("link.codeHint")}
        error={error.value}
        value={typed.value}
        id
        testid="device-code"
        onInput={(value) => {
          typed.value = value;
        }}
      />
      <div class="actions">
        <Button onPress={onBack}>{t("page.back")}</Button>
        <Button submit look="primary" disabled={busy.value} testid="link-device">
          {t("link.go")}
        </Button>
      </div>
    </form>
  );
}
