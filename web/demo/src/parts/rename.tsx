import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { t } from "../lang/index.ts";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { TextField } from "./field.tsx";

interface RenameProps {
  readonly title: string;
  /** label is the field's. */
  readonly label: string;
  /** name is the present one. */
  readonly name: string;
  readonly onName: (name: string) => void;
  readonly onClose: () => void;
}

/** Rename asks for another name. */
export function Rename({ title, label, name, onName, onClose }: RenameProps): JSX.Element {
  const wanted = useSignal(name);
  const submit = (event: Event): void => {
    event.preventDefault();
    onName(wanted.value.trim());
    onClose();
  };
  return (
    <Dialog labelledBy="rename" onCancel={onClose} testid="rename-dialog">
      <form onSubmit={submit}>
        <h2 id="rename">{title}</h2>
        <TextField
          label={label}
          value={wanted.value}
          maxLength={80}
          required
          autofocus
          testid="new-name"
          onInput={(value) => {
            wanted.value = value;
          }}
        />
        <div class="actions">
          <Button onPress={onClose}>{t("dialog.cancel")}</Button>
          <Button submit look="primary" disabled={wanted.value.trim() === ""} testid="rename-yes">
            {t("dialog.save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
