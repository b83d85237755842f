import type { Signal } from "@preact/signals";
import type { JSX } from "preact";
import type { Person } from "../../../sdk/src/index.ts";
import { t } from "../lang/index.ts";
import { Confirm } from "../parts/confirm.tsx";
import type { Phone } from "../state/phone.ts";

/** BlockQuestion asks whether to block whom it is given. */
export function BlockQuestion({
  phone,
  person,
}: {
  phone: Phone;
  person: Signal<Person | undefined>;
}): JSX.Element | null {
  const whom = person.value;
  if (whom === undefined) return null;
  const close = (): void => {
    person.value = undefined;
  };
  return (
    <Confirm
      title={t("block.title", { name: whom.name })}
      body={t("block.body")}
      confirm={t("block.confirm")}
      onCancel={close}
      onConfirm={() => {
        void phone.people.block(whom);
        close();
      }}
    />
  );
}
