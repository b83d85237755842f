import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { t } from "../lang/index.ts";
import { Icon } from "./icon.tsx";

interface StarsProps {
  readonly legend: string;
  /** value is 1 to 5, or 0 before anything was chosen. */
  readonly value: number;
  readonly onChange: (stars: number) => void;
}

/** Stars asks for 1 to 5. It is a group of radio buttons: arrow keys move, a screen reader counts. */
export function Stars({ legend, value, onChange }: StarsProps): JSX.Element {
  const name = useId();
  return (
    <fieldset class="stars">
      <legend>{legend}</legend>
      {[1, 2, 3, 4, 5].map((stars) => (
        <label key={stars} class={stars <= value ? "on" : undefined}>
          <input
            type="radio"
            class="unseen"
            name={name}
            checked={stars === value}
            aria-label={t("rate.stars", { count: stars })}
            data-testid={`stars-${stars}`}
            onChange={() => onChange(stars)}
          />
          <Icon name="star" />
        </label>
      ))}
    </fieldset>
  );
}
