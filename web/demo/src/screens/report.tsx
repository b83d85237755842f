import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { t } from "../lang/index.ts";
import { Banner } from "../parts/banner.tsx";
import { Button } from "../parts/button.tsx";
import { Choice } from "../parts/choice.tsx";
import { Dialog } from "../parts/dialog.tsx";
import type { Phone } from "../state/phone.ts";
import {
  type Draft,
  maxTextLength,
  type Reason,
  reasons,
  report,
  reportingText,
  written,
} from "../state/reporting.ts";
import { say } from "../state/toasts.ts";

/** CallReport is the report that is being written in a call, there and once it is over. */
export function CallReport({ phone, call }: { phone: Phone; call: string }): JSX.Element | null {
  const draft = written.value;
  if (draft?.call !== call) return null;
  return (
    <ReportDialog
      phone={phone}
      draft={draft}
      onClose={() => {
        written.value = undefined;
      }}
    />
  );
}

interface ReportDialogProps {
  readonly phone: Phone;
  readonly draft: Draft;
  readonly onClose: () => void;
}

/** ReportDialog reports somebody to whoever runs the server, and blocks him if that is wanted, too. */
export function ReportDialog({ phone, draft, onClose }: ReportDialogProps): JSX.Element {
  const { call, people, who, reason, text, blocks, sending, failure, whom } = draft;
  const user = phone.guest ? undefined : whom?.user;
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    sending.value = true;
    try {
      await report(phone, { call, whom, reason: reason.value, text: text.value.trim() });
    } catch (error) {
      failure.value = reportingText(error);
      sending.value = false;
      return;
    }
    onClose();
    say(t("report.sent"));
    if (blocks.value && user !== undefined) await phone.people.block({ user, name: whom?.name ?? "" });
  };
  return (
    <Dialog labelledBy="report-title" describedBy="report-body" onCancel={onClose} testid="report">
      <form class="stack" onSubmit={(event) => void send(event)}>
        <h2 id="report-title">
          {whom === undefined ? t("report.titleCall") : t("report.title", { name: whom.name })}
        </h2>
        <p id="report-body" class="detail">
          {t("report.body")}
        </p>
        {failure.value === undefined ? null : (
          <Banner tone="alarm" icon="warning" testid="report-failure">
            {failure.value}
          </Banner>
        )}
        {people.length === 1 ? null : (
          <Choice
            legend={t("report.who")}
            value={who.value}
            options={[
              ...people.map(({ name }, i) => ({ value: String(i), name })),
              { value: "", name: t("report.call") },
            ]}
            onChange={(value) => {
              who.value = value;
            }}
          />
        )}
        <Choice
          legend={t("report.why")}
          value={reason.value}
          options={(Object.keys(reasons) as Reason[]).map((value) => ({
            value,
            name: t(reasons[value]),
            testid: `report-${value}`,
          }))}
          onChange={(value) => {
            reason.value = value;
          }}
        />
        <Words
          value={text.value}
          onInput={(value) => {
            text.value = value;
          }}
        />
        {user === undefined ? null : (
          <label class="option">
            <input
              type="checkbox"
              checked={blocks.value}
              data-testid="report-block"
              onChange={(event) => {
                blocks.value = event.currentTarget.checked;
              }}
            />
            <span>{t("report.block", { name: whom?.name ?? "" })}</span>
          </label>
        )}
        <div class="actions">
          <Button onPress={onClose}>{t("dialog.cancel")}</Button>
          <Button look="primary" icon="send" submit disabled={sending.value} testid="report-send">
            {t("report.send")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** Words are what happened, as who reports it tells it. */
function Words({ value, onInput }: { value: string; onInput: (value: string) => void }): JSX.Element {
  const id = useId();
  return (
    <label class="field" for={id}>
      <span>{t("report.text")}</span>
      <textarea
        id={id}
        rows={3}
        value={value}
        maxLength={maxTextLength}
        data-testid="report-text"
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  );
}
