import type { JSX } from "preact";
import { t } from "../lang/index.ts";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { KeyList } from "../parts/keylist.tsx";

/** KeyHelp lists the keys in the middle of a call. */
export function KeyHelp({ onClose }: { onClose: () => void }): JSX.Element {
  return (
    <Dialog labelledBy="keys-title" onCancel={onClose} testid="key-help">
      <h2 id="keys-title">{t("settings.keys")}</h2>
      <KeyList />
      <div class="actions">
        <Button look="primary" onPress={onClose} testid="keys-close">
          {t("devices.done")}
        </Button>
      </div>
    </Dialog>
  );
}
