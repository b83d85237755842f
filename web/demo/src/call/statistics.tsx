import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Call, CallStats } from "../../../sdk/src/index.ts";
import { t } from "../lang/index.ts";
import { IconButton } from "../parts/button.tsx";
import { giveBack, useCovering } from "../parts/covering.ts";
import type { ActiveCall } from "../state/activecall.ts";

type Received = CallStats["participants"][number];

/** receivedLines says what arrives from one participant, a line for each thing. */
export function receivedLines(received: Received | undefined): readonly string[] {
  const lines: string[] = [];
  if (received?.audio !== undefined)
    lines.push(t("stats.audio", { packets: String(received.audio.packets) }));
  for (const source of ["camera", "screen"] as const) {
    const picture = received?.[source];
    if (picture === undefined || picture.framesDecoded === 0) continue;
    const { width, height, framesDecoded } = picture;
    lines.push(
      t("stats.picture", {
        source: t(source === "camera" ? "stats.camera" : "stats.screen"),
        width: String(width),
        height: String(height),
        frames: String(framesDecoded),
      }),
    );
  }
  return lines.length === 0 ? [t("stats.silent")] : lines;
}

/** Statistics shows what the browser measures, each second: numbers without thousands separators, for people and tests alike. */
export function Statistics({ active, onClose }: { active: ActiveCall; onClose: () => void }): JSX.Element {
  const panel = useRef<HTMLElement>(null);
  useCovering(panel);
  useEffect(() => {
    const before = document.activeElement; // not earlier: a menu gives the focus back when it is closed
    return () => {
      if (document.activeElement === document.body) giveBack(before, "i"); // it was in here, or nowhere
    };
  }, []);
  const stats = useSignal<CallStats | undefined>(undefined);
  useEffect(() => poll(active.call, (next) => (stats.value = next)), [active, stats]);
  const others = active.shot.value.seats.filter((seat) => !seat.self);
  const measured = stats.value;
  return (
    <aside
      ref={panel}
      class="statistics"
      aria-label={t("stats.title")}
      data-testid="statistics"
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
    >
      <IconButton
        icon="close"
        look="quiet"
        label={t("stats.close")}
        onPress={onClose}
        testid="statistics-close"
      />
      {measured === undefined ? (
        <p>{t("stats.waiting")}</p>
      ) : (
        <>
          <p data-testid="stats-path">{t("stats.path", { path: measured.path ?? t("stats.pathUnknown") })}</p>
          <dl>
            {others.map((seat) => (
              <div key={seat.participant} data-testid={`stats-${seat.user ?? seat.name}`}>
                <dt>{seat.name}</dt>
                {receivedLines(
                  measured.participants.find(({ participant }) => participant === seat.participant),
                ).map((line) => (
                  <dd key={line}>{line}</dd>
                ))}
              </div>
            ))}
          </dl>
        </>
      )}
    </aside>
  );
}

function poll(call: Call, take: (stats: CallStats) => void): () => void {
  let over = false;
  const ask = (): void => {
    call.stats().then(
      (stats) => {
        if (!over) take(stats);
      },
      () => undefined, // the call has just ended: there is nothing left to measure
    );
  };
  ask();
  const timer = setInterval(ask, 1000);
  return () => {
    over = true;
    clearInterval(timer);
  };
}
