import type { JSX } from "preact";
import type { ActiveCall } from "../state/activecall.ts";

/** Notices shows who came, went or did not answer, for a moment; Heard reads it out. */
export function Notices({ active }: { active: ActiveCall }): JSX.Element {
  return (
    <div class="notices" data-testid="notices">
      {active.lines.value.map((line) => (
        <p key={line.id}>{line.text}</p>
      ))}
    </div>
  );
}
