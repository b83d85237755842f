import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { CallLogEntry } from "../../../sdk/src/index.ts";
import { t } from "../lang/index.ts";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Menu } from "../parts/menu.tsx";
import { forget } from "../state/forgetting.ts";
import type { Phone } from "../state/phone.ts";
import { Draft } from "../state/reporting.ts";
import { UnsentNote } from "../state/unsentnote.ts";
import { LeaveNote } from "./leavenote.tsx";
import { ReportDialog } from "./report.tsx";

/** noteWindowMs is for how long a note may be left to a call. The server counts, from its end; this is only whether to offer it. */
const noteWindowMs = 10 * 60_000;

/** RecentMenu is what may be done with a call of the log: reported, deleted, or, if nobody answered it, followed by a note. */
export function RecentMenu({
  phone,
  entry,
  name,
}: {
  phone: Phone;
  entry: CallLogEntry;
  name: string;
}): JSX.Element {
  const leaving = useSignal(false);
  const reporting = useSignal<Draft | undefined>(undefined);
  const [only] = entry.with;
  const unanswered = entry.direction === "outgoing" && entry.outcome === "unanswered";
  const recent = Date.now() - entry.startedMs < noteWindowMs;
  const close = (): void => {
    leaving.value = false;
  };
  return (
    <>
      <Menu label={t("recents.moreOf", { name })} testid="recent-menu">
        {unanswered && recent && entry.with.length === 1 ? (
          <Button
            icon="voicemail"
            testid="leave-note"
            onPress={() => {
              leaving.value = true;
            }}
          >
            {t("note.leaveOne")}
          </Button>
        ) : null}
        <Button
          icon="warning"
          testid="report-call"
          onPress={() => {
            reporting.value = new Draft(entry.call, entry.with);
          }}
        >
          {t("report.open")}
        </Button>
        <Button icon="trash" testid="delete-call" onPress={() => forget(phone, entry.call)}>
          {t("recents.delete")}
        </Button>
      </Menu>
      {reporting.value === undefined ? null : (
        <ReportDialog
          phone={phone}
          draft={reporting.value}
          onClose={() => {
            reporting.value = undefined;
          }}
        />
      )}
      {leaving.value && only !== undefined ? (
        <NoteDialog phone={phone} entry={entry} to={only} onClose={close} />
      ) : null}
    </>
  );
}

/** NoteDialog is where a note is left to a call of the log. */
function NoteDialog(props: {
  phone: Phone;
  entry: CallLogEntry;
  to: CallLogEntry["with"][number];
  onClose: () => void;
}): JSX.Element {
  const { phone, entry, to, onClose } = props;
  const unsent = useMemo(() => new UnsentNote(onClose), []);
  const leave = (): void => unsent.leave(onClose);
  return (
    <Dialog labelledBy="note-title" onCancel={leave} testid="note-dialog">
      <LeaveNote
        phone={phone}
        call={entry.call}
        user={to.user}
        name={to.name}
        kind={entry.kind}
        unsent={unsent}
        asked
      />
      <div class="actions">
        <Button onPress={leave} testid="note-close">
          {t("security.close")}
        </Button>
      </div>
    </Dialog>
  );
}
