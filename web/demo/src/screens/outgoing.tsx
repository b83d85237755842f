import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Controls } from "../call/controls.tsx";
import { Video } from "../call/video.tsx";
import { names } from "../format.ts";
import { type PlainKey, t } from "../lang/index.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Dial } from "../parts/dial.tsx";
import { Heading } from "../parts/heading.tsx";
import { play, ringback } from "../ringtone.ts";
import type { ActiveCall } from "../state/activecall.ts";
import { type Ringing, ringing, type Seat } from "../state/shot.ts";

const words: Readonly<Record<Ringing, PlainKey>> = {
  calling: "out.calling",
  ringing: "out.ringing",
  connecting: "out.connecting",
};

/** Outgoing is a call that nobody has answered. It says "ringing", and sounds so, only when a device of somebody rings. */
export function Outgoing({ active }: { active: ActiveCall }): JSX.Element {
  const shot = active.shot.value;
  const state = active.joining.value ? "connecting" : ringing(shot);
  const others = shot.seats.filter((seat) => !seat.self);
  const own = shot.seats.find((seat) => seat.self)?.camera;
  useEffect(() => (state === "ringing" ? play(ringback) : undefined), [state]);
  return (
    <div class="outgoing" data-testid="outgoing" data-state={state}>
      {own === undefined ? null : <Video track={own} label={t("call.yourPicture")} mirrored />}
      <div class={others.length > 2 ? "callees many" : "callees"}>
        {others.map((seat) => (
          <Callee key={seat.participant} seat={seat} alone={others.length === 1} />
        ))}
      </div>
      <Heading>{t("out.title", { names: names(others.map((seat) => seat.name)) })}</Heading>
      <p class="ringstate" role="status" data-testid="ring-state">
        {t(words[state])}
      </p>
      <Controls active={active} outgoing />
    </div>
  );
}

function Callee({ seat, alone }: { seat: Seat; alone: boolean }): JSX.Element {
  const state =
    seat.presence === "invited" ? "calling" : seat.presence === "ringing" ? "ringing" : "connecting";
  return (
    <div class="callee" data-testid={`callee-${seat.user ?? seat.name}`} data-presence={seat.presence}>
      <Dial state={state}>
        <Avatar id={seat.user ?? seat.participant} name={seat.name} size="large" />
      </Dial>
      {alone ? null : <span>{seat.name}</span>}
      {seat.automated ? <span class="tag">{t("in.bot")}</span> : null}
    </div>
  );
}
