import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useId } from "preact/hooks";
import { HttpError } from "../api.ts";
import { t } from "../lang/index.ts";
import { Banner } from "../parts/banner.tsx";
import { Button } from "../parts/button.tsx";
import { Heading } from "../parts/heading.tsx";
import { problemText } from "../problems.ts";
import {
  type Appeal,
  appeal,
  appealProblem,
  appealText,
  maxAppealLength,
  type Suspension,
  suspension,
  suspensionText,
  whyText,
} from "../state/appeal.ts";
import { signOut, start } from "../state/session.ts";
import { OperatorLinks } from "./operatorlinks.tsx";

/** Suspended tells the owner of a suspended account why it is, takes his appeal, and says what became of that. */
export function Suspended(): JSX.Element {
  const now = useSignal<Suspension | undefined>(undefined);
  const failure = useSignal<string | undefined>(undefined);
  const busy = useSignal(false);
  const asks = async (question: () => Promise<Suspension>): Promise<void> => {
    busy.value = true;
    try {
      now.value = await question();
      failure.value = undefined;
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      failure.value = appealProblem(error) ?? problemText(error);
    } finally {
      busy.value = false;
    }
  };
  useEffect(() => void asks(suspension), []);
  const known = now.value;
  const ended = known?.suspended === false;
  return (
    <>
      <Heading>{t(ended ? "suspended.overTitle" : "suspended.title")}</Heading>
      <div class="stack" role="status" data-testid="suspended">
        {known === undefined ? null : ended ? (
          <p class="lead">{t(known.appeal?.state === "lifted" ? "appeal.lifted" : "suspended.over")}</p>
        ) : (
          <>
            <p class="lead">{suspensionText(known)}</p>
            <p>{whyText(known)}</p>
            {known.appeal === undefined ? null : <Said appeal={known.appeal} />}
          </>
        )}
      </div>
      {failure.value === undefined ? null : (
        <Banner tone="alarm" icon="warning" testid="appeal-failure">
          {failure.value}
        </Banner>
      )}
      {known?.suspended === true && known.appeal === undefined ? (
        <AppealForm busy={busy.value} onSend={(text) => void asks(() => appeal(text))} />
      ) : null}
      <OperatorLinks>{(links) => links}</OperatorLinks>
      <div class="actions">
        <Button onPress={() => void signOut()} testid="suspended-sign-out">
          {t("suspended.signOut")}
        </Button>
        {ended ? (
          <Button look="primary" onPress={() => void start(new URL(location.href))} testid="suspended-enter">
            {t("suspended.enter")}
          </Button>
        ) : (
          <Button
            icon="refresh"
            disabled={busy.value}
            onPress={() => void asks(suspension)}
            testid="suspended-again"
          >
            {t("suspended.again")}
          </Button>
        )}
      </div>
    </>
  );
}

/** Said is an appeal, and what became of it. */
function Said({ appeal: said }: { appeal: Appeal }): JSX.Element {
  return (
    <>
      <p data-testid="appeal-state">
        <strong>{appealText(said)}</strong>
      </p>
      {said.text === undefined ? null : <blockquote class="said">{said.text}</blockquote>}
    </>
  );
}

/** AppealForm is where he says what he has to say, once. */
function AppealForm({ busy, onSend }: { busy: boolean; onSend: (text: string) => void }): JSX.Element {
  const text = useSignal("");
  const id = useId();
  const send = (event: Event): void => {
    event.preventDefault();
    onSend(text.value.trim());
  };
  return (
    <form class="stack" onSubmit={send}>
      <label class="field" for={id}>
        <span>{t("appeal.text")}</span>
        <textarea
          id={id}
          rows={5}
          required
          value={text.value}
          maxLength={maxAppealLength}
          aria-describedby={`${id}-hint`}
          data-testid="appeal-text"
          onInput={(event) => {
            text.value = event.currentTarget.value;
          }}
        />
        <span class="hint" id={`${id}-hint`}>
          {t("appeal.hint")}
        </span>
      </label>
      <Button
        look="primary"
        icon="send"
        submit
        disabled={busy || text.value.trim() === ""}
        testid="appeal-send"
      >
        {t("appeal.send")}
      </Button>
    </form>
  );
}
