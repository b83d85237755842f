import type { JSX } from "preact";
import type { Kind } from "../../../sdk/src/index.ts";
import { Video } from "../call/video.tsx";
import { clock, spoken } from "../format.ts";
import { t } from "../lang/index.ts";
import { leavingText } from "../notetexts.ts";
import { Banner } from "../parts/banner.tsx";
import { Button } from "../parts/button.tsx";
import "../parts/callicon.tsx";
import { DeviceText } from "../parts/devicetext.tsx";
import { Meter } from "../parts/meter.tsx";
import { Player } from "../parts/player.tsx";
import type { NoteRecorder, NoteShot } from "../state/noterecorder.ts";
import { canRecord, mostMs } from "../state/noterun.ts";
import { prefs } from "../state/prefs.ts";

type Staged<S extends NoteShot["stage"]> = Extract<NoteShot, { stage: S }>;

/** NoteOffer is before a recording: what to record, and why that did not go before. */
export function NoteOffer(props: {
  recorder: NoteRecorder;
  problem: string | undefined;
  name: string;
  kind: Kind;
}): JSX.Element {
  const { recorder, problem, name, kind } = props;
  return (
    <>
      {problem === undefined ? null : (
        <Banner tone="alarm" icon="warning" testid="note-problem">
          {problem === "emptyNote" ? t("note.empty") : <DeviceText code={problem} />}
        </Banner>
      )}
      <p class="detail">{t("note.lead", { name })}</p>
      <div class="actions">
        <Button icon="microphone" onPress={() => void recorder.record("voice")} testid="note-voice">
          {t("note.voice")}
        </Button>
        {kind === "video" && canRecord("video") ? (
          <Button icon="camera" onPress={() => void recorder.record("video")} testid="note-video">
            {t("note.video")}
          </Button>
        ) : null}
      </div>
    </>
  );
}

/** NoteRecording is while it is recorded: how loud and how long it is, and how we look. */
export function NoteRecording(props: {
  recorder: NoteRecorder;
  shot: Staged<"opening" | "recording">;
}): JSX.Element {
  const { recorder, shot } = props;
  const discard = (
    <Button icon="trash" onPress={() => recorder.discard()} testid="note-discard">
      {t("note.discard")}
    </Button>
  );
  if (shot.stage === "opening")
    return (
      <>
        <p class="detail">{t("note.asking")}</p>
        <div class="actions">{discard}</div>
      </>
    );
  const { microphone, camera } = shot.tracks;
  return (
    <>
      {camera === undefined ? null : (
        <div class="previewbox">
          <Video
            track={camera}
            label={t("call.yourPicture")}
            mirrored={prefs.value.facing !== "environment"}
          />
        </div>
      )}
      <Elapsed recorder={recorder} />
      <div class="meterline">
        <span class="detail">{t("devices.level")}</span>
        <Meter track={microphone} label={t("devices.level")} />
      </div>
      <div class="actions">
        <Button look="primary" icon="stop" onPress={() => recorder.stop()} testid="note-stop">
          {t("note.stop")}
        </Button>
        {discard}
      </div>
    </>
  );
}

/** Elapsed is how much of the time is used up. */
function Elapsed({ recorder }: { recorder: NoteRecorder }): JSX.Element {
  const ms = recorder.elapsedMs.value;
  return (
    <div class="elapsed">
      <progress max={mostMs} value={ms} aria-hidden="true" />
      <span role="timer" aria-label={t("note.elapsed")} data-testid="note-elapsed">
        {t("note.time", { time: clock(ms), most: clock(mostMs) })}
      </span>
    </div>
  );
}

/** NoteRecorded is after it: to be heard or seen, and sent or not. */
export function NoteRecorded(props: {
  recorder: NoteRecorder;
  shot: Staged<"recorded" | "sending">;
  name: string;
  onSend: () => void;
}): JSX.Element {
  const { recorder, shot, name, onSend } = props;
  const { cut, failure } = shot.stage === "recorded" ? shot : {};
  const sending = shot.stage === "sending";
  const cuts = { time: t("note.cutTime"), size: t("note.cutSize"), device: t("note.cutDevice") };
  return (
    <>
      {failure === undefined ? null : (
        <Banner tone="alarm" icon="warning" testid="note-failure">
          {`${leavingText(failure, name)} ${t("note.kept")}`}
        </Banner>
      )}
      {cut === undefined ? null : <p class="detail">{cuts[cut]}</p>}
      <Player
        recording={shot.note.recording}
        label={t("note.yoursOf", { duration: spoken(shot.note.durationMs) })}
        testid="note-player"
      />
      <div class="actions">
        <Button look="primary" icon="send" disabled={sending} onPress={onSend} testid="note-send">
          {t("note.send")}
        </Button>
        <Button
          icon="refresh"
          disabled={sending}
          onPress={() => void recorder.record(shot.kind)}
          testid="note-again"
        >
          {t("note.again")}
        </Button>
        <Button icon="trash" disabled={sending} onPress={() => recorder.discard()} testid="note-discard">
          {t("note.discard")}
        </Button>
      </div>
    </>
  );
}
