import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { clock, names } from "../format.ts";
import { t } from "../lang/index.ts";
import { Heading } from "../parts/heading.tsx";
import type { ActiveCall } from "../state/activecall.ts";
import { SecurityButton } from "./security.tsx";

/** CallHeader names the call and says how long it lasts. */
export function CallHeader({ active }: { active: ActiveCall }): JSX.Element {
  const { seats, title, phase, kind, host } = active.shot.value;
  const others = seats.filter((seat) => !seat.self).map((seat) => seat.name);
  const name =
    title ?? (others.length === 0 ? t(kind === "voice" ? "kind.voice" : "kind.video") : names(others));
  return (
    <header class={others.length === 0 ? "callheader alone" : "callheader"}>
      <Heading>{name}</Heading>
      <SecurityButton active={active} />
      {phase === "active" && active.startedMs.value !== undefined ? (
        <Clock startedMs={active.startedMs.value} />
      ) : (
        <span data-testid="phase">{others.length === 0 ? t("call.alone") : t("call.connecting")}</span>
      )}
      {host && others.length > 1 ? (
        <button type="button" class="endall" data-testid="end-all" onClick={() => void active.end()}>
          {t("call.end")}
        </button>
      ) : null}
    </header>
  );
}

function Clock({ startedMs }: { startedMs: number }): JSX.Element {
  const now = useSignal(Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      now.value = Date.now();
    }, 1000);
    return () => clearInterval(timer);
  }, [now]);
  return (
    <span class="clock" role="timer" aria-live="off" data-testid="clock">
      {clock(now.value - startedMs)}
    </span>
  );
}
