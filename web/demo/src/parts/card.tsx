import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";

interface CardProps {
  readonly title?: string;
  /** lead is a sentence below the title. */
  readonly lead?: string;
  readonly testid?: string;
  readonly children?: ComponentChildren;
}

/** Card groups what belongs together, under a title of its own. */
export function Card({ title, lead, testid, children }: CardProps): JSX.Element {
  const id = useId();
  return (
    <section class="card" aria-labelledby={title === undefined ? undefined : id} data-testid={testid}>
      {title === undefined ? null : <h2 id={id}>{title}</h2>}
      {lead === undefined ? null : <p class="detail">{lead}</p>}
      {children}
    </section>
  );
}
