import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { t } from "../lang/index.ts";
import { Button } from "../parts/button.tsx";
import type { PeopleBook } from "../state/peoplebook.ts";

/** AddForm adds somebody to the contacts by user id. */
export function AddForm({ people }: { people: PeopleBook }): JSX.Element {
  const user = useSignal("");
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const wanted = user.value.trim();
    if (wanted !== "" && (await people.add(wanted))) user.value = "";
  };
  return (
    <form class="addform" onSubmit={(event) => void submit(event)}>
      <label class="field">
        <span>{t("people.addLabel")}</span>
        <input
          name="user"
          type="text"
          value={user.value}
          placeholder={t("people.addHint")}
          pattern="[A-Za-z0-9_\-]{1,64}"
          maxLength={64}
          required
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          data-testid="add-user"
          onInput={(event) => {
            user.value = event.currentTarget.value;
          }}
        />
      </label>
      <Button submit icon="addPerson" testid="add-contact">
        {t("people.add")}
      </Button>
    </form>
  );
}
