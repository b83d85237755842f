import type { ComponentChildren, JSX } from "preact";
import { Dial } from "./dial.tsx";
import { Icon, type IconName } from "./icon.tsx";

interface EmptyProps {
  readonly icon: IconName;
  readonly text: string;
  readonly title?: string;
  readonly children?: ComponentChildren;
}

/** Empty says that there is nothing yet, and how to begin. */
export function Empty({ icon, title, text, children }: EmptyProps): JSX.Element {
  return (
    <div class="emptystate">
      <Dial state="idle">
        <Icon name={icon} />
      </Dial>
      {title === undefined ? null : <h2>{title}</h2>}
      <p>{text}</p>
      {children}
    </div>
  );
}
