import type { JSX } from "preact";
import type { ActiveCall } from "../state/activecall.ts";

/** Notices says who came, went or did not answer. The region is always there, so that what is put in is read out. */
export function Notices({ active }: { active: ActiveCall }): JSX.Element {
  return (
    <div class="notices" role="log" aria-live="polite" data-testid="notices">
      {active.lines.value.map((line) => (
        <p key={line.id}>{line.text}</p>
      ))}
    </div>
  );
}
