import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Person } from "../../../sdk/src/index.ts";
import { t } from "../lang/index.ts";
import { Button } from "../parts/button.tsx";
import { Empty } from "../parts/empty.tsx";
import { Heading } from "../parts/heading.tsx";
import { lazy } from "../parts/lazy.tsx";
import type { Phone } from "../state/phone.ts";
import { AddForm } from "./addform.tsx";
import { PersonRow } from "./personrow.tsx";

const later = () => import("./later.ts");
const BlockQuestion = lazy(async () => (await later()).BlockQuestion);
const GroupBar = lazy(async () => (await later()).GroupBar);
const OthersHere = lazy(async () => (await later()).OthersHere);

/** matches says whether somebody is looked for by a text: a part of his name, whatever its accents, or of his id. */
export function matches(person: Person, text: string): boolean {
  const plain = (word: string): string => word.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const wanted = plain(text.trim());
  return plain(person.name).includes(wanted) || person.user.toLowerCase().includes(wanted);
}

/** PeopleScreen lists the contacts; each is one press away from a call, and several are one group call. */
export function PeopleScreen({ phone, open }: { phone: Phone; open: string | undefined }): JSX.Element {
  const selected = useSignal<ReadonlySet<string> | undefined>(undefined);
  const blocking = useSignal<Person | undefined>(undefined);
  const search = useSignal("");
  const contacts = phone.people.contacts.value;
  const shown = contacts?.filter((person) => matches(person, search.value));
  const toggle = (user: string): void => {
    const next = new Set(selected.value);
    if (!next.delete(user)) next.add(user);
    selected.value = next;
  };
  return (
    <>
      <header class="top">
        <Heading>{t("people.title")}</Heading>
        {(contacts?.length ?? 0) > 1 ? (
          <Button
            look="quiet"
            icon={selected.value === undefined ? "people" : "close"}
            testid="select"
            onPress={() => {
              selected.value = selected.value === undefined ? new Set() : undefined;
            }}
          >
            {selected.value === undefined ? t("people.select") : t("people.selectDone")}
          </Button>
        ) : null}
      </header>
      <AddForm people={phone.people} search={search} found={shown?.length ?? 0} />
      {contacts === undefined ? <p class="empty">{t("app.loading")}</p> : null}
      {contacts?.length === 0 ? <Empty icon="person" text={t("people.empty")} /> : null}
      {shown === undefined || shown.length === 0 ? null : (
        <ul class="rows" data-testid="contacts">
          {shown.map((person) => (
            <PersonRow
              key={person.user}
              phone={phone}
              person={person}
              current={person.user === open}
              selected={selected.value?.has(person.user)}
              onSelect={() => toggle(person.user)}
              onBlock={() => {
                blocking.value = person;
              }}
            />
          ))}
        </ul>
      )}
      <OthersHere phone={phone} />
      {selected.value !== undefined && selected.value.size > 0 ? (
        <GroupBar
          count={selected.value.size}
          busy={phone.busy.value}
          onCall={(kind) => {
            const users = [...(selected.value ?? [])];
            selected.value = undefined;
            void phone.ring(users, kind);
          }}
        />
      ) : null}
      <BlockQuestion phone={phone} person={blocking} />
    </>
  );
}
