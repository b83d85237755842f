import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { Person } from "../../../sdk/src/index.ts";
import { t } from "../lang/index.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Button } from "../parts/button.tsx";
import { Card } from "../parts/card.tsx";
import { Page } from "../parts/page.tsx";
import { presenceDot, presenceText } from "../presencetext.ts";
import type { Phone } from "../state/phone.ts";
import { BlockQuestion } from "./blockquestion.tsx";
import { Entry } from "./recents.tsx";

/** PersonPage is all there is to know of somebody, and to do about him. */
export function PersonPage({ phone, user }: { phone: Phone; user: string }): JSX.Element {
  const blocking = useSignal<Person | undefined>(undefined);
  const { people, watching, log } = phone;
  useEffect(() => void watching.look(user), [watching, user]);
  const contact = people.contacts.value?.find((one) => one.user === user);
  const blocked = people.blocked.value.find((one) => one.user === user);
  const calls = (log.entries.value ?? []).filter((entry) => entry.with.some((one) => one.user === user));
  const known = contact ?? blocked ?? calls.flatMap((entry) => entry.with).find((one) => one.user === user);
  const person = known ?? { user, name: user };
  const presence = watching.people.value.get(user);
  const { about, noCalls, noCallsText } = watching.profiles.value.get(user) ?? {};
  return (
    <Page title={person.name} section="people" testid="person">
      <div class="portrait">
        <Avatar id={user} name={person.name} size="huge" presence={presenceDot(presence)} />
        <p class="detail" role="status">
          {blocked === undefined ? (presenceText(presence) ?? t("presence.unknown")) : t("person.blocked")}
        </p>
        {about ? <p class="about">{about}</p> : null}
        {noCalls ? (
          <p class="detail" data-testid="person-closed">
            {noCallsText || t("person.closed")}
          </p>
        ) : (
          <div class="bigacts">
            <Button
              icon="phone"
              disabled={phone.busy.value || blocked !== undefined}
              onPress={() => void phone.ring([user], "voice")}
              testid="person-voice"
            >
              {t("links.voice")}
            </Button>
            <Button
              look="primary"
              icon="camera"
              disabled={phone.busy.value || blocked !== undefined}
              onPress={() => void phone.ring([user], "video")}
              testid="person-video"
            >
              {t("links.video")}
            </Button>
          </div>
        )}
      </div>
      <Card title={t("person.calls")}>
        {calls.length === 0 ? (
          <p class="detail">{t("person.noCalls")}</p>
        ) : (
          <ul class="rows flat">
            {calls.slice(0, 8).map((entry) => (
              <Entry key={entry.call} entry={entry} phone={phone} plain />
            ))}
          </ul>
        )}
      </Card>
      <Card>
        <p class="detail">{t("person.id", { user })}</p>
        <div class="actions">
          {contact === undefined ? (
            <Button icon="addPerson" onPress={() => void people.add(user)} testid="person-add">
              {t("person.add")}
            </Button>
          ) : (
            <Button icon="trash" onPress={() => void people.remove(contact)} testid="person-remove">
              {t("people.remove")}
            </Button>
          )}
          {blocked === undefined ? (
            <Button
              look="danger"
              icon="block"
              testid="person-block"
              onPress={() => {
                blocking.value = person;
              }}
            >
              {t("people.block")}
            </Button>
          ) : (
            <Button onPress={() => void people.unblock(person)} testid="person-unblock">
              {t("settings.unblock")}
            </Button>
          )}
        </div>
      </Card>
      <BlockQuestion phone={phone} person={blocking} />
    </Page>
  );
}
