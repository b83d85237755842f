import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { t } from "../../lang/index.ts";
import { Avatar } from "../../parts/avatar.tsx";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { TextField } from "../../parts/field.tsx";
import { Row } from "../../parts/row.tsx";
import { phoneOf } from "../../state/account.ts";
import type { Phone } from "../../state/phone.ts";

/** BlockedPage is who cannot reach us, by account or by phone number. */
export function BlockedPage({ phone }: { phone: Phone }): JSX.Element {
  const { people } = phone;
  useEffect(() => void people.loadPreferences(), [people]);
  const blocked = people.blocked.value;
  const number = useSignal("");
  const error = useSignal<string | undefined>(undefined);
  const change = async (on: boolean): Promise<void> => {
    const read = phoneOf(number.value);
    error.value = read === undefined ? t("settings.noNumber") : undefined;
    if (read !== undefined && (await people.blockNumber(read, on))) number.value = "";
  };
  return (
    <>
      <p class="lead">{t("settings.blockedLead")}</p>
      {blocked.length === 0 ? (
        <p class="empty">{t("settings.blockedEmpty")}</p>
      ) : (
        <ul class="rows" data-testid="blocked">
          {blocked.map((person) => (
            <Row
              key={person.user}
              picture={<Avatar id={person.user} name={person.name} />}
              name={person.name}
              detail={person.user}
            >
              <Button
                label={t("settings.unblockOne", { name: person.name })}
                onPress={() => void people.unblock(person)}
                testid={`unblock-${person.user}`}
              >
                {t("settings.unblock")}
              </Button>
            </Row>
          ))}
        </ul>
      )}
      <Card title={t("settings.numbers")} lead={t("settings.numbersLead")}>
        <form
          class="stack"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            void change(true);
          }}
        >
          <TextField
            label={t("settings.number")}
            hint={t("settings.numberHint")}
            error={error.value}
            value={number.value}
            inputMode="tel"
            id
            testid="block-number"
            onInput={(value) => {
              number.value = value;
            }}
          />
          <p class="detail" role="status" data-testid="numbers-blocked">
            {t("settings.numbersCount", { count: people.discovery.value?.numbersBlocked ?? 0 })}
          </p>
          <div class="actions">
            <Button submit look="danger" icon="block" testid="block-number-yes">
              {t("people.block")}
            </Button>
            <Button onPress={() => void change(false)} testid="block-number-no">
              {t("settings.unblock")}
            </Button>
          </div>
        </form>
      </Card>
    </>
  );
}
