import type { Signal } from "@preact/signals";
import type { JSX } from "preact";
import { t } from "../lang/index.ts";
import { Button } from "../parts/button.tsx";
import { TextField } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { phoneOf } from "../state/account.ts";
import type { PeopleBook } from "../state/peoplebook.ts";
import { say } from "../state/toasts.ts";

interface AddFormProps {
  readonly people: PeopleBook;
  readonly search: Signal<string>;
  /** found is how many contacts the text finds. */
  readonly found: number;
}

/** AddForm looks among the contacts, and adds who is not there yet: by user id, or by a phone number with its country code. */
export function AddForm({ people, search, found }: AddFormProps): JSX.Element {
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const wanted = search.value.trim();
    const number = phoneOf(wanted);
    if (wanted === "") return;
    if (number === undefined && !/^[A-Za-z0-9_-]{1,64}$/.test(wanted)) say(t("people.addWhat"), true);
    else if (await (number === undefined ? people.add(wanted) : people.addNumber(number))) search.value = "";
  };
  return (
    <form class="addform" onSubmit={(event) => void submit(event)}>
      <TextField
        label={t("people.addLabel")}
        unlabelled
        type="search"
        name="user"
        value={search.value}
        placeholder={t("people.addHint")}
        maxLength={64}
        id
        testid="add-user"
        onInput={(value) => {
          search.value = value;
        }}
      >
        <Icon name="search" />
      </TextField>
      {search.value.trim() === "" ? null : (
        <Button submit look={found === 0 ? "primary" : "plain"} icon="addPerson" testid="add-contact">
          {t("people.add")}
        </Button>
      )}
    </form>
  );
}
