import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "./app.tsx";
import { clock } from "./callscreen.tsx";
import { Icon } from "./icons.tsx";
import { host } from "./settings.ts";
import type { Visit } from "./visit.ts";

interface OverProps {
  readonly visit: Visit;
  readonly onClose: () => boolean;
}

/** Over is after the call, or where no call was to be had. */
export function Over({ visit, onClose }: OverProps): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  const phase = visit.phase.value;
  useEffect(() => heading.current?.focus(), [phase]);
  return (
    <main class="screen centred" data-testid={phase}>
      <h1 ref={heading} tabIndex={-1}>
        {title(visit)}
      </h1>
      {phase === "dead" || phase === "noted" ? null : (
        <button type="button" class="primary" data-testid="again" onClick={() => visit.again()}>
          <Icon name="phone" />
          {t("again")}
        </button>
      )}
      <Forget visit={visit} />
      {host === undefined ? null : (
        <button type="button" class="plain" data-testid="close" onClick={() => onClose()}>
          {t("close")}
        </button>
      )}
    </main>
  );
}

/** Forget lets the visitor have deleted what this site kept of him. */
export function Forget({ visit }: { readonly visit: Visit }): JSX.Element | null {
  const fault = visit.fault.value;
  if (visit.phase.value === "dead") return null;
  return (
    <>
      <p role="status" data-testid="forgotten">
        {visit.forgotten.value ? t("forgotten") : ""}
      </p>
      {fault === undefined ? null : (
        <p class="fault" role="alert">
          {t(fault)}
        </p>
      )}
      {visit.forgotten.value ? null : (
        <button type="button" class="plain" data-testid="forget" onClick={() => void visit.forget()}>
          {t("forget")}
        </button>
      )}
    </>
  );
}

function title(visit: Visit): string {
  if (visit.phase.value === "dead") return t("dead");
  if (visit.phase.value === "noted") return t("noted");
  const ended = visit.ended.value;
  if (ended === undefined || ended.durationMs === 0) return t("ended");
  return t("endedAfter", { time: clock(ended.durationMs) });
}
