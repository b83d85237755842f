import type { ComponentChildren, JSX } from "preact";

interface RowProps {
  /** picture stands at the start: an Avatar or a Sign. */
  readonly picture: ComponentChildren;
  readonly name: string;
  /** mark stands behind the name. */
  readonly mark?: ComponentChildren;
  readonly detail?: ComponentChildren;
  /** href makes picture and text lead somewhere; the acts beside them stay their own. */
  readonly href?: string | undefined;
  /** current marks the row whose page is open. */
  readonly current?: boolean;
  readonly class?: string;
  readonly testid?: string;
  readonly outcome?: string;
  /** children are the acts at the end. */
  readonly children?: ComponentChildren;
  /** below has a line of its own. */
  readonly below?: ComponentChildren;
}

/** Row is one line of a list: who or what, what to know, what to do. */
export function Row(props: RowProps): JSX.Element {
  const { picture, name, detail, href, current = false } = props;
  const what = (
    <>
      {picture}
      <span class="who">
        <span class="name">
          {name}
          {props.mark}
        </span>
        {detail === undefined ? null : <span class="detail">{detail}</span>}
      </span>
    </>
  );
  return (
    <li class={`row ${props.class ?? ""}`} data-testid={props.testid} data-outcome={props.outcome}>
      {href === undefined ? (
        <span class="what">{what}</span>
      ) : (
        <a class="what" href={href} aria-current={current ? "true" : undefined}>
          {what}
        </a>
      )}
      {props.children === undefined ? null : <span class="rowacts">{props.children}</span>}
      {props.below}
    </li>
  );
}
