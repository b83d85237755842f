import type { JSX } from "preact";
import { t } from "../lang/index.ts";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";

interface ConfirmProps {
  readonly title: string;
  readonly body: string;
  readonly confirm: string;
  readonly onConfirm: () => void;
  readonly onCancel: () => void;
}

/** Confirm asks before what is not easily taken back. The safe answer has the focus. */
export function Confirm({ title, body, confirm, onConfirm, onCancel }: ConfirmProps): JSX.Element {
  return (
    <Dialog
      labelledBy="confirm-title"
      describedBy="confirm-body"
      role="alertdialog"
      onCancel={onCancel}
      testid="confirm"
    >
      <h2 id="confirm-title">{title}</h2>
      <p id="confirm-body">{body}</p>
      <div class="actions">
        <Button onPress={onCancel} autofocus>
          {t("dialog.cancel")}
        </Button>
        <Button look="danger" onPress={onConfirm} testid="confirm-yes">
          {confirm}
        </Button>
      </div>
    </Dialog>
  );
}
