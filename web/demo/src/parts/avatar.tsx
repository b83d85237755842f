import type { JSX } from "preact";
import { initials, tone } from "../format.ts";

/** Avatar stands for a person: initials on the colour of the account. The name is beside it, so it is silent. */
export function Avatar({
  id,
  name,
  size = "medium",
}: {
  id: string;
  name: string;
  size?: "small" | "medium" | "large";
}): JSX.Element {
  return (
    <span class={`avatar ${size}`} data-tone={tone(id)} aria-hidden="true">
      {initials(name)}
    </span>
  );
}
