import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Kind, Person } from "../../../sdk/src/index.ts";
import { t } from "../lang/index.ts";
import { Button } from "../parts/button.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Heading } from "../parts/heading.tsx";
import type { Phone } from "../state/phone.ts";
import { AddForm } from "./addform.tsx";
import { OthersHere } from "./othershere.tsx";
import { PersonRow } from "./personrow.tsx";

/** PeopleScreen lists the contacts; each is one press away from a call, and several are one group call. */
export function PeopleScreen({ phone }: { phone: Phone }): JSX.Element {
  const selected = useSignal<ReadonlySet<string> | undefined>(undefined);
  const blocking = useSignal<Person | undefined>(undefined);
  const contacts = phone.people.contacts.value;
  const toggle = (user: string): void => {
    const next = new Set(selected.value);
    if (!next.delete(user)) next.add(user);
    selected.value = next;
  };
  const row = (person: Person): JSX.Element => (
    <PersonRow
      key={person.user}
      person={person}
      busy={phone.busy.value}
      selected={selected.value?.has(person.user)}
      onSelect={() => toggle(person.user)}
      onCall={(kind) => void phone.ring([person.user], kind)}
      onRemove={() => void phone.people.remove(person)}
      onBlock={() => {
        blocking.value = person;
      }}
    />
  );
  return (
    <>
      <header class="top">
        <Heading>{t("people.title")}</Heading>
        {(contacts?.length ?? 0) > 1 ? (
          <Button
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
      <AddForm people={phone.people} />
      {contacts === undefined ? <p class="empty">{t("app.loading")}</p> : null}
      {contacts?.length === 0 ? <p class="empty">{t("people.empty")}</p> : null}
      {contacts === undefined || contacts.length === 0 ? null : (
        <ul class="rows" data-testid="contacts">
          {contacts.map(row)}
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
      {blocking.value === undefined ? null : (
        <Confirm
          title={t("block.title", { name: blocking.value.name })}
          body={t("block.body")}
          confirm={t("block.confirm")}
          onCancel={() => {
            blocking.value = undefined;
          }}
          onConfirm={() => {
            if (blocking.value !== undefined) void phone.people.block(blocking.value);
            blocking.value = undefined;
          }}
        />
      )}
    </>
  );
}

function GroupBar({
  count,
  busy,
  onCall,
}: {
  count: number;
  busy: boolean;
  onCall: (kind: Kind) => void;
}): JSX.Element {
  return (
    <div class="groupbar" data-testid="groupbar">
      <p role="status">{t("people.selected", { count })}</p>
      <Button icon="phone" disabled={busy} onPress={() => onCall("voice")} testid="group-voice">
        {t("people.groupVoice")}
      </Button>
      <Button
        icon="camera"
        look="primary"
        disabled={busy}
        onPress={() => onCall("video")}
        testid="group-video"
      >
        {t("people.groupVideo")}
      </Button>
    </div>
  );
}
