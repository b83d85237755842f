import type { JSX } from "preact";
import { initials, tone } from "../format.ts";
import { faces } from "../state/faces.ts";

interface AvatarProps {
  readonly id: string;
  readonly name: string;
  readonly size?: "small" | "medium" | "large" | "huge";
  /** presence puts a dot on it; whatever it means is said in words beside it. */
  readonly presence?: "online" | "inCall" | undefined;
}

/** Avatar stands for a person: his image, else initials on the colour of the account. The name is beside it, so it is silent. */
export function Avatar({ id, name, size = "medium", presence }: AvatarProps): JSX.Element {
  const image = faces.value.get(id);
  return (
    <span class={`avatar ${size}`} data-tone={tone(id)} data-presence={presence} aria-hidden="true">
      {image === undefined ? initials(name) : <img src={image} alt="" />}
    </span>
  );
}
