import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Call, Participant } from "../../../sdk/src/index.ts";
import { t } from "./app.tsx";
import { Icon, type IconName } from "./icons.tsx";
import type { Visit } from "./visit.ts";

/** OfCall is what draws a part of the call; at is another number after each change. */
interface OfCall {
  readonly call: Call;
  readonly at: number;
}

/** CallScreen is the call: the others large, ourselves small, and three buttons. */
export function CallScreen({ visit }: { readonly visit: Visit }): JSX.Element | null {
  const at = visit.changed.value; // a part is drawn again only when what it is given is another
  const call = visit.call.value;
  useEffect(() => {
    if (call === undefined) return;
    const height = Math.ceil(360 * devicePixelRatio);
    call.view(
      call.participants
        .filter(({ self }) => !self)
        .flatMap(({ participant, media }) => [
          ...(media.screen ? [{ participant, source: "screen" as const, height }] : []),
          ...(media.camera ? [{ participant, source: "camera" as const, height }] : []),
        ]),
    );
  });
  if (call === undefined) return null;
  const others = call.participants.filter(
    ({ self, presence }) => !self && presence !== "invited" && presence !== "ringing",
  );
  return (
    <main class="call" data-testid="in-call">
      <h1 class="unseen">{call.title || t("title")}</h1>
      <div class="badges">
        <Encrypted call={call} at={at} />
        <Clock sinceMs={call.connectedMs} />
      </div>
      <div class={`stage of${Math.min(others.length, 4)}`}>
        {others.map((one) => (
          <Tile key={one.participant} call={call} one={one} at={at} />
        ))}
      </div>
      <Self call={call} at={at} />
      <p class="notices" role="status">
        {wordFor(visit, call)}
      </p>
      <Controls visit={visit} call={call} at={at} />
    </main>
  );
}

/** wordFor is what the visitor should know of just now, the worst first. */
function wordFor(visit: Visit, call: Call): string {
  if (call.encryption.warnings.some(({ type }) => type !== "unopened")) return t("suspicious");
  if (visit.away.value) return t("reconnecting");
  return visit.fault.value === undefined ? "" : t(visit.fault.value);
}

function Controls({ visit, call }: OfCall & { readonly visit: Visit }): JSX.Element {
  const { microphone, camera } = call.local;
  return (
    <div class="controls" role="toolbar" aria-label={t("controls")}>
      <Control
        icon={microphone ? "mic" : "micOff"}
        label={t(microphone ? "mute" : "unmute")}
        off={!microphone}
        testid="microphone"
        onPress={() => void call.setMicrophone(!microphone).catch(() => undefined)}
      />
      <Control
        icon={camera ? "camera" : "cameraOff"}
        label={t(camera ? "cameraOff" : "cameraOn")}
        off={!camera}
        testid="camera"
        onPress={() => void call.setCamera(!camera).catch(() => undefined)}
      />
      <Control icon="hangUp" label={t("hangUp")} danger testid="hang-up" onPress={() => void visit.leave()} />
    </div>
  );
}

interface ControlProps {
  readonly icon: IconName;
  readonly label: string;
  readonly off?: boolean;
  readonly danger?: boolean;
  readonly testid: string;
  readonly onPress: () => void;
}

function Control({ icon, label, off = false, danger = false, testid, onPress }: ControlProps): JSX.Element {
  return (
    <button
      type="button"
      class={danger ? "control danger" : off ? "control off" : "control"}
      aria-label={label}
      title={label}
      data-testid={testid}
      onClick={onPress}
    >
      <Icon name={icon} />
    </button>
  );
}

/** Encrypted says whether the call is encrypted, and opened, the code that is the same for all who are in it. */
function Encrypted({ call }: OfCall): JSX.Element {
  const { state, code } = call.encryption;
  const text = t(state === "off" ? "unencrypted" : state === "connecting" ? "securing" : "encrypted");
  const badge = (
    <>
      <Icon name={state === "off" ? "unlock" : "lock"} />
      {text}
    </>
  );
  if (code === undefined)
    return (
      <span class="badge" data-testid="encryption">
        {badge}
      </span>
    );
  return (
    <details class="code" data-testid="encryption">
      <summary class="badge">{badge}</summary>
      {t("code", { code })}
    </details>
  );
}

function Clock({ sinceMs }: { readonly sinceMs: number | undefined }): JSX.Element | null {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  if (sinceMs === undefined) return null;
  return <time class="badge clock">{clock(now - sinceMs)}</time>;
}

/** clock is a length of time as minutes and seconds. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function Tile({ call, one }: OfCall & { readonly one: Participant }): JSX.Element {
  const { audio, camera, screen, screenAudio } = call.media(one.participant);
  const picture = screen ?? camera;
  return (
    <figure class={one.speaking ? "tile speaking" : "tile"} data-testid="tile">
      {picture === undefined ? (
        <span class="initial" aria-hidden="true">
          {[...one.name][0]?.toUpperCase()}
        </span>
      ) : (
        <Played track={picture} kind="video" />
      )}
      {audio === undefined ? null : <Played track={audio} kind="audio" />}
      {screenAudio === undefined ? null : <Played track={screenAudio} kind="audio" />}
      <figcaption>
        {one.name}
        {one.media.microphone ? null : (
          <>
            <Icon name="micOff" />
            <span class="unseen">({t("muted")})</span>
          </>
        )}
      </figcaption>
    </figure>
  );
}

function Self({ call }: OfCall): JSX.Element | null {
  const track = call.local.camera ? call.local.tracks.camera : undefined;
  if (track === undefined) return null;
  return (
    <figure class="self">
      <Played track={track} kind="video" muted />
      <figcaption class="unseen">{t("you")}</figcaption>
    </figure>
  );
}

interface PlayedProps {
  readonly track: MediaStreamTrack;
  readonly kind: "audio" | "video";
  readonly muted?: boolean;
}

function Played({ track, kind, muted = false }: PlayedProps): JSX.Element {
  const element = useRef<HTMLMediaElement>(null);
  useEffect(() => {
    const player = element.current;
    if (player === null) return;
    player.srcObject = new MediaStream([track]);
    void player.play().catch(() => undefined); // the visitor has clicked: it may play
    return () => {
      player.srcObject = null;
    };
  }, [track]);
  return kind === "audio" ? (
    // biome-ignore lint/a11y/useMediaCaption: there are no captions of people who talk
    <audio ref={element as never} autoplay />
  ) : (
    <video ref={element as never} autoplay playsInline muted={muted} />
  );
}
