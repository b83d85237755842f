import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { HttpError } from "../../api.ts";
import { t } from "../../lang/index.ts";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { Confirm } from "../../parts/confirm.tsx";
import { downloadData } from "../../state/datacopy.ts";
import type { Phone } from "../../state/phone.ts";
import { inDemo, signOut } from "../../state/session.ts";
import { attempt, say, sayProblem } from "../../state/toasts.ts";
import { OperatorLinks } from "../operatorlinks.tsx";

type Question = "disable" | "delete";

/** AccountPage is the way out: from this device, for a while, or for good. */
export function AccountPage({ phone }: { phone: Phone }): JSX.Element {
  const asking = useSignal<Question | undefined>(undefined);
  const answer = async (): Promise<void> => {
    const wish = asking.value;
    asking.value = undefined;
    const { account } = phone.pronto;
    if (wish === undefined) return;
    if (await attempt(() => (wish === "delete" ? account.delete(phone.user) : account.disable())))
      await signOut();
  };
  return (
    <>
      <Card>
        <p>{t("settings.you", { name: phone.name })}</p>
        <div class="actions">
          <Button icon="leave" onPress={() => void signOut()} testid="sign-out">
            {t("signin.out")}
          </Button>
        </div>
      </Card>
      <DataCard phone={phone} />
      <OperatorCard />
      {inDemo() ? null : (
        <Card title={t("account.end")} lead={t("account.endLead")}>
          <div class="actions">
            <Button
              testid="disable-account"
              onPress={() => {
                asking.value = "disable";
              }}
            >
              {t("account.disable")}
            </Button>
            <Button
              look="danger"
              icon="trash"
              testid="delete-account"
              onPress={() => {
                asking.value = "delete";
              }}
            >
              {t("account.delete")}
            </Button>
          </div>
        </Card>
      )}
      {asking.value === undefined ? null : (
        <Confirm
          title={t(asking.value === "delete" ? "account.deleteTitle" : "account.disableTitle")}
          body={t(asking.value === "delete" ? "account.deleteBody" : "account.disableBody")}
          confirm={t(asking.value === "delete" ? "account.delete" : "account.disable")}
          onCancel={() => {
            asking.value = undefined;
          }}
          onConfirm={() => void answer()}
        />
      )}
    </>
  );
}

/** OperatorCard is whom to turn to. */
function OperatorCard(): JSX.Element {
  return (
    <OperatorLinks>
      {(links) => (
        <Card title={t("operator.title")} lead={t("operator.lead")} testid="operator">
          {links}
        </Card>
      )}
    </OperatorLinks>
  );
}

/** DataCard gives the user a copy of what the server holds of them. */
function DataCard({ phone }: { phone: Phone }): JSX.Element {
  const busy = useSignal(false);
  const get = async (): Promise<void> => {
    busy.value = true;
    try {
      await downloadData(phone);
      say(t("account.downloaded"));
    } catch (error) {
      sayRefused(error);
    }
    busy.value = false;
  };
  return (
    <Card title={t("account.data")} lead={t("account.dataLead")}>
      <div class="actions">
        <Button icon="copy" disabled={busy.value} onPress={() => void get()} testid="download-data">
          {t("account.download")}
        </Button>
      </div>
    </Card>
  );
}

/** sayRefused tells why there is no copy, and in how many minutes there is one if there were many. */
function sayRefused(error: unknown): void {
  if (error instanceof HttpError && error.status === 429)
    say(t("account.downloadLater", { count: Math.ceil((error.retryAfterMs ?? 1) / 60_000) }), true);
  else sayProblem(error);
}
