import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { PresenceAudience, WhoMayCall } from "../../../../sdk/src/index.ts";
import { t } from "../../lang/index.ts";
import { Card } from "../../parts/card.tsx";
import { Choice, Switch } from "../../parts/choice.tsx";
import { Select } from "../../parts/field.tsx";
import type { Phone } from "../../state/phone.ts";

/** PrivacyPage decides who reaches us, and what others learn of us. */
export function PrivacyPage({ phone }: { phone: Phone }): JSX.Element {
  const { people } = phone;
  useEffect(() => void people.loadPreferences(), [people]);
  const privacy = people.privacy.value;
  const preferences = people.preferences.value;
  if (privacy === undefined) return <p class="empty">{t("app.loading")}</p>;
  const audiences: readonly { value: WhoMayCall; name: string }[] = [
    { value: "everyone", name: t("settings.everyone") },
    { value: "contacts", name: t("settings.contacts") },
    { value: "nobody", name: t("settings.nobody") },
  ];
  const hints = {
    everyone: t("settings.everyoneHint"),
    contacts: t("settings.contactsHint"),
    nobody: t("settings.nobodyHint"),
  };
  return (
    <>
      <Card>
        <Choice<WhoMayCall>
          legend={t("settings.who")}
          value={privacy.whoMayCall}
          options={audiences.map((one) => ({ ...one, hint: hints[one.value], testid: `who-${one.value}` }))}
          onChange={(whoMayCall) => void people.setPrivacy({ whoMayCall })}
        />
        <Select<WhoMayCall>
          label={t("settings.whoAdd")}
          value={privacy.whoMayAdd}
          options={audiences}
          testid="who-add"
          onChange={(whoMayAdd) => void people.setPrivacy({ whoMayAdd })}
        />
        <Switch
          label={t("settings.silence")}
          hint={t("settings.silenceHint")}
          checked={privacy.silenceUnknown}
          onChange={(silenceUnknown) => void people.setPrivacy({ silenceUnknown })}
          testid="silence-unknown"
        />
        <Switch
          label={t("settings.rejectInCall")}
          hint={t("settings.rejectInCallHint")}
          checked={privacy.rejectInCall === true}
          onChange={(rejectInCall) => void people.setPrivacy({ rejectInCall })}
          testid="reject-in-call"
        />
        <Switch
          label={t("settings.takeNotes")}
          hint={t("settings.takeNotesHint")}
          checked={privacy.takeNotes === true}
          onChange={(takeNotes) => void people.setPrivacy({ takeNotes })}
          testid="take-notes"
        />
      </Card>
      <Card>
        <Switch
          label={t("settings.hide")}
          hint={t("settings.hideHint")}
          checked={privacy.hideAddress}
          onChange={(hideAddress) => void people.setPrivacy({ hideAddress })}
          testid="hide-address"
        />
        {preferences === undefined ? null : (
          <>
            <Select<PresenceAudience>
              label={t("settings.presence")}
              hint={t("settings.presenceHint")}
              value={preferences.presence.audience}
              options={[
                ...audiences.slice(0, 2),
                ...(preferences.presence.audience === "contactsExcept"
                  ? [{ value: "contactsExcept" as const, name: t("settings.contactsExcept") }]
                  : []),
                ...audiences.slice(2),
              ]}
              testid="presence"
              onChange={(audience) => void people.setPresence(audience)}
            />
            <Select<WhoMayCall>
              label={t("settings.showProfile")}
              value={preferences.showProfileTo}
              options={audiences}
              testid="show-profile"
              onChange={(who) => void people.showProfileTo(who)}
            />
          </>
        )}
        {people.discovery.value?.numberEnding === undefined ? null : (
          <Switch
            label={t("settings.discoverable")}
            hint={t("settings.discoverableHint", { ending: people.discovery.value.numberEnding })}
            checked={people.discovery.value.discoverable}
            onChange={(on) => void people.setDiscoverable(on)}
            testid="discoverable"
          />
        )}
      </Card>
    </>
  );
}
