import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { t } from "../lang/index.ts";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { PickPeople } from "../parts/pickpeople.tsx";
import type { ActiveCall } from "../state/activecall.ts";
import type { Phone } from "../state/phone.ts";

/** AddPeople rings contacts, or anybody by user id, into the call. */
export function AddPeople({
  phone,
  active,
  onClose,
}: {
  phone: Phone;
  active: ActiveCall;
  onClose: () => void;
}): JSX.Element {
  const picked = useSignal<ReadonlySet<string>>(new Set());
  const other = useSignal("");
  const here = new Set(active.shot.value.seats.map((seat) => seat.user));
  const contacts = phone.people.contacts.value;
  const offered = (contacts ?? []).filter(({ user }) => !here.has(user));
  useEffect(() => {
    if (phone.people.contacts.value === undefined) void phone.people.load(); // after a reload in a call
  }, [phone]);
  const typed = other.value.trim();
  const users = [...picked.value, ...(typed === "" || picked.value.has(typed) ? [] : [typed])];
  const submit = (event: Event): void => {
    event.preventDefault();
    if (users.length === 0) return;
    void active.invite(users);
    onClose();
  };
  return (
    <Dialog labelledBy="add-title" describedBy="add-lead" onCancel={onClose} testid="add-dialog">
      <form onSubmit={submit}>
        <h2 id="add-title">{t("add.title")}</h2>
        <p id="add-lead">{t("add.lead")}</p>
        {contacts === undefined ? <p class="empty">{t("app.loading")}</p> : null}
        {contacts !== undefined && offered.length === 0 ? <p class="empty">{t("add.none")}</p> : null}
        <PickPeople people={offered} picked={picked} testid="invite" />
        <label class="field">
          <span>{t("add.other")}</span>
          <input
            type="text"
            value={other.value}
            placeholder={t("people.userHint")}
            pattern="[A-Za-z0-9_\-]{1,64}"
            maxLength={64}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            data-testid="invite-other"
            onInput={(event) => {
              other.value = event.currentTarget.value;
            }}
          />
        </label>
        <div class="actions">
          <Button onPress={onClose}>{t("dialog.cancel")}</Button>
          <Button submit look="primary" icon="phone" disabled={users.length === 0} testid="invite">
            {users.length === 0 ? t("add.confirmNone") : t("add.confirm", { count: users.length })}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
