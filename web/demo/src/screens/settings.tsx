import type { JSX } from "preact";
import type { WhoMayCall } from "../../../sdk/src/index.ts";
import { type PlainKey, t } from "../lang/index.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Button } from "../parts/button.tsx";
import { Heading } from "../parts/heading.tsx";
import type { PeopleBook } from "../state/peoplebook.ts";
import type { Phone } from "../state/phone.ts";
import { leave } from "../state/session.ts";

const audiences: readonly { readonly who: WhoMayCall; readonly name: PlainKey; readonly hint: PlainKey }[] = [
  { who: "everyone", name: "settings.everyone", hint: "settings.everyoneHint" },
  { who: "contacts", name: "settings.contacts", hint: "settings.contactsHint" },
  { who: "nobody", name: "settings.nobody", hint: "settings.nobodyHint" },
];

/** SettingsScreen is what one may decide about who reaches one, and how. */
export function SettingsScreen({ phone }: { phone: Phone }): JSX.Element {
  return (
    <>
      <header class="top">
        <Heading>{t("settings.title")}</Heading>
      </header>
      <PrivacyForm people={phone.people} />
      <Blocked people={phone.people} />
      <section aria-labelledby="keys">
        <h2 id="keys">{t("settings.keys")}</h2>
        <p>{t("settings.keysText")}</p>
      </section>
      <p class="signout">
        <span>{t("settings.you", { name: phone.name })}</span>
        <Button icon="leave" onPress={() => void leave()} testid="sign-out">
          {t("signin.out")}
        </Button>
      </p>
    </>
  );
}

function PrivacyForm({ people }: { people: PeopleBook }): JSX.Element {
  const privacy = people.privacy.value;
  if (privacy === undefined) return <p class="empty">{t("app.loading")}</p>;
  return (
    <form class="privacy">
      <fieldset>
        <legend>{t("settings.who")}</legend>
        {audiences.map(({ who, name, hint }) => (
          <label key={who} class="option">
            <input
              type="radio"
              name="who"
              checked={privacy.whoMayCall === who}
              data-testid={`who-${who}`}
              onChange={() => void people.setPrivacy({ whoMayCall: who })}
            />
            <span>
              {t(name)}
              <span class="detail">{t(hint)}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <label class="option">
        <input
          type="checkbox"
          role="switch"
          checked={privacy.hideAddress}
          aria-checked={privacy.hideAddress}
          data-testid="hide-address"
          onChange={(event) => void people.setPrivacy({ hideAddress: event.currentTarget.checked })}
        />
        <span>
          {t("settings.hide")}
          <span class="detail">{t("settings.hideHint")}</span>
        </span>
      </label>
    </form>
  );
}

function Blocked({ people }: { people: PeopleBook }): JSX.Element {
  const blocked = people.blocked.value;
  return (
    <section aria-labelledby="blocked">
      <h2 id="blocked">{t("settings.blocked")}</h2>
      {blocked.length === 0 ? (
        <p class="empty">{t("settings.blockedEmpty")}</p>
      ) : (
        <ul class="rows" data-testid="blocked">
          {blocked.map((person) => (
            <li key={person.user} class="row">
              <Avatar id={person.user} name={person.name} />
              <span class="who">
                <span class="name">{person.name}</span>
                <span class="detail">{person.user}</span>
              </span>
              <Button
                label={t("settings.unblockOne", { name: person.name })}
                onPress={() => void people.unblock(person)}
                testid={`unblock-${person.user}`}
              >
                {t("settings.unblock")}
              </Button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
