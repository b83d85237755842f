import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { Usage } from "../../../../sdk/src/index.ts";
import { t } from "../../lang/index.ts";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { TextField } from "../../parts/field.tsx";
import { download } from "../../state/download.ts";
import { say } from "../../state/toasts.ts";

const shortest = 8; // characters of a passphrase

interface Props {
  readonly usage: Usage;
  readonly onRestored: () => void;
}

/** BackupCard saves what calls have used as a file that only a passphrase opens, and takes such a file in. */
export function BackupCard({ usage, onRestored }: Props): JSX.Element {
  const passphrase = useSignal("");
  const busy = useSignal(false);
  const file = useRef<HTMLInputElement>(null);
  const ready = passphrase.value.length >= shortest && !busy.value;
  const work = async (act: () => Promise<string>): Promise<void> => {
    busy.value = true;
    try {
      say(await act());
    } catch {
      say(t("backup.refused"), true); // another passphrase, or another file
    } finally {
      busy.value = false;
    }
  };
  const save = () =>
    work(async () => {
      download(await usage.backup(passphrase.value), "pronto-usage.txt");
      return t("backup.saved");
    });
  const restore = (chosen: File) =>
    work(async () => {
      await usage.restore(await chosen.text(), passphrase.value);
      onRestored();
      return t("backup.restored");
    });
  return (
    <Card title={t("backup.title")} lead={t("backup.lead")}>
      <TextField
        type="password"
        autocomplete="off"
        label={t("backup.passphrase")}
        hint={t("backup.passphraseHint", { count: shortest })}
        value={passphrase.value}
        onInput={(text) => {
          passphrase.value = text;
        }}
        testid="passphrase"
      />
      <input
        ref={file}
        type="file"
        accept="text/plain,.txt"
        hidden
        data-testid="backup-file"
        onChange={(event) => {
          const [chosen] = event.currentTarget.files ?? [];
          event.currentTarget.value = ""; // so that the same may be chosen again
          if (chosen !== undefined) void restore(chosen);
        }}
      />
      <div class="actions">
        <Button disabled={!ready} onPress={() => void save()} testid="save-backup">
          {t("backup.save")}
        </Button>
        <Button disabled={!ready} onPress={() => file.current?.click()} testid="restore-backup">
          {t("backup.restore")}
        </Button>
      </div>
    </Card>
  );
}
