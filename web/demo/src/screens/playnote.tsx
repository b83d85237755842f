import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { CallLogEntry, OpenedNote } from "../../../sdk/src/index.ts";
import { when } from "../format.ts";
import { t } from "../lang/index.ts";
import { fileName, safeType } from "../notefile.ts";
import { isFinal, openingText } from "../notetexts.ts";
import { Button } from "../parts/button.tsx";
import "../parts/callicon.tsx";
import { Icon } from "../parts/icon.tsx";
import { Player } from "../parts/player.tsx";
import { download } from "../state/download.ts";
import { type Heard, heardNotes } from "../state/heardnotes.ts";
import type { Phone } from "../state/phone.ts";

const trusts = {
  new: "note.new",
  known: "security.known",
  verified: "security.verified",
} as const satisfies Record<OpenedNote["trust"], string>;

/** PlayNote is the note of a missed call: to be opened, or, once it is, to be heard or seen, and saved. */
export function PlayNote({ phone, entry }: { phone: Phone; entry: CallLogEntry }): JSX.Element {
  const notes = heardNotes(phone);
  const heard = notes.of(entry.call);
  const name = entry.with[0]?.name ?? "";
  const at = when(entry.startedMs, Date.now());
  const pressed = useRef(false);
  const play = (): void => {
    pressed.current = true;
    void notes.open(entry);
  };
  return (
    <div class="heardnote" data-testid="heard-note" data-state={heard?.state ?? "waiting"}>
      {heard?.state === "open" ? (
        <Opened note={heard.note} entry={entry} name={name} at={at} autoplay={pressed.current} />
      ) : (
        <Waiting heard={heard} name={name} at={at} onPlay={play} />
      )}
    </div>
  );
}

/** Waiting is a note that nobody has opened here, and why not if somebody tried. */
function Waiting(props: {
  heard: Heard | undefined;
  name: string;
  at: string;
  onPlay: () => void;
}): JSX.Element {
  const { heard, name, at, onPlay } = props;
  const failure = heard?.state === "failed" ? heard.error : undefined;
  const failed = failure !== undefined;
  return (
    <>
      {failed ? (
        <p role="alert" data-testid="note-failure">
          <Icon name="warning" />
          {openingText(failure, name)}
        </p>
      ) : (
        <p role="status">
          <Icon name="voicemail" />
          {heard === undefined ? t("note.has", { name }) : t("note.opening")}
        </p>
      )}
      {isFinal(failure) ? null : (
        <Button
          icon={failed ? "refresh" : "play"}
          label={t(failed ? "note.retryOf" : "note.playOf", { name, when: at })}
          onPress={onPlay}
          testid="play-note"
        >
          {t(failed ? "signin.again" : "note.play")}
        </Button>
      )}
    </>
  );
}

/** Opened is one that is here, and nowhere else. */
function Opened(props: {
  note: OpenedNote;
  entry: CallLogEntry;
  name: string;
  at: string;
  /** autoplay: it was just opened. Whoever comes back to it later finds it silent. */
  autoplay: boolean;
}): JSX.Element {
  const { note, entry, name, at, autoplay } = props;
  const { recording, trust } = note;
  const save = (): void => {
    const type = safeType(recording.type);
    download(recording, fileName(type, name, entry.startedMs), type);
  };
  return (
    <>
      <Player
        recording={recording}
        label={t("note.of", { name, when: at })}
        autoplay={autoplay}
        testid="note-player"
      />
      <p class="detail" data-testid="note-trust">
        <Icon name={trust === "verified" ? "check" : "lock"} />
        {t(trusts[trust])}
      </p>
      <p class="detail" role="status" data-testid="note-deleted">
        {t("note.deleted")}
      </p>
      <Button icon="save" label={t("note.saveOf", { name, when: at })} onPress={save} testid="save-note">
        {t("dialog.save")}
      </Button>
    </>
  );
}
